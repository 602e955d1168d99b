// The captures of one worker, and their part of a turn.
#pragma once
#include <memory>

#include "../core/worker/worker.h"
#include "capture.h"

namespace rxb::tap {

constexpr uint32_t kCapturesMax = 4;

// One capture as a worker writes it.
struct Writer {
  std::shared_ptr<Capture> capture;
  uint32_t id, ring;  // of the capture, and which of its rings is the worker's
  uint8_t *data;
  TapPage *page;
  uint32_t units;  // of the ring, a power of two
  uint32_t head;
  uint32_t drops[k_slotsMax][kTapPoints];  // since the last record there
};

// A packet on its way into records.
struct Seen {
  uint8_t point, slot, verdict, flags;
  uint64_t id;
  uint32_t hash, action;
  const uint32_t *offset, *length;
  uint32_t segments;
};

class Tap : public TapLayer {
 public:
  // In the worker's thread, between turns. At most kCapturesMax at a time.
  static Status Attach(Worker &, uint32_t id, std::shared_ptr<Capture>, uint32_t ring);
  static void Detach(Worker &, uint32_t id);
  ~Tap() override;

  void Enter(Worker &, Slot &, uint32_t n) override;
  void Leave(Worker &, Slot &, const Leaving &) override;
  void LeaveAs(Worker &, Slot &, uint32_t i, const Packets &copy, uint32_t verdict, uint32_t action) override;
  void LeaveOwned(Worker &, const Packets &, uint32_t segments, uint32_t verdict) override;
  void Move(Slot &, uint32_t to, uint32_t from) override;

 private:
  explicit Tap(Worker &);
  uint64_t NewIds(uint32_t n);

  Writer writer_[kCapturesMax];
  uint32_t writers_ = 0;
  Slot *slots_;
  uint64_t next_id_;
  struct Burst {
    uint64_t id[k_burstMax];
    uint8_t left[k_burstMax];  // as a copy
    bool some_left;
  };
  std::unique_ptr<Burst[]> burst_;
};

}  // namespace rxb::tap
