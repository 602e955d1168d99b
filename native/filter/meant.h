// The word of a list that somebody who typed another one most likely meant.
#pragma once
#include <algorithm>
#include <string>
#include <vector>

namespace rxb::steer {

// Edits that turn one word into the other; two letters in the wrong order are one.
inline size_t EditsBetween(const std::string &a, const std::string &b) {
  std::vector<std::vector<size_t>> edits(a.size() + 1, std::vector<size_t>(b.size() + 1));
  for (size_t i = 0; i <= a.size(); i++)
    for (size_t j = 0; j <= b.size(); j++) {
      if (!i || !j) {
        edits[i][j] = i + j;
        continue;
      }
      edits[i][j] = std::min({edits[i - 1][j] + 1, edits[i][j - 1] + 1, edits[i - 1][j - 1] + (a[i - 1] != b[j - 1])});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
        edits[i][j] = std::min(edits[i][j], edits[i - 2][j - 2] + 1);
    }
  return edits[a.size()][b.size()];
}

// One edit away, two where the word is long; of equals the first; '' when there is none.
template<size_t n>
std::string Meant(const std::string &word, const char *const (&list)[n]) {
  size_t best = word.size() > 4 ? 3 : 2;
  std::string meant;
  if (word.size() > 32) return meant;
  for (const char *each : list)
    if (size_t edits = EditsBetween(word, each); edits < best) {
      best = edits;
      meant = each;
    }
  return meant;
}

}  // namespace rxb::steer
