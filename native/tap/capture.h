// A capture: the memory that workers write records into, and the page with its reader's index.
//
// Two sealed memfds. Nobody but this process can write the records (F_SEAL_FUTURE_WRITE, Linux 5.1), and nobody can cut
// either file short under those who map it. A worker loads the reader's index once a burst and clamps it: a reader that
// writes nonsense there loses records, or reads torn ones, and harms nobody else.
#pragma once
#include <memory>

#include "../abi/status.h"
#include "../filter/compile.h"

namespace rxb::tap {

struct CaptureRequest {
  uint32_t workers;
  uint32_t ring_bytes;  // a power of two, of each worker
  bool entry, exit;
  uint32_t snaplen;                             // bytes of a packet, at most
  uint32_t sample;                              // one packet of so many
  std::shared_ptr<const steer::Filter> filter;  // null: every packet
};

class Capture {
 public:
  static Status Make(const CaptureRequest &, std::shared_ptr<Capture> *);
  ~Capture();
  Capture(const Capture &) = delete;
  Capture &operator=(const Capture &) = delete;

  const CaptureRequest request;
  int records() const { return records_; }
  int index() const { return index_; }
  TapPage *PageOf(uint32_t worker) const {
    return reinterpret_cast<TapPage *>(memory_ + kTapPage * (1 + uint64_t(worker)));
  }
  uint8_t *RingOf(uint32_t worker) const {
    return memory_ + kTapPage * (1 + uint64_t(request.workers)) + uint64_t(request.ring_bytes) * worker;
  }
  // Units that the reader says it has read.
  uint32_t TailOf(uint32_t worker) const { return __atomic_load_n(tails_ + kTailStride * worker, __ATOMIC_ACQUIRE); }

  static constexpr uint32_t kTailStride = 16;  // words: a cache line for each worker

 private:
  explicit Capture(const CaptureRequest &wanted) : request(wanted) {}
  Status Map();

  int records_ = -1, index_ = -1;
  uint64_t bytes_ = 0;
  uint8_t *memory_ = nullptr;
  const uint32_t *tails_ = nullptr;
};

// The captures of this process by number. Under the control lock.
uint32_t Add(std::shared_ptr<Capture>);
std::shared_ptr<Capture> Find(uint32_t id);
void Remove(uint32_t id);

}  // namespace rxb::tap
