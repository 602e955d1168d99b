// XDP programs run on frames from user space (BPF_PROG_TEST_RUN with live frames): one call, and what makes many of
// them cheap.
#pragma once
#include "../../bpf/bpf.h"
#include "../../nic/netns.h"

namespace rxb::bpf {

constexpr uint32_t kLiveBatch = 64;  // frames the kernel makes at once; more gave no more packets per second

// Runs `program` on `repeat` copies of `frame`. 0, or -1 and errno; EINTR when a signal cut it short.
// The kernel makes its copies once and hands them round: what the program writes into a frame is still there the next
// time.
inline int RunLive(int program, const void *frame, uint32_t length, uint32_t repeat, uint32_t ingress_ifindex = 0) {
  struct xdp_md context {};
  context.data_end = length;
  context.ingress_ifindex = ingress_ifindex;
  union bpf_attr attr {};
  attr.test.prog_fd = static_cast<uint32_t>(program);
  attr.test.data_in = reinterpret_cast<uint64_t>(frame);
  attr.test.data_size_in = length;
  if (ingress_ifindex) {
    attr.test.ctx_in = reinterpret_cast<uint64_t>(&context);
    attr.test.ctx_size_in = sizeof context;
  }
  attr.test.repeat = repeat;
  attr.test.flags = BPF_F_TEST_XDP_LIVE_FRAMES;
  attr.test.batch_size = repeat < kLiveBatch ? repeat : kLiveBatch;
  return Call(BPF_PROG_TEST_RUN, &attr);
}

// A program that is attached nowhere joins and leaves the kernel's XDP dispatcher in every RunLive: 24 ms each time.
// This attaches it to the loopback of a network namespace that nobody else can see, where it meets no packet.
struct Registration {
  int netns = -1, link = -1;
};

inline void Unregister(Registration *registration) {
  if (registration->link >= 0) close(registration->link);
  if (registration->netns >= 0) close(registration->netns);
  *registration = {};
}

// Without CAP_SYS_ADMIN nothing is registered, and calls are only slower.
inline Registration Register(int program) {
  constexpr uint32_t kLoopback = 1, kGeneric = 2;  // XDP_FLAGS_SKB_MODE
  Registration made;
  Visit visit;
  if (visit.failed()) return made;
  made.netns = open(Visit::kHere, O_RDONLY | O_CLOEXEC);
  made.link = LinkXdp(program, kLoopback, kGeneric);
  if (made.link < 0) Unregister(&made);
  return made;
}

}  // namespace rxb::bpf
