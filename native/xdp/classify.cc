// The classifier's program, and the netlink message that hangs it on an interface's egress (`tc filter` wants an ELF
// file).
#include "classify.h"

#include <arpa/inet.h>
#include <linux/pkt_cls.h>
#include <linux/pkt_sched.h>
#include <linux/rtnetlink.h>
#include <sys/socket.h>

#include "../bpf/bpf.h"
#include "../nic/netdev.h"
#include "../nic/netns.h"
#include "../wire/fields.gen.h"

namespace rxb {

namespace {

// The kernel takes skb->queue_mapping as "queue + 1, recorded by whoever knew" when it picks a transmit queue, and a
// veth hands a packet to the receiving queue of the same number.
bpf::Code QueueOfUdpPort(uint16_t port, uint16_t queue) {
  using namespace bpf;
  namespace wire = rxburst::wire;
  constexpr uint8_t kSkb = 6, kMapping = 7, kFrame = 10;
  constexpr int16_t kHeader = -24;  // 20 bytes of the IPv4 header, on the stack
  const auto in_header = [](unsigned field) { return static_cast<int16_t>(kHeader + static_cast<int16_t>(field)); };
  Code code;
  std::vector<size_t> misses;
  auto unless = [&](bpf_insn jump) {
    misses.push_back(code.size());
    code.push_back(jump);
  };
  auto copy = [&](int32_t bytes) {  // from offset r2 of the packet
    for (auto insn : {MovReg(1, kSkb), MovReg(3, kFrame), Alu64Imm(BPF_ADD, 3, kHeader), MovImm(4, bytes),
                      Helper(BPF_FUNC_skb_load_bytes)})
      code.push_back(insn);
    unless(Insn(BPF_JMP | BPF_JNE | BPF_K, 0, 0, 0, 0));
  };
  code.push_back(MovReg(kSkb, 1));
  code.push_back(MovImm(kMapping, 0 + 1));
  code.push_back(Load(BPF_W, 2, kSkb, offsetof(__sk_buff, protocol)));
  unless(Insn(BPF_JMP | BPF_JNE | BPF_K, 2, 0, 0, htons(0x0800)));
  code.push_back(MovImm(2, wire::ethernet::kBytes));
  copy(wire::ipv4::kBytes);
  code.push_back(Load(BPF_B, 2, kFrame, in_header(wire::ipv4::kProtocol)));
  unless(Insn(BPF_JMP | BPF_JNE | BPF_K, 2, 0, 0, 17));
  code.push_back(Load(BPF_H, 2, kFrame, in_header(wire::ipv4::kFragmentOffset)));
  // a later fragment has no ports
  unless(Insn(BPF_JMP | BPF_JSET | BPF_K, 2, 0, 0, htons(wire::ipv4::kFragmentOffsetMask)));
  code.push_back(Load(BPF_B, 2, kFrame, in_header(wire::ipv4::kHeaderLength)));
  code.push_back(Alu64Imm(BPF_AND, 2, wire::ipv4::kHeaderLengthMask));
  code.push_back(Alu64Imm(BPF_LSH, 2, 2));
  code.push_back(Alu64Imm(BPF_ADD, 2, wire::ethernet::kBytes + wire::udp::kDestinationPort));
  copy(2);
  code.push_back(Load(BPF_H, 2, kFrame, kHeader));
  unless(Insn(BPF_JMP | BPF_JNE | BPF_K, 2, 0, 0, htons(port)));
  code.push_back(MovImm(kMapping, queue + 1));
  for (size_t at : misses) code[at].off = static_cast<int16_t>(code.size() - at - 1);
  code.push_back(Store(BPF_W, kSkb, offsetof(__sk_buff, queue_mapping), kMapping));
  code.push_back(MovImm(0, TC_ACT_OK));
  code.push_back(Exit());
  return code;
}

// RTM_NEWTFILTER on clsact's egress: cls_bpf in direct-action mode.
struct FilterMessage {
  nlmsghdr header{};
  tcmsg filter{};
  char attributes[512];

  FilterMessage(uint32_t ifindex, int program, const char *name) {
    header.nlmsg_len = NLMSG_LENGTH(sizeof filter);
    header.nlmsg_type = RTM_NEWTFILTER;
    header.nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK | NLM_F_CREATE | NLM_F_EXCL;
    filter.tcm_ifindex = static_cast<int>(ifindex);
    filter.tcm_parent = TC_H_MAKE(TC_H_CLSACT, TC_H_MIN_EGRESS);
    filter.tcm_info = TC_H_MAKE(1u << 16, htons(0x0003 /* ETH_P_ALL */));
    Add(TCA_KIND, "bpf", 4);
    rtattr *options = Add(TCA_OPTIONS, nullptr, 0);
    const uint32_t fd = static_cast<uint32_t>(program), flags = TCA_BPF_FLAG_ACT_DIRECT;
    Add(TCA_BPF_FD, &fd, sizeof fd);
    Add(TCA_BPF_NAME, name, strlen(name) + 1);
    Add(TCA_BPF_FLAGS, &flags, sizeof flags);
    options->rta_len =
        static_cast<uint16_t>(reinterpret_cast<char *>(this) + header.nlmsg_len - reinterpret_cast<char *>(options));
  }

 private:
  rtattr *Add(uint16_t type, const void *data, size_t bytes) {
    auto *attribute = reinterpret_cast<rtattr *>(reinterpret_cast<char *>(this) + header.nlmsg_len);
    attribute->rta_type = type;
    attribute->rta_len = static_cast<uint16_t>(RTA_LENGTH(bytes));
    if (bytes) memcpy(RTA_DATA(attribute), data, bytes);
    header.nlmsg_len += RTA_ALIGN(attribute->rta_len);
    return attribute;
  }
};

Status Attach(const char *interface, int program, const char *name) {
  Netdev device;
  RXB_TRY(FindNetdev(interface, &device));
  FilterMessage message(device.index, program, name);
  int netlink = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
  if (netlink < 0) return FailErrno("opening rtnetlink");
  struct {
    nlmsghdr header;
    nlmsgerr error;
    char rest[1024];
  } answer{};
  Status status;
  if (send(netlink, &message, message.header.nlmsg_len, 0) < 0 || recv(netlink, &answer, sizeof answer, 0) < 0)
    status = FailErrno("asking rtnetlink for a filter");
  else if (answer.header.nlmsg_type == NLMSG_ERROR && answer.error.error)
    status = FailErrno("hanging the classifier on the interface's egress", -answer.error.error);
  close(netlink);
  return status;
}

}  // namespace

Status ClassifyUdp(const char *netns, const char *interface, uint16_t port, uint16_t queue, const char *name) {
  if (strlen(name) > 200) return Fail(kBadArgument, "the classifier's name is longer than 200 bytes");
  int program = bpf::LoadProgram(BPF_PROG_TYPE_SCHED_CLS, QueueOfUdpPort(port, queue), "classify_udp");
  if (program < 0) return FailErrno("loading the classifier's program");
  Visit visit(netns);
  Status status = visit.failed() ? FailErrno(netns) : Attach(interface, program, name);
  close(program);
  return status;
}

}  // namespace rxb
