// A worker without its loop: a thread that does other things too owns queues, waits for their descriptors, and pumps.
//
// Nothing here pins, renames or polls: the thread belongs to somebody else, such as the event loop of a program with
// sockets. There are no columns and no verdicts. A handler in C++ says what becomes of each packet while the pump
// lasts.
#pragma once
#include "../worker/worker.h"

namespace rxb {

constexpr uint32_t kPumpMax = 64;  // packets of one queue in one pump

// What became of a packet. Whoever delivers it has copied what he needs, so its frame is free again.
enum class Fate : uint8_t { kDropped, kDelivered, kToKernel, kSent };

// Packets of one queue in front of the handler, which may change their bytes and moves none of them.
struct Pumped {
  Queue *queue;
  uint8_t *memory;  // to which the offsets belong
  const uint32_t *offset, *length;
  uint32_t count;
  Fate *fate;  // to be said for each packet; kDropped unless it is. kSent: out of the queue that it came from
};

// rx = delivered + dropped + to_kernel + sent + rejected
struct MemberCounts {
  uint64_t rx, delivered, dropped, to_kernel, sent;
  uint64_t rejected;  // by a full ring, or by a port that can't do what was asked for
  uint64_t pumps;
};

struct MemberRequest {
  Queue *queues[k_slotsMax];
  uint32_t queue_count;
  uint32_t frames;
  void (*handle)(void *context, const Pumped &);
  void *context;
};

// Everything is for one thread: the one that calls Start().
class Member {
 public:
  // Reserves the queues and opens them. The ports let packets in when they are attached. It has a worker's number and a
  // worker's audits. On failure nothing stays open.
  static Status Start(const MemberRequest &, Member **);
  // Closes the queues and gives every frame back.
  ~Member();

  uint32_t id() const { return worker_->id; }
  // To wait for. It is another one after the port has lost its interface and has it back.
  int Descriptor(uint32_t queue) const;
  // Takes back what was sent, receives at most kPumpMax packets of each queue, has them handled, and sends; returns how
  // many came. Also what others ask of the worker is done here, so call it now and then when nothing comes. A handler
  // that calls it gets 0.
  uint32_t Pump();
  const MemberCounts &counts() const { return counts_; }
  // Closes the queues already; the audit of the end, and the counts, can be read then.
  void Close();
  const Audit &audit() const { return worker_->audit; }

 private:
  Member() = default;
  uint32_t PumpSlot(Slot &);
  void Settle(Slot &, const Fate *, uint32_t n);
  void Send(Slot &, const Packets &, uint32_t n);
  void LookAround(uint64_t now);

  Worker *worker_ = nullptr;
  MemberRequest request_{};
  MemberCounts counts_{};
  bool pumping_ = false;
};

}  // namespace rxb
