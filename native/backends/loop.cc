// loop: ports that exist in memory only. What is sent on loop:a comes back on loop:a, or on its peer: loop:a,peer=b.
// No privilege, no kernel. It carries most tests and is the template for a new backend.
#include <sched.h>

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <map>
#include <memory>
#include <new>
#include <string>
#include <vector>

#include "../core/backend.h"
#include "../xdp/program.h"

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

// What a port takes. Replaced as a whole while workers read it.
struct LoopRules {
  std::vector<steer::Rule> rules;  // pass rules first
};

struct LoopQueue : Queue {
  std::shared_ptr<Wire> rx, tx;
  uint64_t filtered = 0, chained = 0;
  std::atomic<uint32_t> reads{0};  // odd while its worker may hold the port's rules
};

struct LoopPort : Port {
  std::string device, peer;
  std::atomic<const LoopRules *> rules{nullptr};
  std::atomic<uint64_t> packets[steer::kRulesMax] = {}, bytes[steer::kRulesMax] = {};
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

// Held by a worker from before it loads the rules until it has done with them. Where there are none it costs one load.
class Reading {
 public:
  Reading(LoopPort *port, LoopQueue *queue) {
    if (!port->rules.load(std::memory_order_relaxed)) return;
    reads_ = &queue->reads;
    reads_->fetch_add(1, std::memory_order_seq_cst);  // seen before the load below: whoever replaces the rules waits then
    rules_ = port->rules.load(std::memory_order_seq_cst);
  }
  ~Reading() {
    if (reads_) reads_->fetch_add(1, std::memory_order_release);
  }
  Reading(const Reading &) = delete;
  Reading &operator=(const Reading &) = delete;
  const LoopRules *rules() const { return rules_; }

 private:
  std::atomic<uint32_t> *reads_ = nullptr;
  const LoopRules *rules_ = nullptr;
};

// Does the first rule that matches take the packet? It sees the first segment.
bool Takes(LoopPort *port, const LoopRules &rules, const uint8_t *packet, uint32_t length, uint32_t first) {
  for (const steer::Rule &rule : rules.rules) {
    if (!steer::MatchInterpreted(rule.filter, packet, length, first)) continue;
    port->packets[rule.slot].fetch_add(1, std::memory_order_relaxed);
    port->bytes[rule.slot].fetch_add(length, std::memory_order_relaxed);
    return !rule.pass;
  }
  return false;
}

// What to write instead of a name that would share an end of a wire with an open port.
Status WireTaken(const LoopPort &other, const std::string &device, const std::string &peer) {
  const char *o = other.device.c_str(), *d = device.c_str(), *p = peer.c_str();
  if (other.device == device) return Fail(kPortOpen, "loop:%s is open already in this process: open it once, with every queue it needs", d);
  if (other.device == peer)
    return Fail(kPortOpen, "loop:%s sends to itself, so loop:%s can't send to it: open it as loop:%s,peer=%s", o, d, o, d);
  if (device == peer)
    return Fail(kPortOpen, "loop:%s sends to %s, so loop:%s can't send to itself: open it as loop:%s,peer=%s", o, p, d, d, o);
  return Fail(kPortOpen, "%s sends to %s already, and a wire has one sender: give loop:%s another peer", other.name, p, d);
}

void Close(Port *);
Status SetRules(Port *, const RuleRequest *, uint32_t count);

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
      return Fail(kNoQueue, "%s has no queue %u: a loop port has at most %u", request.name, request.queues[i], k_queuesMax);
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
    return Fail(kNoMemory, "%s: memory for a wire of %u packets can't be had. `ulimit -v` shows the limit; else take fewer queues.",
                request.name, kWirePackets);
  }
  if (Status status = SetRules(port, request.rules, request.rule_count); !status) {
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

uint32_t Transmit(Queue *base, const Packets &p, uint32_t n) {
  Wire &wire = *static_cast<LoopQueue *>(base)->tx;
  const uint8_t *memory = TheArena()->memory;
  uint32_t written = wire.written.load(std::memory_order_relaxed);
  uint32_t room = kWirePackets - (written - wire.read.load(std::memory_order_acquire));
  if (n > room) n = room;
  for (uint32_t i = 0; i < n; i++) {
    uint32_t at = (written + i) % kWirePackets;
    if (Unsendable(base->port, p.length[i])) {
      n = i;
      break;
    }
    wire.length[at] = p.length[i];
    wire.more[at] = 0;
    memcpy(&wire.bytes[size_t(at) * wire.slot_bytes], memory + p.offset[i], p.length[i]);
  }
  wire.written.store(written + n, std::memory_order_release);
  return n;
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
  const Reading reading(port, queue);
  const LoopRules *rules = reading.rules();
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
  delete port->rules.load();
  delete port;
}

// Returns when no worker holds rules that it loaded before. A read is a few microseconds of native code, which nothing ends early.
void WaitForReaders(const LoopPort &port) {
  for (const Queue *queue : port.queues) {
    if (!queue) continue;
    const auto &reads = static_cast<const LoopQueue *>(queue)->reads;
    const uint32_t before = reads.load(std::memory_order_seq_cst);
    while (before % 2 && reads.load(std::memory_order_acquire) == before) sched_yield();
  }
}

Status SetRules(Port *base, const RuleRequest *requests, uint32_t count) {
  auto *port = static_cast<LoopPort *>(base);
  auto fresh = std::make_unique<LoopRules>();
  RXB_TRY(steer::CompileRules(requests, count, &fresh->rules));
  std::stable_sort(fresh->rules.begin(), fresh->rules.end(), [](const auto &a, const auto &b) { return a.pass > b.pass; });
  for (uint32_t i = 0; i < count; i++)
    if (requests[i].fresh) port->packets[requests[i].slot] = port->bytes[requests[i].slot] = 0;
  std::unique_ptr<const LoopRules> old(port->rules.exchange(count ? fresh.release() : nullptr, std::memory_order_seq_cst));
  WaitForReaders(*port);
  return {};
}

Status CountRule(Port *base, uint32_t slot, RuleCounts *counts) {
  auto *port = static_cast<LoopPort *>(base);
  *counts = {port->packets[slot % steer::kRulesMax], port->bytes[slot % steer::kRulesMax], 0};
  return {};
}

uint32_t TransmitSegments(Queue *base, const Packets &p, const uint8_t *more, uint32_t n) {
  Wire &wire = *static_cast<LoopQueue *>(base)->tx;
  const uint8_t *memory = TheArena()->memory;
  uint32_t written = wire.written.load(std::memory_order_relaxed), done = 0;
  uint32_t room = kWirePackets - (written - wire.read.load(std::memory_order_acquire));
  while (done < n) {
    uint32_t end = EndOfPacket(more, done, n);
    if (end > room || Unsendable(base->port, p.length + done, end - done)) break;
    for (; done < end; done++) {
      uint32_t at = (written + done) % kWirePackets;
      wire.length[at] = p.length[done];
      wire.more[at] = done + 1 < end;
      memcpy(&wire.bytes[size_t(at) * wire.slot_bytes], memory + p.offset[done], p.length[done]);
    }
  }
  wire.written.store(written + done, std::memory_order_release);
  return done;
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
    .set_rules = loop::SetRules,
    .count_rule = loop::CountRule,
    .transmit_segments = loop::TransmitSegments,
};

}  // namespace rxb
