// afxdp: AF_XDP sockets, one per (interface, queue), over the arena's frames. The XDP program hangs on an unpinned
// bpf_link, so that nothing of ours stays on the interface when the process is gone.
#include <linux/if_link.h>
#include <linux/if_xdp.h>
#include <poll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <string>

#include "../bpf/bpf.h"
#include "../core/backend.h"
#include "../core/registry.h"
#include "../grant/plugin_socket.h"
#include "../nic/netdev.h"
#include "../nic/watch.h"
#include "../xdp/pass.h"
#include "../xdp/program.h"
#include "checksum.h"
#include "xsk_ring.h"

#ifndef XDP_USE_SG  // since Linux 6.6
#define XDP_USE_SG (1 << 4)
#define XDP_PKT_CONTD (1 << 0)
#endif

namespace rxb {

namespace {

constexpr char kProgramName[] = "rxburst";  // by which another process of ours is recognised
constexpr uint32_t kRingDefault = 2048;     // descriptors per ring
constexpr uint32_t kXdpHeadroom = 256;      // XDP_PACKET_HEADROOM: the kernel leaves it in front of every packet
constexpr uint32_t kVlanEthernetHeader = 18, kAddressesBytes = 12, kVlanTagBytes = 4;
constexpr uint16_t kVlanProtocol = 0x8100;
constexpr uint32_t kRefillMin = 32;                 // fill ring entries worth a refill
constexpr int kBindTries = 60, kBindPauseMs = 5;    // the queue's last owner may need up to 70 ms to let go
constexpr int kDrainTries = 50, kDrainPauseMs = 1;  // for descriptors that the kernel has not looked at yet
constexpr int kKicksMax = 256;                      // copy mode sends 32 descriptors a kick: enough for the largest ring

struct XskQueue : Queue {
  int fd = -1;
  XskRing fill, completion, rx, tx;
  uint32_t with_kernel = 0;  // frames posted and not seen again
  uint32_t queued = 0;       // frames transmitted and not completed
  uint64_t bad_frames = 0;   // addresses from the kernel that we never gave it
  uint64_t chained = 0;      // packets of more segments than are taken
  bool skipping = false;     // the rest of one of those is still to come
  xdp_statistics before{};   // what the kernel counted for sockets of this data plane that are closed
  FrameState posted() const { return WithSlot(kPosted, slot); }
  FrameState sending() const { return WithSlot(kQueued, slot); }
};

// A program that this process serves as a broker.
struct XskClient {
  uint32_t number;
  int counters = -1;
  std::vector<uint32_t> queues;
  std::vector<steer::Rule> rules;
};

struct XskPort : Port {
  Netdev netdev;
  InterfaceWatch watch;
  uint32_t ring = kRingDefault;
  enum { kAuto, kCopyOnly, kZeroCopyOnly } wanted_mode = kAuto;
  enum { kNativeThenGeneric, kNativeOnly, kGenericOnly } wanted_xdp = kNativeThenGeneric;
  int program = -1, link = -1;  // the XDP program, its link
  std::vector<steer::Rule> rules;
  steer::Metadata metadata;   // what the program writes in front of packets
  bool device_clock = false;  // whose is the column `timestamp`
  char clock[24] = "CLOCK_MONOTONIC";
  Handed handed;  // from a process with privilege: then neither of them
  bool is_handed() const { return handed.sockets_map >= 0 || handed.door >= 0; }
  std::vector<XskClient> clients;
  bool promiscuous = false;
  int holds_promiscuous = -1;  // see HoldPromiscuous()
  steer::Injector injector;    // for PASS, where can_pass
  bool injects = false;        // the injector is ready
};

void Pause(int ms) {
  timespec t{0, ms * 1'000'000L};
  nanosleep(&t, nullptr);
}

void CloseFd(int &fd) {
  if (fd >= 0) close(fd);
  fd = -1;
}

// ---- open and close ----

Status ReadOptions(const PortRequest &request, XskPort *port) {
  auto pick = [&](const char *key, const char *const(&names)[3], int *index) -> Status {
    const char *value = FindOption(request, key);
    for (int i = 0; value && i < 3; i++)
      if (!strcmp(value, names[i])) return *index = i, Status{};
    if (!value) return {};
    return Fail(kBadOption, "%s: %s is '%s'; it may be '%s', '%s' or '%s'", request.name, key, value, names[0], names[1], names[2]);
  };
  int mode = 0, xdp = 0;
  RXB_TRY(pick("mode", {"auto", "copy", "zero-copy"}, &mode));
  RXB_TRY(pick("xdp", {"auto", "native", "generic"}, &xdp));
  port->wanted_mode = static_cast<decltype(port->wanted_mode)>(mode);
  port->wanted_xdp = static_cast<decltype(port->wanted_xdp)>(xdp);
  // All is what passes by, as with DPDK; who takes some queues only leaves the rest, and that choice, to the kernel.
  port->promiscuous = request.take_all && (!request.queues || request.queue_count == port->netdev.rx_queues);
  RXB_TRY(ReadFlag(request, "promiscuous", &port->promiscuous));
  const char *timestamps = FindOption(request, "timestamps");
  port->device_clock = timestamps && !strcmp(timestamps, "device");
  if (timestamps && !port->device_clock && strcmp(timestamps, "kernel"))
    return Fail(kBadOption, "%s: timestamps is '%s'; it may be 'kernel' or 'device'", request.name, timestamps);
  bool segments = false;
  RXB_TRY(ReadFlag(request, "segments", &segments));
  if (segments) port->segments = k_segmentsMax;
  if (const char *ring = FindOption(request, "ring")) {
    port->ring = static_cast<uint32_t>(strtoul(ring, nullptr, 10));
    if (port->ring < 64 || port->ring > 32768 || port->ring & (port->ring - 1))
      return Fail(kBadOption, "%s: ring is '%s'; it is a power of two from 64 to 32768, in descriptors", request.name, ring);
  }
  return {};
}

Status CheckDevice(const Arena *arena, const PortRequest &request, const XskPort &port) {
  const Netdev &dev = port.netdev;
  if (!dev.up) return Fail(kInterfaceDown, "%s is down, so no packet would ever come. Set it up: ip link set %s up", dev.name, dev.name);
  uint32_t frame = arena->frame_size - kXdpHeadroom, room = frame * port.segments;
  if (dev.mtu + kVlanEthernetHeader > room)
    return Fail(kMtu, "%s has an MTU of %u; %s of %u bytes hold at most %u. Lower it (ip link set %s mtu %u)%s%s.", dev.name, dev.mtu,
                port.segments > 1 ? "sixteen frames" : "frames", arena->frame_size, room - kVlanEthernetHeader, dev.name,
                room - kVlanEthernetHeader < 1500 ? room - kVlanEthernetHeader : 1500,
                arena->frame_size == 2048 && dev.mtu + kVlanEthernetHeader <= (4096 - kXdpHeadroom) * port.segments
                    ? " or take larger frames (configureArena({ frameSize: 4096 }), --frame-size 4096)"
                    : "",
                port.segments == 1 && dev.mtu + kVlanEthernetHeader <= frame * k_segmentsMax
                    ? ", or let a packet lie in several (segments: true, --segments)"
                    : "");
  for (uint32_t i = 0; request.queues && i < request.queue_count; i++)
    if (request.queues[i] >= dev.rx_queues)
      return Fail(
          kNoQueue,
          "%s has %u receive queue%s, so there is no queue %u. `ethtool -l %s` shows them, `ethtool -L %s combined N` changes them.",
          dev.name, dev.rx_queues, dev.rx_queues == 1 ? " (number 0)" : "s", request.queues[i], dev.name, dev.name);
  if (dev.rx_queues > k_queuesMax)
    return Fail(kLimit, "%s has %u queues; this build takes at most %u. Name those you want: queues: [0, 1].", dev.name, dev.rx_queues,
                k_queuesMax);
  if (port.is_handed()) return {};  // whoever attached the program has decided the rest
  if (dev.xdp_program) {
    char name[BPF_OBJ_NAME_LEN] = "";
    bpf::ProgramName(dev.xdp_program, name);
    if (!strcmp(name, kProgramName))
      return Fail(kQueueTaken, "%s is in use by another rxburst process (XDP program id %u). See which: bpftool net; pgrep -af rxburst",
                  dev.name, dev.xdp_program);
    char off[160];
    bpf::XdpOff(dev.name, dev.index, dev.xdp_generic, off, sizeof off);
    return Fail(kForeignXdp, "%s has an XDP program that is not ours: '%s', id %u. See whose it is: bpftool prog show id %u. Remove it: %s",
                dev.name, name, dev.xdp_program, dev.xdp_program, off);
  }
  bool some = false;  // is there a rule that takes less than everything?
  for (uint32_t i = 0; i < request.rule_count; i++) some |= !request.rules[i].keep && *request.rules[i].expression;
  if (!request.take_all && !some)
    return Fail(kTakeAll,
                "%s: every packet of this interface would be taken from the kernel, ssh and ARP included. Say what to take, such as "
                "steer: 'udp dst port 4321' (--steer), or takeAll: true (--take-all) if everything is meant.",
                request.name);
  return {};
}

Status BuildProgram(const XskPort *port, const std::vector<steer::Rule> &rules, const std::vector<XskClient> &clients,
                    const steer::Metadata &metadata, int *program) {
  bool fragments = port->segments > 1;
  steer::XdpProgramRequest request{kProgramName, &rules, port->sockets_map, port->counters_map, fragments, metadata};
  for (const XskClient &client : clients)
    if (!client.queues.empty()) request.served.push_back({&client.rules, &client.queues, client.counters});
  // A client alone has its rules on every queue, so that they count what arrives elsewhere.
  if (request.served.size() == 1) request.served[0].queues = nullptr;
  if (rules.empty() && request.served.empty())
    return steer::BuildTakeAllProgram(kProgramName, port->sockets_map, fragments, metadata, program);
  return steer::BuildXdpProgram(request, program);
}

// A program of these rules that writes these metadata takes the place of the one there is: in the link between two packets.
Status ReplaceProgram(XskPort *port, const std::vector<steer::Rule> &rules, const std::vector<XskClient> &clients,
                      const steer::Metadata &metadata) {
  int program = -1;
  RXB_TRY(BuildProgram(port, rules, clients, metadata, &program));
  if (port->link >= 0 && bpf::UpdateLink(port->link, program)) {
    Status status = FailErrno("replacing the XDP program");
    CloseFd(program);
    return status;
  }
  CloseFd(port->program);
  port->program = program;
  return {};
}

Status XskSetRules(Port *base, const RuleRequest *requests, uint32_t count) {
  auto *port = static_cast<XskPort *>(base);
  if (port->is_handed())
    return Fail(kNotSupported, "%s: the program was attached by another process, and its rules are that one's", port->name);
  std::vector<steer::Rule> rules;
  RXB_TRY(steer::CompileRules(requests, count, &rules));
  for (uint32_t i = 0; i < count; i++)
    if (requests[i].fresh) RXB_TRY(steer::ClearCounters(port->counters_map, requests[i].slot));
  // While the port is lost a program bound to its interface can't be loaded: reopen() makes the one that will be attached.
  RXB_TRY(ReplaceProgram(port, rules, port->clients, port->lost ? steer::Metadata{} : port->metadata));
  port->rules = std::move(rules);
  return {};
}

// Has the program write what these columns take, and nothing else.
Status SetColumns(XskPort *port, uint32_t columns) {
  columns &= ~uint32_t{kColumn_checksum};  // which is computed here
  if (columns == port->metadata.columns) return {};
  steer::Metadata metadata;
  RXB_TRY(steer::PlanMetadata(columns, port->device_clock, port->netdev.index, &metadata));
  RXB_TRY(ReplaceProgram(port, port->rules, port->clients, metadata));
  port->metadata = metadata;
  return {};
}

// Without queues the rules are tried only: they take nothing until the client has a socket.
Status TryRules(XskPort *port, std::vector<XskClient> clients, size_t at) {
  for (const Queue *queue : port->queues)
    if (queue) clients[at].queues.push_back(queue->index);
  int program = -1;
  RXB_TRY(BuildProgram(port, port->rules, {clients[at]}, port->metadata, &program));
  CloseFd(program);
  return {};
}

Status XskServe(Port *base, const ClientRequest &request, int *counters) {
  auto *port = static_cast<XskPort *>(base);
  std::vector<XskClient> next = port->clients;
  size_t at = 0;
  while (at < next.size() && next[at].number != request.client) at++;
  bool known = at < next.size(), installed = known && !next[at].queues.empty();
  if (!request.rule_count) {
    if (!known) return {};
    CloseFd(next[at].counters);
    next.erase(next.begin() + static_cast<ptrdiff_t>(at));
    port->clients = std::move(next);
    return installed ? ReplaceProgram(port, port->rules, port->clients, port->metadata) : Status{};
  }
  if (!known) next.push_back({request.client, -1, {}, {}});
  XskClient &client = next[at];
  client.queues.assign(request.queues, request.queues + request.queue_count);
  RXB_TRY(steer::CompileRules(request.rules, request.rule_count, &client.rules));
  if (client.counters < 0) RXB_TRY(steer::CreateCounters(&client.counters));
  Status status;
  for (uint32_t i = 0; i < request.rule_count && status; i++)
    if (request.rules[i].fresh) status = steer::ClearCounters(client.counters, request.rules[i].slot);
  if (status)
    status = client.queues.empty() && !installed ? TryRules(port, next, at) : ReplaceProgram(port, port->rules, next, port->metadata);
  if (!status) {
    if (!known) CloseFd(client.counters);
    return status;
  }
  *counters = client.counters;
  port->clients = std::move(next);
  return {};
}

Status XskCountRule(Port *base, uint32_t slot, RuleCounts *counts) {
  auto *port = static_cast<XskPort *>(base);
  return port->counters_map < 0 ? Status{} : steer::ReadCounters(port->counters_map, slot, counts);
}

void XskClose(Port *base) {
  auto *port = static_cast<XskPort *>(base);
  for (Queue *queue : port->queues) delete static_cast<XskQueue *>(queue);
  CloseFd(port->link);
  CloseFd(port->holds_promiscuous);
  for (XskClient &client : port->clients) CloseFd(client.counters);
  CloseFd(port->program);
  CloseFd(port->counters_map);
  CloseFd(port->sockets_map);
  delete port;
}

Status OpenDevice(const Arena *arena, const PortRequest &request, XskPort *port) {
  port->handed = request.handed;
  port->sockets_map = request.handed.sockets_map;
  port->counters_map = request.handed.counters_map;
  RXB_TRY(FindNetdev(request.device, &port->netdev));
  RXB_TRY(port->watch.Open(port->netdev.index));
  RXB_TRY(ReadOptions(request, port));
  RXB_TRY(CheckDevice(arena, request, *port));
  if (port->is_handed()) return {};
  int probe = socket(AF_XDP, SOCK_RAW | SOCK_CLOEXEC, 0);
  if (probe < 0 && errno == EAFNOSUPPORT) return Fail(kNotSupported, "this kernel has no AF_XDP (CONFIG_XDP_SOCKETS)");
  if (probe < 0) return FailErrno("opening an AF_XDP socket");
  close(probe);
  port->sockets_map = bpf::CreateMap(BPF_MAP_TYPE_XSKMAP, 4, 4, port->netdev.rx_queues, "rxburst_xsks");
  if (port->sockets_map < 0) return FailErrno("creating an XSKMAP");
  // Also without rules: a program that was granted every packet may set some later, and reads their counters.
  RXB_TRY(steer::CreateCounters(&port->counters_map));
  return XskSetRules(port, request.rules, request.rule_count);
}

// What the port says of its interface, and what it holds for it.
void TakeOver(const Arena *arena, XskPort *port) {
  const Netdev &dev = port->netdev;
  snprintf(port->driver, sizeof port->driver, "%s", dev.driver);
  memcpy(port->mac, dev.mac, sizeof port->mac);
  port->has_mac = dev.has_mac;
  port->mtu = dev.mtu;
  port->queue_count = dev.rx_queues;
  port->frame_max = dev.mtu + kVlanEthernetHeader;
  if (!port->is_handed()) port->columns = steer::MetadataColumns(dev.index, port->wanted_xdp == XskPort::kGenericOnly, port->device_clock);
  port->columns |= kColumn_checksum;
  if (port->device_clock) NameDeviceClock(dev.name, port->clock, sizeof port->clock);
  if (port->columns & kColumn_timestamp) port->timestamp_clock = port->clock;
  uint32_t last = 0;
  for (const Queue *queue : port->queues)
    if (queue) last = queue->index;
  // What may come in several segments is not put together again for the kernel.
  bool in_one_frame = port->frame_max <= arena->frame_size - kXdpHeadroom;
  port->injector.Close();
  if (!port->is_handed() && port->wanted_xdp != XskPort::kGenericOnly && in_one_frame)
    port->injects = port->can_pass = static_cast<bool>(port->injector.Open(dev.index, last + 1, port->frame_max));
}

Status XskOpen(const Arena *arena, const PortRequest &request, Port **out) {
  auto *port = new XskPort;
  if (Status status = OpenDevice(arena, request, port); !status) {
    XskClose(port);
    return status;
  }
  const Netdev &dev = port->netdev;
  port->on_interface = true;
  port->filtered_by = "xdp";
  snprintf(port->nic, sizeof port->nic, "%s", dev.name);
  for (uint32_t i = 0; i < (request.queues ? request.queue_count : dev.rx_queues); i++) {
    auto *queue = new XskQueue;
    queue->port = port;
    queue->index = request.queues ? request.queues[i] : i;
    port->queues[queue->index] = queue;
  }
  TakeOver(arena, port);
  *out = port;
  return {};
}

// ---- bind and unbind ----

Status RegisterMemory(int fd) {
  const Arena &arena = *TheArena();
  xdp_umem_reg memory{};
  memory.addr = reinterpret_cast<uint64_t>(arena.frames);
  memory.len = uint64_t(arena.frame_count) << arena.frame_shift;
  memory.chunk_size = arena.frame_size;
  if (!setsockopt(fd, SOL_XDP, XDP_UMEM_REG, &memory, sizeof memory)) return {};
  rlimit limit{};
  if (errno == ENOBUFS && !getrlimit(RLIMIT_MEMLOCK, &limit) && limit.rlim_cur < limit.rlim_max) {
    limit.rlim_cur = limit.rlim_max;  // a soft limit is ours to raise
    if (!setrlimit(RLIMIT_MEMLOCK, &limit) && !setsockopt(fd, SOL_XDP, XDP_UMEM_REG, &memory, sizeof memory)) return {};
    errno = ENOBUFS;
  }
  if (errno == ENOBUFS || errno == ENOMEM)
    return Fail(
        kMemlock,
        "the kernel would not lock the arena's %llu MiB for one more AF_XDP socket (each socket counts it again): %s. Raise the limit "
        "(ulimit -l unlimited; LimitMEMLOCK=infinity in systemd), give CAP_IPC_LOCK, or take fewer frames.",
        (unsigned long long)memory.len >> 20, strerror(errno));
  return FailErrno("registering packet memory (XDP_UMEM_REG)");
}

Status MapRings(XskQueue *queue, uint32_t ring) {
  const int sizes[] = {XDP_UMEM_FILL_RING, XDP_UMEM_COMPLETION_RING, XDP_RX_RING, XDP_TX_RING};
  for (int option : sizes)
    if (setsockopt(queue->fd, SOL_XDP, option, &ring, sizeof ring)) return FailErrno("sizing an AF_XDP ring");
  xdp_mmap_offsets at{};
  socklen_t bytes = sizeof at;
  if (getsockopt(queue->fd, SOL_XDP, XDP_MMAP_OFFSETS, &at, &bytes)) return FailErrno("XDP_MMAP_OFFSETS");
  RXB_TRY(queue->fill.Map(queue->fd, ring, sizeof(uint64_t), at.fr, XDP_UMEM_PGOFF_FILL_RING));
  RXB_TRY(queue->completion.Map(queue->fd, ring, sizeof(uint64_t), at.cr, XDP_UMEM_PGOFF_COMPLETION_RING));
  RXB_TRY(queue->rx.Map(queue->fd, ring, sizeof(xdp_desc), at.rx, XDP_PGOFF_RX_RING));
  return queue->tx.Map(queue->fd, ring, sizeof(xdp_desc), at.tx, XDP_PGOFF_TX_RING);
}

Status BindSocket(XskQueue *queue, XskPort *port) {
  sockaddr_xdp address{};
  address.sxdp_family = AF_XDP;
  address.sxdp_ifindex = port->netdev.index;
  address.sxdp_queue_id = queue->index;
  address.sxdp_flags = XDP_USE_NEED_WAKEUP;
  if (port->segments > 1) address.sxdp_flags |= XDP_USE_SG;
  if (port->wanted_mode == XskPort::kCopyOnly || port->wanted_xdp == XskPort::kGenericOnly) address.sxdp_flags |= XDP_COPY;
  if (port->wanted_mode == XskPort::kZeroCopyOnly) address.sxdp_flags |= XDP_ZEROCOPY;
  for (int tries = 0; bind(queue->fd, reinterpret_cast<sockaddr *>(&address), sizeof address); tries++) {
    if (errno == EBUSY && tries < kBindTries) {
      Pause(kBindPauseMs);
      continue;
    }
    const char *name = port->netdev.name;
    if (errno == EBUSY) return Fail(kQueueTaken, "queue %u of %s has an AF_XDP socket already. See whose: ss --xdp -p", queue->index, name);
    if (errno == ENETDOWN) return Fail(kInterfaceDown, "%s went down. Set it up: ip link set %s up", name, name);
    if (errno == ENODEV) return Fail(kNoInterface, "%s is gone", name);
    if (errno == EOPNOTSUPP && port->wanted_mode == XskPort::kZeroCopyOnly)
      return Fail(kRequire, "%s (driver %s) can't do zero-copy on queue %u; leave mode at 'auto' to take what it can", name, port->driver,
                  queue->index);
    if (errno == EINVAL && port->segments > 1)
      return Fail(kNotSupported,
                  "%s: this kernel's AF_XDP sockets know no packets of several segments: that is Linux 6.6. Open it without.", port->name);
    return FailErrno("binding an AF_XDP socket");
  }
  xdp_options options{};
  socklen_t bytes = sizeof options;
  getsockopt(queue->fd, SOL_XDP, XDP_OPTIONS, &options, &bytes);
  port->mode = options.flags & XDP_OPTIONS_ZEROCOPY ? Mode::kZeroCopy : Mode::kCopy;
  return {};
}

void Refill(XskQueue *queue) {
  uint32_t room = queue->fill.Room(kRefillMin);
  if (room < kRefillMin) return;
  Arena &arena = *TheArena();
  uint64_t frames[k_burstMax];
  uint32_t n = queue->pool->ops->alloc(queue->pool, frames, room < k_burstMax ? room : k_burstMax);
  for (uint32_t i = 0; i < n; i++) {
    uint32_t frame = FrameOf(queue->pool, frames[i]);
    arena.state[frame] = queue->posted();
    queue->fill.Address(queue->fill.ours + i) = uint64_t(frame) << arena.frame_shift;
  }
  queue->with_kernel += n;
  if (n) queue->fill.Produce(n);
}

void CloseSocket(XskQueue *queue) {
  queue->fill.Unmap();
  queue->completion.Unmap();
  queue->rx.Unmap();
  queue->tx.Unmap();
  CloseFd(queue->fd);
  queue->skipping = false;
}

// The frames of a socket that is closed are nobody's: back to the pool.
void Reclaim(XskQueue *queue) {
  Arena &arena = *TheArena();
  for (uint32_t frame = 0; frame < arena.frame_count; frame++) {
    if (arena.holder[frame] != queue->owner) continue;
    if (arena.state[frame] != queue->posted() && arena.state[frame] != queue->sending()) continue;
    uint64_t handle = HandleOf(queue->pool, frame);
    arena.state[frame] = kFree;
    queue->pool->ops->free(queue->pool, &handle, 1);
  }
  queue->with_kernel = queue->queued = 0;
}

// Asks the broker to put the sockets of these queues into its XSKMAP, or to take them out.
Status AskBroker(const XskPort *port, const char *request, const std::vector<uint32_t> &queues) {
  if (queues.empty()) return {};
  std::string words = std::string(request) + "," + port->netdev.name, answer;
  for (uint32_t queue : queues) words += "," + std::to_string(queue);
  int none = -1;
  RXB_TRY(door::Ask(port->handed.door, words, &answer, &none));
  if (none >= 0) close(none);
  return answer == "/xsk_ack" ? Status{} : Fail(kDoor, "%s: the broker answers %s to %s", port->name, answer.c_str(), words.c_str());
}

Status LetIn(const XskQueue *queue, const XskPort *port) {
  if (port->handed.door >= 0) return AskBroker(port, "/xsk_attach", {queue->index});
  return bpf::UpdateElement(port->sockets_map, &queue->index, &queue->fd) ? FailErrno("putting an AF_XDP socket into the XSKMAP")
                                                                          : Status{};
}

void LetOut(const XskPort *port, const std::vector<uint32_t> &queues) {
  if (port->handed.door >= 0) return static_cast<void>(AskBroker(port, "/xsk_detach", queues));
  for (uint32_t queue : queues) bpf::DeleteElement(port->sockets_map, &queue);
}

Status MakeSocket(XskQueue *queue) {
  queue->fd = socket(AF_XDP, SOCK_RAW | SOCK_CLOEXEC, 0);
  return queue->fd < 0 ? FailErrno("opening an AF_XDP socket") : Status{};
}

// From the process that keeps the privileges.
Status AskForSocket(XskQueue *queue, const XskPort *port) {
  std::string answer;
  RXB_TRY(door::Ask(port->handed.door, "/xsk_socket," + std::string(port->netdev.name) + "," + std::to_string(queue->index) + ",later",
                    &answer, &queue->fd));
  if (queue->fd >= 0) return {};
  return Fail(kNoQueue, "%s: queue %u was not granted (%s). Grant it: npx rxburst grant %s --queue %u", port->netdev.name, queue->index,
              answer.c_str(), port->netdev.name, queue->index);
}

Status OpenSocket(XskQueue *queue, XskPort *port, bool let_in) {
  RXB_TRY(port->handed.door >= 0 ? AskForSocket(queue, port) : MakeSocket(queue));
  RXB_TRY(RegisterMemory(queue->fd));
  RXB_TRY(MapRings(queue, port->ring));
  for (uint32_t i = 0; i < port->ring; i += k_burstMax) Refill(queue);
  RXB_TRY(BindSocket(queue, port));
  return let_in ? LetIn(queue, port) : Status{};
}

// A data plane that joins others on the port may want more of the program than they did; attach() asks for the first one.
Status JoinColumns(const XskQueue *queue, XskPort *port) {
  if (!queue->wanted_columns) return {};
  std::lock_guard<std::mutex> lock(ControlLock());
  return port->attached ? SetColumns(port, port->metadata.columns | queue->wanted_columns) : Status{};
}

Status XskBind(Queue *base) {
  auto *queue = static_cast<XskQueue *>(base);
  auto *port = static_cast<XskPort *>(base->port);
  queue->bad_frames = queue->chained = 0;  // those of an earlier data plane
  queue->before = {};
  queue->with_kernel = queue->queued = 0;
  Status status = JoinColumns(queue, port);
  // With a program of ours packets come when that is attached; with another's, from here on: then attach() does it.
  if (status) status = OpenSocket(queue, port, !port->is_handed() || port->attached);
  if (!status) CloseSocket(queue);
  return status;
}

// ---- attach and detach ----

Status BePromiscuous(XskPort *port) {
  port->holds_promiscuous = HoldPromiscuous(port->netdev.index);
  if (port->holds_promiscuous >= 0) return {};
  Status status = FailErrno("making the interface promiscuous");
  CloseFd(port->link);
  return status;
}

Status AttachHanded(XskPort *port) {
  Netdev now;
  RXB_TRY(FindNetdev(port->netdev.name, &now));
  port->xdp = now.xdp_generic ? Xdp::kGeneric : Xdp::kNative;
  std::vector<uint32_t> bound;
  for (Queue *base : port->queues)
    if (base && base->bound) bound.push_back(base->index);
  if (port->handed.door >= 0) return AskBroker(port, "/xsk_attach", bound);
  for (uint32_t queue : bound) RXB_TRY(LetIn(static_cast<XskQueue *>(port->queues[queue]), port));
  return {};
}

Status XskAttach(Port *base) {
  auto *port = static_cast<XskPort *>(base);
  if (port->is_handed()) return AttachHanded(port);
  uint32_t columns = 0;
  for (const Queue *queue : port->queues)
    if (queue && queue->bound) columns |= queue->wanted_columns;
  RXB_TRY(SetColumns(port, columns));
  bool native_tried = port->wanted_xdp != XskPort::kGenericOnly;
  if (native_tried) port->link = bpf::LinkXdp(port->program, port->netdev.index, XDP_FLAGS_DRV_MODE);
  port->xdp = Xdp::kNative;
  bool may_be_generic = port->wanted_xdp == XskPort::kNativeThenGeneric && !port->metadata.bound_to;
  if (port->link < 0 && (!native_tried || (errno == EOPNOTSUPP && may_be_generic))) {
    port->link = bpf::LinkXdp(port->program, port->netdev.index, XDP_FLAGS_SKB_MODE);
    port->xdp = Xdp::kGeneric;
  }
  // Generic XDP runs where passed packets enter too: they would come back to us for ever.
  port->can_pass = port->injects && port->xdp == Xdp::kNative;
  if (port->link >= 0) return port->promiscuous ? BePromiscuous(port) : Status{};
  port->xdp = Xdp::kNone;
  const char *name = port->netdev.name;
  if (errno == EBUSY || errno == EEXIST) {
    char off[160];
    bpf::XdpOff(name, port->netdev.index, port->wanted_xdp == XskPort::kGenericOnly, off, sizeof off);
    return Fail(kForeignXdp, "somebody else's XDP program is on %s. See whose: bpftool net; remove it: %s", name, off);
  }
  if (errno == EOPNOTSUPP)
    return Fail(
        kNotSupported,
        "the driver of %s (%s) has no native XDP; xdp: 'generic' (--opt xdp=generic) works on every driver, at a third of the speed", name,
        port->driver);
  if (errno == ENOSPC)  // veth_xdp_set()
    return Fail(kNotSupported,
                "%s (%s) has fewer receive queues than its peer has transmit queues, and its driver refuses XDP then. On the peer: ethtool "
                "-L PEER tx %u",
                name, port->driver, port->queue_count);
  if (errno == EINVAL || errno == ERANGE)
    return Fail(
        kMtu,
        "the driver of %s (%s) refuses XDP as it is set up: MTU %u or its offloads. Try: ip link set %s mtu 1500; ethtool -K %s lro off",
        name, port->driver, port->mtu, name, name);
  return FailErrno("attaching XDP");
}

void XskDetach(Port *base) {
  auto *port = static_cast<XskPort *>(base);
  std::vector<uint32_t> bound;
  for (Queue *queue : port->queues)
    if (queue && queue->bound && port->is_handed()) bound.push_back(queue->index);
  LetOut(port, bound);
  CloseFd(port->link);
  CloseFd(port->holds_promiscuous);
}

// ---- once per turn ----

// Reads what the program wrote in front of a packet, once: the next packet in this frame may come without.
steer::PacketMetadata TakeMetadata(const Arena &arena, uint32_t offset) {
  steer::PacketMetadata metadata{};
  if (((offset - arena.OffsetOf(0)) & (arena.frame_size - 1)) < sizeof metadata) return metadata;
  uint8_t *at = arena.memory + offset - sizeof metadata;
  memcpy(&metadata, at, sizeof metadata);
  if (metadata.mark != steer::kMetadataMark) return {};
  memset(at + offsetof(steer::PacketMetadata, mark), 0, sizeof metadata.mark);
  return metadata;
}

// The column takes an 802.1Q tag out of the packet, whoever finds it there; any other that the device took off goes back in.
uint32_t TakeTag(uint8_t *memory, const steer::PacketMetadata &metadata, uint32_t *offset, uint32_t *length) {
  uint8_t *packet = memory + *offset;
  const uint8_t vlan[] = {kVlanProtocol >> 8, kVlanProtocol & 255};
  if (metadata.known & kColumn_vlan) {
    if (!memcmp(&metadata.tag_protocol, vlan, sizeof vlan)) return metadata.tag_tci;
    memmove(packet - kVlanTagBytes, packet, kAddressesBytes);
    memcpy(packet - kVlanTagBytes + kAddressesBytes, &metadata.tag_protocol, sizeof metadata.tag_protocol);
    packet[10] = static_cast<uint8_t>(metadata.tag_tci >> 8);
    packet[11] = static_cast<uint8_t>(metadata.tag_tci);
    *offset -= kVlanTagBytes;
    *length += kVlanTagBytes;
    return kUnset;
  }
  if (*length < kVlanEthernetHeader || memcmp(packet + kAddressesBytes, vlan, sizeof vlan)) return kUnset;
  uint32_t tci = static_cast<uint32_t>(packet[14] << 8 | packet[15]);
  memmove(packet + kVlanTagBytes, packet, kAddressesBytes);
  *offset += kVlanTagBytes;
  *length -= kVlanTagBytes;
  return tci;
}

// Of the packet that begins at entry i.
uint8_t ChecksumOf(const Arena &arena, const XskQueue *queue, const Packets &p, uint32_t i, uint32_t n) {
  Piece pieces[k_segmentsMax];
  uint32_t count = 0;
  const uint32_t end = queue->more ? EndOfPacket(queue->more + i, 0, n - i) + i : i + 1;
  for (; i < end && count < k_segmentsMax; i++) pieces[count++] = {arena.memory + p.offset[i], p.length[i]};
  return ChecksumState(pieces, count);
}

__attribute__((noinline)) void FillExtra(const XskQueue *queue, const Packets &p, uint32_t n) {
  const Arena &arena = *TheArena();
  SlotColumns &columns = *queue->columns;
  uint32_t wanted = queue->wanted_columns;
  for (uint32_t i = 0; i < n; i++) {
    bool first = !i || !queue->more || !queue->more[i - 1];
    steer::PacketMetadata metadata{};
    if (first && wanted != kColumn_checksum) metadata = TakeMetadata(arena, p.offset[i]);
    if (wanted & kColumn_hash) columns.hash[i] = metadata.known & kColumn_hash ? metadata.hash : 0;
    if (wanted & kColumn_timestamp) columns.timestamp[i] = metadata.known & kColumn_timestamp ? static_cast<double>(metadata.timestamp) : 0;
    if (wanted & kColumn_vlan) columns.vlan[i] = first ? TakeTag(arena.memory, metadata, &p.offset[i], &p.length[i]) : kUnset;
    if (wanted & kColumn_checksum) columns.checksum[i] = first ? ChecksumOf(arena, queue, p, i, n) : 0;
  }
}

// Copy mode sends only when told to, a few descriptors at a time, so it is told until the ring is empty or a call moves
// nothing; a zero-copy driver needs one call and goes on by itself.
void Kick(XskQueue *queue) {
  for (int kicks = 0; kicks < kKicksMax && queue->tx.NeedsWakeup() && !queue->tx.Drained(); kicks++) {
    uint32_t before = __atomic_load_n(queue->tx.consumer, __ATOMIC_RELAXED);
    if (sendto(queue->fd, nullptr, 0, MSG_DONTWAIT, nullptr, 0) < 0 && errno != EAGAIN) return;
    if (__atomic_load_n(queue->tx.consumer, __ATOMIC_RELAXED) == before) return;
  }
}

void XskReap(Queue *base) {
  auto *queue = static_cast<XskQueue *>(base);
  if (!queue->queued) return;
  if (!queue->tx.Drained()) Kick(queue);
  Arena &arena = *TheArena();
  const FrameState sending = queue->sending();
  for (;;) {
    uint32_t n = queue->completion.Waiting(1), good = 0;
    if (!n) return;
    if (n > k_burstMax) n = k_burstMax;
    uint64_t handles[k_burstMax];
    for (uint32_t i = 0; i < n; i++) {
      uint64_t frame = queue->completion.Address(queue->completion.ours + i) >> arena.frame_shift;
      if (frame >= arena.frame_count || arena.state[frame] != sending) {
        queue->bad_frames++;
        continue;
      }
      handles[good++] = HandleOf(queue->pool, static_cast<uint32_t>(frame));
    }
    queue->completion.Consume(n);
    queue->queued -= good;
    queue->pool->ops->free(queue->pool, handles, good);
  }
}

uint32_t XskTransmit(Queue *base, const Packets &p, uint32_t n) {
  auto *queue = static_cast<XskQueue *>(base);
  Arena &arena = *TheArena();
  const FrameState sending = queue->sending();
  uint32_t room = queue->tx.Room(n), from = arena.OffsetOf(0);
  if (n > room) n = room;
  for (uint32_t i = 0; i < n; i++) {
    if (__builtin_expect(Unsendable(base->port, p.length[i]), 0)) {
      n = i;
      break;
    }
    uint32_t address = p.offset[i] - from;
    arena.state[address >> arena.frame_shift] = sending;
    queue->tx.Descriptor(queue->tx.ours + i) = {address, p.length[i], 0};
  }
  if (!n) return 0;
  queue->queued += n;
  queue->tx.Produce(n);
  Kick(queue);
  return n;
}

// Packets are whole when the kernel shows them, and are taken as a whole: a driver that shows parts has to wait.
uint32_t XskTransmitSegments(Queue *base, const Packets &p, const uint8_t *more, uint32_t n) {
  auto *queue = static_cast<XskQueue *>(base);
  Arena &arena = *TheArena();
  const FrameState sending = queue->sending();
  uint32_t room = queue->tx.Room(n), from = arena.OffsetOf(0), done = 0;
  while (done < n) {
    uint32_t end = EndOfPacket(more, done, n);
    if (end > room || Unsendable(base->port, p.length + done, end - done)) break;
    for (; done < end; done++) {
      uint32_t address = p.offset[done] - from;
      arena.state[address >> arena.frame_shift] = sending;
      queue->tx.Descriptor(queue->tx.ours + done) = {address, p.length[done], done + 1 < end ? uint32_t(XDP_PKT_CONTD) : 0};
    }
  }
  if (!done) return 0;
  queue->queued += done;
  queue->tx.Produce(done);
  Kick(queue);
  return done;
}

// The frame that receive descriptor `i` names, or false when it is none that we gave.
bool TakeFrame(XskQueue *queue, uint32_t i, xdp_desc *desc, uint32_t *frame) {
  Arena &arena = *TheArena();
  *desc = queue->rx.Descriptor(queue->rx.ours + i);
  uint64_t at = desc->addr >> arena.frame_shift;
  if (at >= arena.frame_count || arena.state[at] != queue->posted()) {
    queue->bad_frames++;
    return false;
  }
  *frame = static_cast<uint32_t>(at);
  arena.state[at] = kInBurst;
  queue->with_kernel--;
  return true;
}

// Lets n descriptors go by.
void Skip(XskQueue *queue, uint32_t n) {
  for (uint32_t i = 0; i < n; i++) {
    xdp_desc desc;
    uint32_t frame;
    if (!TakeFrame(queue, i, &desc, &frame)) continue;
    uint64_t handle = HandleOf(queue->pool, frame);
    queue->pool->ops->free(queue->pool, &handle, 1);
  }
  queue->rx.Consume(n);
}

// How many descriptors make the packet that begins at the i-th of those that wait; 0: its end is not there yet.
uint32_t SegmentsAt(const XskQueue *queue, uint32_t i, uint32_t waiting) {
  for (uint32_t at = i; at < waiting; at++)
    if (!(queue->rx.Descriptor(queue->rx.ours + at).options & XDP_PKT_CONTD)) return at + 1 - i;
  return 0;
}

// The rest of a packet of too many segments: it came while the MTU was raised.
void SkipRest(XskQueue *queue) {
  uint32_t waiting = queue->rx.Waiting(queue->rx.size), rest = SegmentsAt(queue, 0, waiting);
  queue->skipping = !rest;
  Skip(queue, rest ? rest : waiting);
}

uint32_t ReceiveSegments(XskQueue *queue, const Packets &p, uint32_t n) {
  if (queue->skipping) SkipRest(queue);
  uint32_t waiting = queue->rx.Waiting(k_burstMax), seen = 0, good = 0;
  if (waiting > k_burstMax) waiting = k_burstMax;
  uint32_t from = TheArena()->OffsetOf(0);
  for (uint32_t packets = 0; packets < n && seen < waiting; packets++) {
    uint32_t segments = SegmentsAt(queue, seen, waiting);
    if (!segments || segments > k_segmentsMax) break;
    for (uint32_t last = seen + segments; seen < last; seen++) {
      xdp_desc desc;
      uint32_t frame;
      if (!TakeFrame(queue, seen, &desc, &frame)) continue;
      p.handle[good] = HandleOf(queue->pool, frame);
      p.offset[good] = from + static_cast<uint32_t>(desc.addr);
      p.length[good] = desc.len;
      queue->more[good++] = seen + 1 < last;
    }
    if (good) queue->more[good - 1] = 0;  // should its last frame have been a bad one
  }
  queue->rx.Consume(seen);
  if (!seen && waiting >= k_segmentsMax) {
    uint32_t segments = SegmentsAt(queue, 0, waiting);
    if (segments && segments <= k_segmentsMax) return good;
    queue->chained++;
    queue->skipping = true;
    SkipRest(queue);
  }
  return good;
}

uint32_t XskReceive(Queue *base, Intake &p, uint32_t n) {
  auto *queue = static_cast<XskQueue *>(base);
  Refill(queue);
  if (__builtin_expect(queue->more != nullptr, 0)) {
    uint32_t got = ReceiveSegments(queue, p, n);
    if (__builtin_expect(got && queue->wanted_columns, 0)) FillExtra(queue, p, got);
    if (!got && queue->fill.NeedsWakeup()) recvfrom(queue->fd, nullptr, 0, MSG_DONTWAIT, nullptr, nullptr);
    return got;
  }
  uint32_t waiting = queue->rx.Waiting(n), good = 0;
  if (n > waiting) n = waiting;
  if (!n) {
    if (queue->fill.NeedsWakeup()) recvfrom(queue->fd, nullptr, 0, MSG_DONTWAIT, nullptr, nullptr);
    return 0;
  }
  Arena &arena = *TheArena();
  const FrameState posted = queue->posted();
  uint32_t from = arena.OffsetOf(0);
  for (uint32_t i = 0; i < n; i++) {
    const xdp_desc &desc = queue->rx.Descriptor(queue->rx.ours + i);
    uint64_t address = desc.addr, frame = address >> arena.frame_shift;
    uint32_t length = desc.len;
    if (__builtin_expect(frame >= arena.frame_count || arena.state[frame] != posted, 0)) {
      queue->bad_frames++;
      continue;
    }
    arena.state[frame] = kInBurst;
    p.handle[good] = HandleOf(queue->pool, static_cast<uint32_t>(frame));
    p.offset[good] = from + static_cast<uint32_t>(address);
    p.length[good++] = length;
  }
  queue->rx.Consume(n);
  queue->with_kernel -= good;
  if (__builtin_expect(queue->wanted_columns, 0)) FillExtra(queue, p, good);
  return good;
}

// ---- seldom ----

uint32_t XskPass(Queue *queue, const Packets &p, uint32_t n) {
  steer::Injector &injector = static_cast<XskPort *>(queue->port)->injector;
  const uint8_t *memory = TheArena()->memory;
  uint32_t longest = queue->port->frame_max, passed = 0;
  for (uint32_t i = 0; i < n;) {
    uint32_t filled = 0;
    for (; i < n && filled < steer::kInjectBurst; i++)
      if (p.length[i] <= longest) memcpy(injector.Packet(queue->index, filled++, p.length[i]), memory + p.offset[i], p.length[i]);
    passed += injector.Run(queue->index, filled);
  }
  return passed;
}

int XskDescriptor(const Queue *queue) { return static_cast<const XskQueue *>(queue)->fd; }

// rx_fill_ring_empty_descs is left out: in copy mode its packets are in rx_dropped already.
void XskLosses(Queue *base, uint64_t *values) {
  auto *queue = static_cast<XskQueue *>(base);
  xdp_statistics s{};
  socklen_t bytes = sizeof s;
  if (queue->fd < 0 || getsockopt(queue->fd, SOL_XDP, XDP_STATISTICS, &s, &bytes)) return;
  const xdp_statistics &b = queue->before;
  const uint64_t all[] = {s.rx_ring_full + b.rx_ring_full,         s.rx_dropped + b.rx_dropped, s.rx_invalid_descs + b.rx_invalid_descs,
                          s.tx_invalid_descs + b.tx_invalid_descs, queue->bad_frames,           queue->chained};
  memcpy(values, all, sizeof all);
}

void XskHeld(const Queue *base, uint32_t *posted, uint32_t *received, uint32_t *queued) {
  auto *queue = static_cast<const XskQueue *>(base);
  uint32_t ready = queue->fd < 0 ? 0 : __atomic_load_n(queue->rx.producer, __ATOMIC_ACQUIRE) - queue->rx.ours;
  *received = ready;
  *posted = queue->with_kernel - ready;
  *queued = queue->queued;
}

void XskUnbind(Queue *base) {
  auto *queue = static_cast<XskQueue *>(base);
  for (int tries = 0; tries < kDrainTries && !queue->tx.Drained(); tries++) {
    Kick(queue);
    if (!queue->tx.Drained()) Pause(kDrainPauseMs);
  }
  LetOut(static_cast<XskPort *>(base->port), {queue->index});
  CloseSocket(queue);
  queue->with_kernel = queue->queued = 0;
}

// ---- when the interface is lost ----

// Whether the process behind the door has closed its end.
bool HungUp(int door) {
  pollfd end{door, 0, 0};  // POLLHUP is told unasked
  return poll(&end, 1, 0) > 0 && end.revents & (POLLHUP | POLLERR | POLLNVAL);
}

// Whether an XDP program is on the interface: of one that another process attached nothing else can be told without privilege.
bool HasProgram(const XskPort *port) {
  Netdev now;
  return !FindNetdev(port->netdev.index, &now) || now.xdp_program;
}

Lost XskLoss(Port *base, char *why, uint32_t size) {
  auto *port = static_cast<XskPort *>(base);
  const Netdev &dev = port->netdev;
  if (port->handed.door >= 0 && HungUp(port->handed.door)) {
    snprintf(why, size, "the process that keeps the privileges for %s (rxburst grant) has ended", dev.name);
    return Lost::kForGood;
  }
  if (port->watch.Gone()) {
    snprintf(why, size, "%s (index %u) was deleted, or moved to another network namespace", dev.name, dev.index);
    return Lost::kForNow;
  }
  if (port->is_handed() ? !port->attached || HasProgram(port) : port->link < 0 || bpf::LinkedTo(port->link)) return Lost::kNone;
  snprintf(why, size, "the XDP program was taken off %s (index %u)", dev.name, dev.index);
  return Lost::kForNow;
}

Status XskReopen(Port *base) {
  auto *port = static_cast<XskPort *>(base);
  Netdev dev;
  RXB_TRY(FindNetdev(port->netdev.name, &dev));
  port->netdev = dev;
  RXB_TRY(port->watch.Open(dev.index));
  uint32_t queues[k_queuesMax];
  PortRequest as_before{};
  as_before.name = port->name;
  as_before.queues = queues;
  as_before.take_all = true;  // or it has rules, whichever it was opened with
  for (const Queue *queue : port->queues)
    if (queue) queues[as_before.queue_count++] = queue->index;
  RXB_TRY(CheckDevice(TheArena(), as_before, *port));
  if (port->is_handed() && !dev.xdp_program) return Fail(kPortLost, "no XDP program is on %s yet", dev.name);
  TakeOver(TheArena(), port);
  if (port->is_handed()) return {};
  steer::Metadata metadata;
  RXB_TRY(steer::PlanMetadata(port->metadata.columns, port->device_clock, dev.index, &metadata));
  RXB_TRY(ReplaceProgram(port, port->rules, port->clients, metadata));
  port->metadata = metadata;
  return {};
}

Status XskRebind(Queue *base) {
  auto *queue = static_cast<XskQueue *>(base);
  auto *port = static_cast<XskPort *>(base->port);
  xdp_statistics s{};
  socklen_t bytes = sizeof s;
  if (queue->fd >= 0 && !getsockopt(queue->fd, SOL_XDP, XDP_STATISTICS, &s, &bytes)) {
    queue->before.rx_ring_full += s.rx_ring_full;
    queue->before.rx_dropped += s.rx_dropped;
    queue->before.rx_invalid_descs += s.rx_invalid_descs;
    queue->before.tx_invalid_descs += s.tx_invalid_descs;
  }
  CloseSocket(queue);
  // A zero-copy driver lets go later (see GiveFramesBack), so its frames wait for the interface.
  if (!port->lost || port->mode != Mode::kZeroCopy) Reclaim(queue);
  if (port->lost) return {};
  Status status = JoinColumns(queue, port);
  if (status) status = OpenSocket(queue, port, !port->is_handed());
  if (status) return {};
  CloseSocket(queue);
  Reclaim(queue);
  return status;
}

uint32_t XskDescribe(Port *base, bool link_only, char *json, uint32_t size) {
  auto *port = static_cast<XskPort *>(base);
  char why[256];
  bool lost = port->lost || XskLoss(port, why, sizeof why) != Lost::kNone;
  return DescribeLink(lost ? 0 : port->netdev.index, link_only, json, size);
}

const char *const kXskOptions[] = {"mode", "xdp", "ring", "promiscuous", "segments", "timestamps", "door", "xskmap", nullptr};
const char *const kXskLosses[] = {"rx_ring_full", "rx_dropped", "rx_invalid_descs", "tx_invalid_descs", "bad_frames",
                                  "rx_chained",   nullptr};

}  // namespace

extern const Backend kAfXdpBackend;
const Backend kAfXdpBackend = {
    kBackendAbi,
    "afxdp",
    kXskOptions,
    kXskLosses,
    XskOpen,
    nullptr,
    XskBind,
    XskAttach,
    XskReap,
    XskTransmit,
    XskReceive,
    XskPass,
    nullptr,
    XskDescriptor,
    XskLosses,
    XskHeld,
    XskDetach,
    XskUnbind,
    XskClose,
    XskDescribe,
    XskSetRules,
    XskCountRule,
    XskTransmitSegments,
    nullptr,
    nullptr,
    XskServe,
    XskLoss,
    XskReopen,
    XskRebind,
};

}  // namespace rxb
