// AF_PACKET sockets: opened deaf, let in when every worker polls, shared out by PACKET_FANOUT.
#include "packet_socket.h"

#include <arpa/inet.h>
#include <linux/filter.h>
#include <linux/if_arp.h>
#include <linux/if_ether.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <cstdlib>

#include "../filter/emit/emit_cbpf.h"
#include "../xdp/program.h"

namespace rxb {

namespace {

constexpr int64_t kClockReadNs = 2000;     // longest a reading of two clocks may take to be believed
constexpr int kSendBufferBytes = 4 << 20;  // without CAP_NET_ADMIN net.core.wmem_max is the limit

Status FailSocket(const char *port, int error = errno) {
  if (error == EPERM)
    return Fail(
        kNoCapability,
        "%s: opening a packet socket needs CAP_NET_RAW, which this process lacks. Run as root, or give it that one: "
        "setpriv --inh-caps +net_raw --ambient-caps +net_raw COMMAND",
        port);
  return FailErrno("opening a packet socket", error);
}

}  // namespace

Status SetOption(const PacketPort *port, int fd, int level, int option, uint32_t value, const char *name) {
  if (!setsockopt(fd, level, option, &value, sizeof value)) return {};
  int error = errno;
  if (error == EPERM)
    return Fail(kNoCapability,
                "%s: %s needs CAP_NET_ADMIN, which this process lacks. Leave the option away, or run as root.",
                port->netdev.name, name);
  if (error == ENOPROTOOPT) return Fail(kNotSupported, "%s: this kernel does not know %s", port->netdev.name, name);
  char tried[64];
  snprintf(tried, sizeof tried, "setting %s", name);
  return FailErrno(tried, error);
}

namespace {

Status BindTo(const PacketPort *port, int fd, uint16_t protocol) {
  sockaddr_ll address{};
  address.sll_family = AF_PACKET;
  address.sll_protocol = htons(protocol);
  address.sll_ifindex = static_cast<int>(port->netdev.index);
  if (!bind(fd, reinterpret_cast<sockaddr *>(&address), sizeof address)) return {};
  int error = errno;
  if (error == ENODEV || error == ENXIO)
    return Fail(kNoInterface,
                "%s is gone: it was interface %u when the port was opened. Close the port and open it again.",
                port->netdev.name, port->netdev.index);
  return FailErrno("binding a packet socket", error);
}

// Takes nothing. A socket can't be bound back to no protocol, so this is also how it is detached.
Status SetDeaf(int fd) {
  sock_filter code[] = {BPF_STMT(BPF_RET | BPF_K, 0)};
  sock_fprog program{1, code};
  return setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof program) ? FailErrno("setting SO_ATTACH_FILTER")
                                                                                : Status{};
}

bool WantsFanout(const PacketPort *port) {
  uint32_t queues = 0;
  for (Queue *queue : port->queues) queues += queue != nullptr;
  return queues > 1;
}

// Takes what the rules take, or everything; in a fanout group nothing of what this machine sends, because
// PACKET_IGNORE_OUTGOING does not reach a group before Linux 6.2.
Status SetHearing(const PacketPort *port, int fd) {
  std::vector<sock_filter> code;
  if (port->outgoing)
    code = {
        BPF_STMT(BPF_LD | BPF_B | BPF_ABS, static_cast<uint32_t>(SKF_AD_OFF + SKF_AD_PKTTYPE)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, PACKET_OUTGOING, 0, 3),
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, static_cast<uint32_t>(SKF_AD_OFF + SKF_AD_MARK)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, port->mark, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, 0),
    };
  else if (WantsFanout(port))
    code = {
        BPF_STMT(BPF_LD | BPF_B | BPF_ABS, static_cast<uint32_t>(SKF_AD_OFF + SKF_AD_PKTTYPE)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, PACKET_OUTGOING, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, 0),
    };
  if (port->filter.empty())
    code.push_back(BPF_STMT(BPF_RET | BPF_K, 0xffffffff));
  else
    code.insert(code.end(), port->filter.begin(), port->filter.end());
  sock_fprog program{static_cast<unsigned short>(code.size()), code.data()};
  int failed = port->outgoing || WantsFanout(port) || !port->filter.empty()
                   ? setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof program)
                   : setsockopt(fd, SOL_SOCKET, SO_DETACH_FILTER, &program, sizeof program);
  return failed ? FailErrno("changing SO_ATTACH_FILTER") : Status{};
}

