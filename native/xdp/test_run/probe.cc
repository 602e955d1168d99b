// The probe frame of a veth.
#include "probe.h"

#include "../../bpf/bpf.h"
#include "../../nic/ethtool.h"
#include "test_run.h"

namespace rxb::steer {
namespace {

constexpr uint16_t kProbeType = 0x88b5;  // IEEE 802, local experimental: no protocol's

// Frames that the driver has taken from XDP (drivers/net/veth.c:veth_tq_stats_desc); -1: it does not say.
int64_t TakenFrames(const Netdev &dev) {
  std::vector<ethtool::Statistic> all;
  if (!ethtool::GetStatistics(dev.name, &all)) return -1;
  constexpr char kEnd[] = "_xdp_xmit";
  int64_t sum = -1;
  for (const auto &[name, value] : all) {
    if (name.compare(0, 3, "tx_") || name.size() < sizeof kEnd ||
        name.compare(name.size() - sizeof kEnd + 1, sizeof kEnd - 1, kEnd))
      continue;
    sum = (sum < 0 ? 0 : sum) + static_cast<int64_t>(value);
  }
  return sum;
}

bool SendOne(const Netdev &dev) {
  uint8_t frame[60] = {};
  memcpy(frame, dev.mac, 6);  // from the port to itself: the peer's stack leaves it alone
  memcpy(frame + 6, dev.mac, 6);
  frame[12] = kProbeType >> 8, frame[13] = kProbeType & 0xff;
  const bpf::Code code{bpf::MovImm(1, static_cast<int32_t>(dev.index)), bpf::MovImm(2, 0),
                       bpf::Helper(BPF_FUNC_redirect), bpf::Exit()};
  const int program = bpf::LoadProgram(BPF_PROG_TYPE_XDP, code, "rxburst_probe");
  if (program < 0) return false;
  const bool sent = !bpf::RunLive(program, frame, sizeof frame, 1);
  close(program);
  return sent;
}

}  // namespace

bool TakesXdpFrames(const Netdev &dev) {
  if (strcmp(dev.driver, "veth")) return true;
  const int64_t before = TakenFrames(dev);
  return before >= 0 && SendOne(dev) && TakenFrames(dev) > before;
}

}  // namespace rxb::steer
