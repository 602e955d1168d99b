// The options of a backend as a table, and the values of a request after core/options.cc has checked them.
#pragma once
#include <cstdint>
#include <cstring>

namespace rxb {

enum class OptionKind : uint8_t { kText, kFlag, kNumber, kPowerOfTwo, kChoice };

constexpr uint32_t kChoicesMax = 4;

// A table ends with a row without a key. Errors, `rxburst options` and docs/options.md are made from it.
struct OptionRow {
  const char *key = nullptr;
  OptionKind kind = OptionKind::kText;
  uint32_t from = 0, to = 0;                  // of a number
  const char *choices[kChoicesMax + 1] = {};  // ended by null
  uint32_t value = 0;                         // the default: a number, 0 or 1, or which choice
  const char *fallback = nullptr;  // the default in words, where it depends on something; null: `value` is it
  const char *what = "";           // what it is for
};

constexpr OptionRow FlagRow(const char *key, bool value, const char *what, const char *fallback = nullptr) {
  return {key, OptionKind::kFlag, 0, 0, {}, value, fallback, what};
}
constexpr OptionRow NumberRow(const char *key, uint32_t from, uint32_t to, uint32_t value, const char *what,
                              const char *fallback = nullptr) {
  return {key, OptionKind::kNumber, from, to, {}, value, fallback, what};
}
constexpr OptionRow PowerOfTwoRow(const char *key, uint32_t from, uint32_t to, uint32_t value, const char *what) {
  return {key, OptionKind::kPowerOfTwo, from, to, {}, value, nullptr, what};
}
// The first is the default.
constexpr OptionRow ChoiceRow(const char *key, const char *a, const char *b, const char *c, const char *what,
                              const char *fallback = nullptr) {
  return {key, OptionKind::kChoice, 0, 0, {a, b, c}, 0, fallback, what};
}
constexpr OptionRow TextRow(const char *key, const char *what, const char *fallback) {
  return {key, OptionKind::kText, 0, 0, {}, 0, fallback, what};
}

struct Option {
  const char *key, *value;  // as typed; numbers in decimal, booleans "true" or "false"
};

// The options of one open(), with the table that they were checked against.
struct Options {
  const Option *given = nullptr;
  uint32_t count = 0;
  const OptionRow *rows = nullptr;
};

// A whole number in decimal digits, without sign, space, or leading zero. False: it is none, or above 32 bits.
inline bool ParseWhole(const char *text, size_t bytes, uint32_t *out) {
  if (!bytes || bytes > 10 || (bytes > 1 && *text == '0')) return false;
  uint64_t value = 0;
  for (size_t i = 0; i < bytes; i++) {
    if (text[i] < '0' || text[i] > '9') return false;
    value = value * 10 + static_cast<uint64_t>(text[i] - '0');
  }
  *out = static_cast<uint32_t>(value);
  return value <= UINT32_MAX;
}

// As typed, or null.
inline const char *FindOption(const Options &options, const char *key) {
  for (uint32_t i = 0; i < options.count; i++)
    if (!strcmp(options.given[i].key, key)) return options.given[i].value;
  return nullptr;
}

inline const OptionRow *FindRow(const OptionRow *rows, const char *key) {
  for (; rows->key; rows++)
    if (!strcmp(rows->key, key)) return rows;
  return nullptr;
}

// Those below want a key of the table, and a request that CheckOptions() has let pass.

inline bool FlagOption(const Options &options, const char *key, bool otherwise) {
  const char *text = FindOption(options, key);
  return text ? *text == 't' : otherwise;
}
inline bool FlagOption(const Options &options, const char *key) {
  return FlagOption(options, key, FindRow(options.rows, key)->value);
}

inline uint32_t NumberOption(const Options &options, const char *key) {
  uint32_t value = FindRow(options.rows, key)->value;
  if (const char *text = FindOption(options, key)) ParseWhole(text, strlen(text), &value);
  return value;
}

// Which of the choices.
inline uint32_t ChoiceOption(const Options &options, const char *key) {
  const OptionRow *row = FindRow(options.rows, key);
  const char *text = FindOption(options, key);
  for (uint32_t i = 0; text && row->choices[i]; i++)
    if (!strcmp(row->choices[i], text)) return i;
  return row->value;
}

}  // namespace rxb