// Binds a deaf socket and puts it into the group, so that no packet reaches two queues. The first one founds the group.
Status Join(PacketPort *port, PacketQueue *queue) {
  RXB_TRY(SetDeaf(queue->fd));
  RXB_TRY(BindTo(port, queue->fd, ETH_P_ALL));
  if (WantsFanout(port)) {
    uint32_t flags = port->members ? 0 : PACKET_FANOUT_FLAG_UNIQUEID;
    uint32_t argument = (port->members ? port->group : 0) | (port->fanout | flags) << 16;
    if (setsockopt(queue->fd, SOL_PACKET, PACKET_FANOUT, &argument, sizeof argument)) {
      if (errno == EINVAL)  // a socket that does not run can't join: before Linux 6.13 that is one whose link is down
        return Fail(kInterfaceDown, "%s is down, so its queues can't be shared out. Set it up: ip link set %s up",
                    port->netdev.name, port->netdev.name);
      return FailErrno("setting PACKET_FANOUT");
    }
    socklen_t bytes = sizeof argument;
    if (getsockopt(queue->fd, SOL_PACKET, PACKET_FANOUT, &argument, &bytes)) return FailErrno("reading PACKET_FANOUT");
    port->group = static_cast<uint16_t>(argument);
  }
  port->members++;
  queue->member = true;
  return {};
}

}  // namespace

// Takes an interface for the port's, if its packets fit.
static Status TakeInterface(const char *device, PacketPort *port, const char *name) {
  const Arena *arena = TheArena();
  Netdev netdev;
  RXB_TRY(FindNetdev(device, &netdev));
  RXB_TRY(port->watch.Open(netdev.index));
  if (netdev.type != ARPHRD_ETHER && netdev.type != ARPHRD_LOOPBACK)
    return Fail(kNotSupported, "%s: %s carries no Ethernet frames (its link type is %u)", name, netdev.name,
                netdev.type);
  if (!netdev.up)
    return Fail(kInterfaceDown, "%s: %s is down. Set it up: ip link set %s up", name, netdev.name, netdev.name);
  uint32_t room = arena->frame_size - k_headroom, needed = netdev.mtu + kEthernetBytes + kTagBytes;
  if (needed > room)
    return Fail(kMtu,
                "%s: the MTU of %s is %u, so its frames have up to %u bytes, and the arena's frames have room for %u. "
                "Lower it (ip link set %s mtu %u)%s.",
                name, netdev.name, netdev.mtu, needed, room, netdev.name, room - kEthernetBytes - kTagBytes,
                arena->frame_size < 4096 && needed <= 4096 - k_headroom ? ", or use frames of 4096 bytes" : "");
  port->netdev = netdev;
  snprintf(port->driver, sizeof port->driver, "%s", netdev.driver);
  memcpy(port->mac, netdev.mac, sizeof port->mac);
  port->has_mac = netdev.has_mac;
  port->mtu = netdev.mtu;
  port->frame_max = netdev.mtu + kEthernetBytes;
  return {};
}

Status PreparePort(const PortRequest &request, PacketPort *port) {
  constexpr uint32_t kWays[] = {PACKET_FANOUT_HASH, PACKET_FANOUT_CPU, PACKET_FANOUT_LB};
  port->fanout = kWays[ChoiceOption(request.options, "fanout")];
  port->qdisc_bypass = FlagOption(request.options, "qdiscBypass");
  port->promiscuous = FlagOption(request.options, "promiscuous", request.take_all);  // all is what passes by
  RXB_TRY(TakeInterface(request.device, port, request.name));
  int probe = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);
  if (probe < 0) return FailSocket(request.name);
  close(probe);
  port->on_interface = true;
  port->queue_count = k_queuesMax;
  port->mode = Mode::kCopy;
  port->kernel_keeps = true;
  port->timestamp_clock = "CLOCK_MONOTONIC";
  port->tx_copies = true;
  port->filtered_by = "socket filter";
  return request.rule_count ? packet_socket::SetRules(port, request.rules, request.rule_count) : Status{};
}

uint32_t QueuesWanted(const PortRequest &request, const PacketPort &port, uint32_t *indices) {
  uint32_t count = request.queues ? request.queue_count : port.netdev.rx_queues;
  if (count > k_queuesMax) count = k_queuesMax;
  for (uint32_t i = 0; i < count; i++) indices[i] = request.queues ? request.queues[i] : i;
  return count;
}

Status OpenSocket(const PacketPort *port, int *out) {
  int fd = *out = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (fd < 0) return FailSocket(port->name);
  int bytes = kSendBufferBytes;
  if (setsockopt(fd, SOL_SOCKET, SO_SNDBUFFORCE, &bytes, sizeof bytes))
    setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &bytes, sizeof bytes);
  RXB_TRY(SetOption(port, fd, SOL_PACKET, PACKET_IGNORE_OUTGOING, !port->outgoing, "PACKET_IGNORE_OUTGOING"));
  if (port->qdisc_bypass) RXB_TRY(SetOption(port, fd, SOL_PACKET, PACKET_QDISC_BYPASS, 1, "PACKET_QDISC_BYPASS"));
  RXB_TRY(BindTo(port, fd, 0));
  if (port->promiscuous) {  // counted by the kernel and undone with the socket
    packet_mreq membership{};
    membership.mr_ifindex = static_cast<int>(port->netdev.index);
    membership.mr_type = PACKET_MR_PROMISC;
    if (setsockopt(fd, SOL_PACKET, PACKET_ADD_MEMBERSHIP, &membership, sizeof membership))
      return FailErrno("setting PACKET_ADD_MEMBERSHIP");
  }
  return {};
}

