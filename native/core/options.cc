// Checks the options of a request against the table of its backend: the one place where an option's text is judged.
#include <string>

#include "backend.h"

namespace rxb {

namespace {

std::string List(const char *const *words) {
  std::string list;
  for (uint32_t i = 0; words[i]; i++) list += (!i ? "'" : words[i + 1] ? ", '" : " or '") + std::string(words[i]) + "'";
  return list;
}

std::string Keys(const OptionRow *rows) {
  std::string keys;
  for (; rows->key; rows++) keys += (keys.empty() ? "" : ", ") + std::string(rows->key);
  return keys.empty() ? "none of its own" : keys;
}

// What a value may be, as the object of "wants".
std::string Wanted(const OptionRow &row) {
  const std::string range = " from " + std::to_string(row.from) + " to " + std::to_string(row.to);
  switch (row.kind) {
    case OptionKind::kFlag:
      return "true or false";
    case OptionKind::kNumber:
      return "a whole number" + range;
    case OptionKind::kPowerOfTwo:
      return "a power of two" + range;
    case OptionKind::kChoice:
      return List(row.choices);
    case OptionKind::kText:
      break;
  }
  return "a text that is not empty";
}

bool Fits(const OptionRow &row, const char *text) {
  uint32_t value;
  switch (row.kind) {
    case OptionKind::kFlag:
      return !strcmp(text, "true") || !strcmp(text, "false");
    case OptionKind::kNumber:
      return ParseWhole(text, strlen(text), &value) && value >= row.from && value <= row.to;
    case OptionKind::kPowerOfTwo:
      return ParseWhole(text, strlen(text), &value) && value >= row.from && value <= row.to && !(value & (value - 1));
    case OptionKind::kChoice:
      for (const char *const *choice = row.choices; *choice; choice++)
        if (!strcmp(*choice, text)) return true;
      return false;
    case OptionKind::kText:
      break;
  }
  return *text;
}

}  // namespace

Status CheckOptions(const char *port, const Options &options) {
  for (uint32_t i = 0; i < options.count; i++) {
    const char *key = options.given[i].key, *text = options.given[i].value;
    const OptionRow *row = FindRow(options.rows, key);
    if (!row)
      return Fail(kBadOption, "%s: there is no option '%.40s' for this backend; it takes %s", port, key,
                  Keys(options.rows).c_str());
    for (uint32_t j = 0; j < i; j++)
      if (!strcmp(options.given[j].key, key)) return Fail(kBadOption, "%s: option %s is given twice", port, key);
    if (!Fits(*row, text))
      return Fail(kBadOption, "%s: option %s wants %s, not '%.60s'", port, key, Wanted(*row).c_str(), text);
  }
  return {};
}

}  // namespace rxb
