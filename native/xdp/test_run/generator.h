// The XDP generator: UDP frames made once, sent out of one interface at 2 to 3 Mpps from one core by XDP live frames.
#pragma once
#include <vector>

#include "test_run.h"

namespace rxb {

struct XdpGeneratorRequest {
  uint32_t ifindex = 0;
  std::vector<uint8_t> frame;
  uint32_t port_offset = 0;  // bytes from the frame's start to the field that tells flows apart
  uint16_t first_port = 0;
  uint32_t flows = 1;  // the field counts first_port … first_port + flows - 1, one step a frame; 1: untouched
};

struct XdpGeneratorPace {
  double packets = 0;             // at most so many
  double packets_per_second = 0;  // 0: as fast as it goes
  double milliseconds = 0;        // at most so long
  int cpu = -1;                   // a veth's receiving queue is the sending CPU modulo its queues; -1: any
};

class XdpGenerator {
 public:
  ~XdpGenerator();
  Status Open(XdpGeneratorRequest request);
  // Blocks. `sent` is what was handed to the interface: its counters say what it took.
  Status Run(const XdpGeneratorPace &pace, double *sent);

 private:
  XdpGeneratorRequest request_;
  int program_ = -1, state_ = -1;
  bpf::Registration registration_;
  double credit_ = 0;       // frames that the rate allows by now; kept from one Run to the next
  double credited_at_ = 0;  // seconds
};

}  // namespace rxb
