// Prints the tables of layout.h as JSON: scripts/generate-layout.mjs compiles it, runs it, and writes
// lib/layout.gen.ts.
#include <cstdio>

#include "layout.h"

using namespace rxb;

namespace {

const char *between = "";  // what separates a row from the one before

void Open(const char *name, char bracket) {
  std::printf("%s\"%s\":%c", between, name, bracket);
  between = "";
}

void Close(char bracket) {
  std::putchar(bracket);
  between = ",";
}

void Row(const char *name, uint64_t number) {
  std::printf("%s\"%s\":%llu", between, name, static_cast<unsigned long long>(number));
  between = ",";
}

// Names and meanings hold no quote and no backslash, or the JSON is refused by the script.
void Error(int number, const char *code, const char *meaning) {
  std::printf("%s{\"number\":%d,\"code\":\"%s\",\"meaning\":\"%s\"}", between, number, code, meaning);
  between = ",";
}

}  // namespace

int main() {
  std::putchar('{');
#define X(name, value) Row(#name, value);
  Open("limits", '{');
  RXB_LIMITS(X)
  Close('}');
  Open("verdicts", '{');
  RXB_VERDICTS(X)
  Close('}');
  Open("attention", '{');
  RXB_ATTENTION(X)
  Close('}');
  Open("columns", '{');
  RXB_COLUMNS(X)
  Close('}');
  Open("offsets", '{');
  RXB_OFFSETS(X)
  Close('}');
  Open("tap", '{');
  RXB_TAP(X)
  Close('}');
#undef X
#define X(name) Row(#name, kHead_##name);
  Open("head", '{');
  RXB_HEAD(X)
  Close('}');
#undef X
#define X(name) Row(#name, kCounter_##name);
  Open("counters", '{');
  RXB_COUNTERS(X)
  Close('}');
#undef X
#define X(code, name, meaning) Error(code, name, meaning);
  Open("errors", '[');
  RXB_ERRORS(X)
  Close(']');
#undef X
  Row("unset", kUnset);
  Row("number", LayoutNumber());
  std::puts("}");
}
