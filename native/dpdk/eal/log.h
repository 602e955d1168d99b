// DPDK's log, kept in memory: shown inside an error message, or handed to whoever asks for it; never on the terminal.
#pragma once
#include <cstdint>
#include <string>

namespace rxb::dpdk {

void CatchLog();      // before rte_eal_init()
uint64_t LogLines();  // how many lines there have been
// The lines from number `first` on, at most the last `most` of them, joined by `separator`.
std::string LogSince(uint64_t first, uint32_t most, const char *separator);

// While it lives, what C code prints to stderr goes into the log, and to stdout nowhere: EAL prints pages of usage on a
// bad option.
class CatchPrints {
 public:
  CatchPrints();
  ~CatchPrints();

 private:
  void *out_, *err_, *nowhere_;
};

}  // namespace rxb::dpdk
