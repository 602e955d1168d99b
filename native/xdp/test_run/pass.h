// PASS: packets from user space enter the kernel's stack as if an interface had received them, a burst per system call.
//
// An XDP program that runs on live frames takes one packet after the other out of an array in memory shared with us,
// and returns XDP_PASS. It is never attached to the interface itself.
#pragma once
#include <cstdint>

#include "../../abi/status.h"
#include "test_run.h"

namespace rxb::steer {

// packets of one call: each in a frame that nothing was written into before
constexpr uint32_t kInjectBurst = bpf::kLiveBatch;
constexpr uint32_t kInjectMaxBytes = 3500;  // what a live frame's page holds beside the kernel's headroom and tail

class Injector {
 public:
  ~Injector() { Close(); }
  // For queues 0 to queue_count - 1 of an interface and packets of at most `packet_max` bytes. A queue is used by one
  // thread at a time.
  Status Open(uint32_t ifindex, uint32_t queue_count, uint32_t packet_max);
  void Close();

  // Room for the bytes of packet `i` (below kInjectBurst) of the queue's next call.
  uint8_t *Packet(uint32_t queue, uint32_t i, uint32_t bytes);
  // Hands the first `count` over; returns how many the kernel took.
  uint32_t Run(uint32_t queue, uint32_t count);

 private:
  uint8_t *Region(uint32_t queue) const { return regions_ + uint64_t{region_bytes_} * queue; }
  uint32_t ifindex_ = 0, slot_bytes_ = 0, region_bytes_ = 0, queues_ = 0;
  int map_ = -1, program_ = -1;
  uint8_t *regions_ = nullptr;
  bpf::Registration registration_;
};

}  // namespace rxb::steer
