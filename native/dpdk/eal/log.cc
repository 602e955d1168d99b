// A ring of the last lines, filled through a FILE whose writes come here.
#include "log.h"

#include <rte_log.h>
#include <stdio.h>

#include <mutex>

namespace rxb::dpdk {

namespace {

constexpr uint32_t kKept = 256;

// Never destroyed: DPDK's own threads may still log while the process exits.
struct Log {
  std::mutex lock;
  std::string line[kKept], partial;
  uint64_t count = 0;
  FILE *file = nullptr;
};
Log &TheLog() {
  static Log *log = new Log;
  return *log;
}

ssize_t Write(void *, const char *text, size_t bytes) {
  Log &log = TheLog();
  std::lock_guard<std::mutex> lock(log.lock);
  for (size_t i = 0; i < bytes; i++) {
    if (text[i] != '\n') {
      log.partial += text[i];
    } else if (!log.partial.empty()) {
      log.line[log.count++ % kKept].swap(log.partial);
      log.partial.clear();
    }
  }
  return static_cast<ssize_t>(bytes);
}

}  // namespace

void CatchLog() {
  Log &log = TheLog();
  cookie_io_functions_t functions{};
  functions.write = Write;
  log.file = fopencookie(nullptr, "w", functions);
  setvbuf(log.file, nullptr, _IOLBF, BUFSIZ);
  rte_openlog_stream(log.file);
}

uint64_t LogLines() {
  std::lock_guard<std::mutex> lock(TheLog().lock);
  return TheLog().count;
}

std::string LogSince(uint64_t first, uint32_t most, const char *separator) {
  Log &log = TheLog();
  std::lock_guard<std::mutex> lock(log.lock);
  if (most > kKept) most = kKept;
  if (first + most < log.count) first = log.count - most;
  std::string text;
  for (; first < log.count; first++) text += (text.empty() ? "" : separator) + log.line[first % kKept];
  return text;
}

// glibc's stdout and stderr are variables; the descriptors stay as they are for everybody else.
CatchPrints::CatchPrints() : out_(stdout), err_(stderr), nowhere_(fopen("/dev/null", "we")) {
  if (nowhere_) stdout = static_cast<FILE *>(nowhere_);
  stderr = TheLog().file;
}
CatchPrints::~CatchPrints() {
  fflush(TheLog().file);
  stdout = static_cast<FILE *>(out_);
  stderr = static_cast<FILE *>(err_);
  if (nowhere_) fclose(static_cast<FILE *>(nowhere_));
}

}  // namespace rxb::dpdk
