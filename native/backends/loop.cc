// loop: ports that exist in memory only. What is sent on loop:a comes back on loop:a, or on its peer: loop:a,peer=b.
// No privilege, no kernel. It carries most tests and is the template for a new backend.
#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <map>
#include <memory>
#include <new>
#include <string>
#include <vector>

#include "../core/backend.h"
#include "software_rules.h"

namespace rxb::loop {

namespace {

constexpr uint32_t kWirePackets = 1024;  // room of one direction of one queue; a segment takes as much as a packet
constexpr uint32_t kJumboMtu = 9000;     // of a port with segments
constexpr uint32_t kQueuesDefault = 4;
constexpr uint32_t kEthernetHeader = 14;

// One direction of one queue: a ring of copies, one writer and one reader, who may be two workers.
struct Wire {
  alignas(64) std::atomic<uint32_t> written{0};
  alignas(64) std::atomic<uint32_t> read{0};
  uint32_t slot_bytes, length[kWirePackets];
  uint8_t more[kWirePackets];  // the next slot goes on with the packet; a packet is written as a whole
  std::unique_ptr<uint8_t[]> bytes;
  explicit Wire(uint32_t frame) : slot_bytes(frame), bytes(new (std::nothrow) uint8_t[size_t(frame) * kWirePackets]) {}
};

struct LoopQueue : RuledQueue {
  std::shared_ptr<Wire> rx, tx;
  uint64_t filtered = 0, chained = 0;
};

struct LoopPort : RuledPort {
  std::string device, peer;
};

// Wires by "device/queue": the packets that this device receives there. They live as long as an end of them is open.
std::map<std::string, std::weak_ptr<Wire>> wires;

std::shared_ptr<Wire> WireTo(const std::string &device, uint32_t queue, uint32_t frame) {
  std::weak_ptr<Wire> &known = wires[device + "/" + std::to_string(queue)];
  std::shared_ptr<Wire> wire = known.lock();
  if (!wire) known = wire = std::make_shared<Wire>(frame);
  return wire;
}

std::vector<const LoopPort *> open_ports;

// A wire has one writer and one reader, so two open ports can't share an end of it.
const LoopPort *PortWith(const std::string &device, const std::string &peer) {
  for (const LoopPort *port : open_ports)
    if (port->device == device || port->peer == peer) return port;
  return nullptr;
}

// What to write instead of a name that would share an end of a wire with an open port.
Status WireTaken(const LoopPort &other, const std::string &device, const std::string &peer) {
  const char *o = other.device.c_str(), *d = device.c_str(), *p = peer.c_str();
  if (other.device == device)
    return Fail(kPortOpen, "loop:%s is open already in this process: open it once, with every queue it needs", d);
  if (other.device == peer)
    return Fail(kPortOpen, "loop:%s sends to itself, so loop:%s can't send to it: open it as loop:%s,peer=%s", o, d, o,
                d);
  if (device == peer)
    return Fail(kPortOpen, "loop:%s sends to %s, so loop:%s can't send to itself: open it as loop:%s,peer=%s", o, p, d,
                d, o);
  return Fail(kPortOpen, "%s sends to %s already, and a wire has one sender: give loop:%s another peer", other.name, p,
              d);
}

void Close(Port *);

Status Open(const Arena *arena, const PortRequest &request, Port **out) {
  std::string device = request.device, peer;
  if (size_t at = device.find(",peer="); at != std::string::npos) {  // a part of the name
    peer = device.substr(at + 6);
    device.resize(at);
  }
  if (const char *name = FindOption(request.options, "peer")) peer = name;
  if (peer.empty()) peer = device;
  if (const LoopPort *other = PortWith(device, peer)) return WireTaken(*other, device, peer);
  uint32_t count = kQueuesDefault;
  for (uint32_t i = 0; request.queues && i < request.queue_count; i++)
    if (request.queues[i] >= k_queuesMax)
      return Fail(kNoQueue, "%s has no queue %u: a loop port has at most %u", request.name, request.queues[i],
                  k_queuesMax);
    else if (request.queues[i] >= count)
      count = request.queues[i] + 1;
  const bool segments = FlagOption(request.options, "segments");
  auto *port = new LoopPort;
  port->device = device;
  port->peer = peer;
  port->filtered_by = "libpcap";
  open_ports.push_back(port);
  port->queue_count = count;
  port->frame_max = segments ? kJumboMtu + kEthernetHeader : arena->frame_size - k_headroom;
  port->mtu = port->frame_max - kEthernetHeader;
  if (segments) port->segments = k_segmentsMax;
  port->has_mac = true;
  port->tx_copies = true;
  port->mode = Mode::kCopy;
  const uint8_t mac[6] = {0x02, 'l', 'o', 'o', 'p', static_cast<uint8_t>(device[0])};
  memcpy(port->mac, mac, sizeof mac);
  uint32_t wanted = request.queues ? request.queue_count : 1;  // no device says how many there are, so all means one
  for (uint32_t i = 0; i < wanted; i++) {
    auto *queue = new LoopQueue;
    queue->port = port;
    queue->index = request.queues ? request.queues[i] : i;
    queue->rx = WireTo(device, queue->index, arena->frame_size);
    queue->tx = WireTo(port->peer, queue->index, arena->frame_size);
    port->queues[queue->index] = queue;
    if (queue->rx->bytes && queue->tx->bytes) continue;
    Close(port);
    return Fail(kNoMemory,
                "%s: there is no memory for a wire of %u packets. `ulimit -v` shows the limit. Or take fewer queues.",
                request.name, kWirePackets);
  }
  if (Status status = software_rules::SetRules(port, request.rules, request.rule_count); !status) {
    Close(port);
    return status;
  }
  *out = port;
  return {};
}

Status Bind(Queue *base) {
  auto *queue = static_cast<LoopQueue *>(base);
  queue->filtered = queue->chained = 0;  // those of an earlier data plane
  return {};
}

Status Attach(Port *) { return {}; }

// One path for packets of one and of several segments: the constant leaves nothing of the latter where a burst has
// none.
template<bool kSegments>
uint32_t Send(LoopQueue *queue, const Packets &p, const uint8_t *more, uint32_t n) {
  Wire &wire = *queue->tx;
  const uint8_t *memory = TheArena()->memory;
  const uint32_t written = wire.written.load(std::memory_order_relaxed);
  const uint32_t room = kWirePackets - (written - wire.read.load(std::memory_order_acquire));
  uint32_t done = 0;
  while (done < n) {
    const uint32_t end = kSegments ? EndOfPacket(more, done, n) : done + 1;
    if (end > room || Unsendable(queue->port, p.length + done, end - done)) break;
    for (; done < end; done++) {
      const uint32_t at = (written + done) % kWirePackets;
      wire.length[at] = p.length[done];
      wire.more[at] = done + 1 < end;
      memcpy(&wire.bytes[size_t(at) * wire.slot_bytes], memory + p.offset[done], p.length[done]);
    }
  }
  wire.written.store(written + done, std::memory_order_release);
  return done;
}

uint32_t Transmit(Queue *queue, const Packets &p, uint32_t n) {
  return Send<false>(static_cast<LoopQueue *>(queue), p, nullptr, n);
}

uint32_t Receive(Queue *base, Intake &p, uint32_t n) {
  auto *queue = static_cast<LoopQueue *>(base);
  auto *port = static_cast<LoopPort *>(base->port);
  Wire &wire = *queue->rx;
  Arena *arena = TheArena();
  uint32_t read = wire.read.load(std::memory_order_relaxed);
  uint32_t waiting = wire.written.load(std::memory_order_acquire) - read, seen = 0, got = 0, packets = 0;
  uint32_t most = std::min<uint32_t>({n * port->segments, k_burstMax, waiting});
  if (!most) return 0;
  const RulesInUse in_use(port, queue);
  const SoftwareRules *rules = in_use.rules();
  uint32_t frames = queue->pool->ops->alloc(queue->pool, p.handle, most);
  while (seen < waiting && packets < n) {
    uint32_t at = (read + seen) % kWirePackets, segments = 1, bytes = wire.length[at];
    for (uint32_t last = at; wire.more[last]; segments++) bytes += wire.length[last = (last + 1) % kWirePackets];
    const uint8_t *packet = &wire.bytes[size_t(at) * wire.slot_bytes];
    if (got + segments > frames && segments <= port->segments) break;
    seen += segments;
    if (segments > port->segments) {
      queue->chained++;
      continue;
    }
    if (rules && !Takes(port, *rules, packet, bytes, wire.length[at])) {  // there is no kernel to leave it to
      queue->filtered++;
      continue;
    }
    packets++;
    for (uint32_t last = got + segments; got < last; got++, at = (at + 1) % kWirePackets) {
      uint32_t frame = FrameOf(queue->pool, p.handle[got]), length = wire.length[at];
      arena->state[frame] = kInBurst;
      // A segment may be as long as its sender's frame.
      p.offset[got] = arena->OffsetOf(frame) + (length + k_headroom <= arena->frame_size ? uint32_t(k_headroom) : 0);
      p.length[got] = length;
      if (base->more) base->more[got] = got + 1 < last;
      memcpy(arena->memory + p.offset[got], &wire.bytes[size_t(at) * wire.slot_bytes], length);
    }
  }
  if (got < frames) queue->pool->ops->free(queue->pool, p.handle + got, frames - got);
  wire.read.store(read + seen, std::memory_order_release);
  return got;
}

int Descriptor(const Queue *) { return -1; }

// What finds no frame waits on the wire.
void LossesOf(Queue *queue, uint64_t *values) {
  values[0] = static_cast<LoopQueue *>(queue)->filtered;
  values[1] = static_cast<LoopQueue *>(queue)->chained;
}

void Held(const Queue *, uint32_t *posted, uint32_t *received, uint32_t *queued) { *posted = *received = *queued = 0; }

void Detach(Port *) {}

void Unbind(Queue *) {}

void Close(Port *base) {
  auto *port = static_cast<LoopPort *>(base);
  open_ports.erase(std::remove(open_ports.begin(), open_ports.end(), port), open_ports.end());
  for (Queue *queue : port->queues) delete static_cast<LoopQueue *>(queue);
  delete port;
}

uint32_t TransmitSegments(Queue *queue, const Packets &p, const uint8_t *more, uint32_t n) {
  return Send<true>(static_cast<LoopQueue *>(queue), p, more, n);
}

constexpr OptionRow kOptions[] = {
    TextRow("peer", "the loop port that it sends to, which is to name this one as its peer", "itself"),
    FlagRow("segments", false, "packets longer than a frame, in several"),
    {},
};
const char *const kLosses[] = {"filtered", "rx_chained", nullptr};

}  // namespace

}  // namespace rxb::loop

namespace rxb {

extern const Backend kLoopBackend;
const Backend kLoopBackend = {
    .abi = kBackendAbi,
    .name = "loop",
    .options = loop::kOptions,
    .losses = loop::kLosses,
    .names_peer = true,
    .open = loop::Open,
    .bind = loop::Bind,
    .attach = loop::Attach,
    .transmit = loop::Transmit,
    .receive = loop::Receive,
    .descriptor = loop::Descriptor,
    .losses_of = loop::LossesOf,
    .held = loop::Held,
    .detach = loop::Detach,
    .unbind = loop::Unbind,
    .close = loop::Close,
    .set_rules = software_rules::SetRules,
    .count_rule = software_rules::CountRule,
    .transmit_segments = loop::TransmitSegments,
};

}  // namespace rxb
