// Opens and closes a port: reads its options, checks the interface, and says what the port can do.
#include <sys/socket.h>
#include <unistd.h>

#include "../../bpf/bpf.h"
#include "port.h"

namespace rxb::af_xdp {

namespace {

void ReadOptions(const PortRequest &request, XskPort *port) {
  const Options &options = request.options;
  port->wanted_mode = static_cast<decltype(port->wanted_mode)>(ChoiceOption(options, "mode"));
  port->wanted_xdp = static_cast<decltype(port->wanted_xdp)>(ChoiceOption(options, "xdp"));
  // All is what passes by, as with DPDK; who takes some queues only leaves the rest, and that choice, to the kernel.
  const bool whole = request.take_all && (!request.queues || request.queue_count == port->netdev.rx_queues);
  port->promiscuous = FlagOption(options, "promiscuous", whole);
  port->device_clock = ChoiceOption(options, "timestamps");
  if (FlagOption(options, "segments")) port->segments = k_segmentsMax;
  port->ring = NumberOption(options, "ring");
  port->frames_per_queue = FramesFor(port->ring, port->ring);
}

Status CheckDevice(const Arena *arena, const PortRequest &request, const XskPort &port) {
  const Netdev &dev = port.netdev;
  if (!dev.up)
    return Fail(kInterfaceDown, "%s is down, so no packet would ever come. Set it up: ip link set %s up", dev.name,
                dev.name);
  uint32_t frame = arena->frame_size - kXdpHeadroom, room = frame * port.segments;
  if (dev.mtu + kVlanEthernetHeader > room)
    return Fail(kMtu, "%s has an MTU of %u; %s of %u bytes hold at most %u. Lower it (ip link set %s mtu %u)%s%s.",
                dev.name, dev.mtu, port.segments > 1 ? "sixteen frames" : "frames", arena->frame_size,
                room - kVlanEthernetHeader, dev.name,
                room - kVlanEthernetHeader < 1500 ? room - kVlanEthernetHeader : 1500,
                arena->frame_size == 2048 && dev.mtu + kVlanEthernetHeader <= (4096 - kXdpHeadroom) * port.segments
                    ? " or take larger frames (configureArena({ frameSize: 4096 }), --frame-size 4096)"
                    : "",
                port.segments == 1 && dev.mtu + kVlanEthernetHeader <= frame * k_segmentsMax
                    ? ", or let a packet lie in several (segments: true, --segments)"
                    : "");
  for (uint32_t i = 0; request.queues && i < request.queue_count; i++)
    if (request.queues[i] >= dev.rx_queues)
      return Fail(kNoQueue,
                  "%s has %u receive queue%s, so there is no queue %u. `ethtool -l %s` shows them, `ethtool -L %s "
                  "combined N` changes them.",
                  dev.name, dev.rx_queues, dev.rx_queues == 1 ? " (number 0)" : "s", request.queues[i], dev.name,
                  dev.name);
  if (dev.rx_queues > k_queuesMax)
    return Fail(kLimit, "%s has %u queues; this build takes at most %u. Name those you want: queues: [0, 1].", dev.name,
                dev.rx_queues, k_queuesMax);
  if (port.is_handed()) return {};  // whoever attached the program has decided the rest
  const auto owner = steer::Owner::Of(dev.index);
  if (dev.xdp_program && !(owner && owner->IsLinked())) {
    char name[BPF_OBJ_NAME_LEN] = "";
    bpf::ProgramName(dev.xdp_program, name);
    if (!strcmp(name, steer::kProgramName))
      return Fail(
          kQueueTaken,
          "%s is in use by another rxburst process (XDP program id %u). See which: bpftool net; pgrep -af rxburst",
          dev.name, dev.xdp_program);
    char off[160];
    bpf::XdpOff(dev.name, dev.index, dev.xdp_generic, off, sizeof off);
    return Fail(
        kForeignXdp,
        "%s has an XDP program that is not ours: '%s', id %u. See whose it is: bpftool prog show id %u. Remove it: %s",
        dev.name, name, dev.xdp_program, dev.xdp_program, off);
  }
  bool some = false;  // is there a rule that takes less than everything?
  for (uint32_t i = 0; i < request.rule_count; i++) some |= !request.rules[i].pass && *request.rules[i].expression;
  if (!request.take_all && !some)
    return Fail(kTakeAll,
                "%s: every packet of this interface would be taken from the kernel, ssh and ARP included. Say what to "
                "take, such as "
                "steer: 'udp dst port 4321' (--steer), or takeAll: true (--take-all) if everything is meant.",
                request.name);
  return {};
}

// Other ports of this process may be open on the interface, with other queues.
Status JoinOwner(const PortRequest &request, XskPort *port) {
  steer::Client &client = port->client;
  client.name = port->name;
  for (uint32_t i = 0; i < (request.queues ? request.queue_count : port->netdev.rx_queues); i++)
    client.queues.push_back(request.queues ? request.queues[i] : i);
  client.counters = port->counters_map;
  client.hook = port->wanted_xdp;
  client.fragments = port->segments > 1;
  client.device_clock = port->device_clock;
  RXB_TRY(steer::Owner::Join(port->netdev, &client, &port->owner));
  port->sockets_map = port->owner->xskmap();
  return {};
}

Status OpenDevice(const Arena *arena, const PortRequest &request, XskPort *port) {
  port->handed = request.handed;
  port->sockets_map = request.handed.sockets_map;
  port->counters_map = request.handed.counters_map;
  RXB_TRY(FindNetdev(request.device, &port->netdev));
  RXB_TRY(port->watch.Open(port->netdev.index));
  ReadOptions(request, port);
  RXB_TRY(CheckDevice(arena, request, *port));
  port->shares_device = true;
  if (port->is_handed()) return {};
  int probe = socket(AF_XDP, SOCK_RAW | SOCK_CLOEXEC, 0);
  if (probe < 0 && errno == EAFNOSUPPORT) return Fail(kNotSupported, "this kernel has no AF_XDP (CONFIG_XDP_SOCKETS)");
  if (probe < 0) return FailErrno("opening an AF_XDP socket");
  close(probe);
  // Also without rules: a program that was granted every packet may set some later, and reads their counters.
  RXB_TRY(steer::CreateCounters(&port->counters_map));
  RXB_TRY(JoinOwner(request, port));
  return SetRules(port, request.rules, request.rule_count);
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
  if (!port->is_handed())
    port->columns =
        steer::MetadataColumns(dev.index, port->wanted_xdp == steer::Hook::kGenericOnly, port->device_clock);
  port->columns |= kColumn_checksum;
  if (port->device_clock) NameDeviceClock(dev.name, port->clock, sizeof port->clock);
  if (port->columns & kColumn_timestamp) port->timestamp_clock = port->clock;
  uint32_t last = 0;
  for (const Queue *queue : port->queues)
    if (queue) last = queue->index;
  // What may come in several segments is not put together again for the kernel.
  bool in_one_frame = port->frame_max <= arena->frame_size - kXdpHeadroom;
  port->injector.Close();
  if (!port->is_handed() && port->wanted_xdp != steer::Hook::kGenericOnly && in_one_frame)
    port->injects = port->can_pass = static_cast<bool>(port->injector.Open(dev.index, last + 1, port->frame_max));
}

Status Open(const Arena *arena, const PortRequest &request, Port **out) {
  auto *port = new XskPort;
  if (Status status = OpenDevice(arena, request, port); !status) {
    Close(port);
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

void Close(Port *base) {
  auto *port = static_cast<XskPort *>(base);
  for (Queue *queue : port->queues) delete static_cast<XskQueue *>(queue);
  CloseFd(port->holds_promiscuous);
  if (port->owner) port->owner->Leave(&port->client);
  for (steer::Served &served : port->client.share.served) CloseFd(served.counters);
  CloseFd(port->counters_map);
  if (!port->owner) CloseFd(port->sockets_map);  // else it is the owner's
  delete port;
}

}  // namespace

}  // namespace rxb::af_xdp