Status Enlist(PacketPort *port, PacketQueue *queue) {
  std::lock_guard<std::mutex> lock(port->membership);
  queue->ready = true;
  if (!port->live) return {};
  RXB_TRY(Join(port, queue));
  return SetHearing(port, queue->fd);
}

Status JoinAll(PacketPort *port) {
  std::lock_guard<std::mutex> lock(port->membership);
  for (Queue *base : port->queues)
    if (auto *queue = static_cast<PacketQueue *>(base); queue && queue->ready && !queue->member)
      RXB_TRY(Join(port, queue));
  for (Queue *base : port->queues)
    if (auto *queue = static_cast<PacketQueue *>(base); queue && queue->member) RXB_TRY(SetHearing(port, queue->fd));
  port->live = true;
  return {};
}

void LeaveAll(PacketPort *port) {
  std::lock_guard<std::mutex> lock(port->membership);
  port->live = false;
  for (Queue *queue : port->queues)
    if (queue && static_cast<PacketQueue *>(queue)->member) SetDeaf(static_cast<PacketQueue *>(queue)->fd);
}

void CloseSocket(PacketPort *port, PacketQueue *queue) {
  std::lock_guard<std::mutex> lock(port->membership);
  if (queue->member) port->members--;
  queue->ready = queue->member = false;
  if (queue->fd >= 0) close(queue->fd);
  queue->fd = -1;
}

void ReadStatistics(PacketQueue *queue) {
  tpacket_stats_v3 fresh{};  // of a socket without a TPACKET_V3 ring the kernel fills the first two only
  socklen_t bytes = sizeof fresh;
  if (queue->fd < 0 || getsockopt(queue->fd, SOL_PACKET, PACKET_STATISTICS, &fresh, &bytes)) return;
  queue->drops += fresh.tp_drops;
  queue->freezes += fresh.tp_freeze_q_cnt;
}

void FollowClock(PacketQueue *queue) {
  auto read = [](clockid_t clock) {
    timespec t;
    clock_gettime(clock, &t);
    return t.tv_sec * 1'000'000'000LL + t.tv_nsec;
  };
  // Both clocks are slewed alike, so the distance changes only when somebody sets the time. A reading that took long
  // (this thread was interrupted) says nothing, and one that differs by its own error must not turn packets' order
  // round.
  bool first = !queue->to_monotonic;
  int64_t before, real, took;
  int tries = first ? 16 : 1;
  do {
    before = read(CLOCK_MONOTONIC);
    real = read(CLOCK_REALTIME);
    took = read(CLOCK_MONOTONIC) - before;
  } while (took >= kClockReadNs && --tries);
  int64_t seen = before + took / 2 - real, off = seen - queue->to_monotonic;
  if (first || (took < kClockReadNs && (off > kClockReadNs || off < -kClockReadNs))) queue->to_monotonic = seen;
}

namespace packet_socket {

uint32_t Describe(Port *base, bool link_only, char *json, uint32_t size) {
  auto *port = static_cast<PacketPort *>(base);
  return DescribeLink(port->lost || port->watch.Gone() ? 0 : port->netdev.index, link_only, json, size);
}

Status SetRules(Port *base, const RuleRequest *requests, uint32_t count) {
  auto *port = static_cast<PacketPort *>(base);
  std::vector<steer::Rule> rules;
  std::vector<const steer::Filter *> filters;
  std::vector<bool> take;
  std::vector<sock_filter> filter;
  RXB_TRY(steer::MakeRules(requests, count, &rules));
  for (bool pass : {true, false})
    for (const steer::Rule &rule : rules)
      if (rule.pass == pass) filters.push_back(&rule.filter), take.push_back(!pass);
  if (count) RXB_TRY(steer::BuildClassic({&filters, &take, true}, &filter));
  std::lock_guard<std::mutex> lock(port->membership);
  std::swap(port->filter, filter);
  for (Queue *base_queue : port->queues) {
    auto *queue = static_cast<PacketQueue *>(base_queue);
    if (!port->live || !queue || !queue->member) continue;
    if (Status status = SetHearing(port, queue->fd); !status) {
      std::swap(port->filter, filter);
      return status;
    }
  }
  return {};
}

Lost Loss(Port *base, char *why, uint32_t size) {
  auto *port = static_cast<PacketPort *>(base);
  if (!port->watch.Gone()) return Lost::kNone;
  snprintf(why, size, "%s (index %u) was deleted, or moved to another network namespace", port->netdev.name,
           port->netdev.index);
  return Lost::kForNow;
}

Status Reopen(Port *base) {
  auto *port = static_cast<PacketPort *>(base);
  char name[IFNAMSIZ];
  memcpy(name, port->netdev.name, sizeof name);
  return TakeInterface(name, port, port->name);
}

}  // namespace packet_socket

}  // namespace rxb
