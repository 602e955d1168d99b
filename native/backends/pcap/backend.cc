// pcap: a capture file as a port. pcap:FILE gives the file's packets, as often as loop= says, and writes what is sent
// to to=FILE. No privilege, and the same result each time.
#include <algorithm>

#include "port.h"

namespace rxb::pcap {

namespace {

constexpr uint32_t kEthernetHeader = 14;
constexpr uint32_t kPassesMax = 1'000'000'000;

// libpcap's words for a file that ends too early; all others are about what stands in it.
ErrorCode CodeOf(const char *error) { return strstr(error, "truncated") ? kCaptureCut : kCaptureFormat; }

Status OpenFile(const PcapPort &port, void **file) {
  char error[kErrorBytes] = "";
  *file = port.reader->open(port.from.c_str(), kNanoseconds, error);
  if (!*file) return Fail(CodeOf(error), "%s: it can't be read as a capture file: %s", port.name, error);
  int type = port.reader->datalink(*file);
  if (type == kEthernet) return {};
  const char *name = port.reader->datalink_name(type);
  port.reader->close(*file);
  *file = nullptr;
  return Fail(kNotSupported, "%s: a port wants Ethernet frames, and the link type of the file is %s", port.name,
              name ? name : "unknown");
}

void CloseFile(PcapQueue *queue) {
  if (queue->file) static_cast<PcapPort *>(queue->port)->reader->close(queue->file);
  queue->file = nullptr;
}

// It has to be a file: a worker can't wait for a pipe.
Status CheckSource(PcapPort *port) {
  struct stat found;
  const char *path = port->from.c_str();
  if (stat(path, &found)) return Fail(kBadArgument, "%s: %s can't be read: %s", port->name, path, strerror(errno));
  port->reads = port->from != "/dev/null";
  if (port->reads && !S_ISREG(found.st_mode))
    return Fail(kBadArgument, "%s: pcap: wants a file, and %s is not one. Write the packets to a file first",
                port->name, path);
  if (!port->reads) return {};
  void *file;
  RXB_TRY(OpenFile(*port, &file));
  port->reader->close(file);
  return {};
}

void Close(Port *);

Status Fill(const Arena *arena, const PortRequest &request, PcapPort *port) {
  snprintf(port->name, sizeof port->name, "%s", request.name);
  port->from = request.device;
  if (const char *to = FindOption(request.options, "to")) port->to = to;
  port->loop = NumberOption(request.options, "loop");
  RXB_TRY(LoadReader(&port->reader));
  RXB_TRY(CheckSource(port));
  if (!port->to.empty()) RXB_TRY(OpenTarget(port, request.name));
  port->queue_count = 1;
  port->frame_max = arena->frame_size - k_headroom;
  port->mtu = port->frame_max - kEthernetHeader;
  port->tx_copies = true;
  port->mode = Mode::kCopy;
  port->columns = kColumn_timestamp;
  port->timestamp_clock = "pcap";
  port->filtered_by = "libpcap";
  port->finite = true;
  return software_rules::SetRules(port, request.rules, request.rule_count);
}

Status Open(const Arena *arena, const PortRequest &request, Port **out) {
  for (uint32_t i = 0; request.queues && i < request.queue_count; i++)
    if (request.queues[i])
      return Fail(kNoQueue, "%s has no queue %u: a file has queue 0 only", request.name, request.queues[i]);
  auto *port = new PcapPort;
  if (Status status = Fill(arena, request, port); !status) {
    delete port;
    return status;
  }
  if (stamps.size() < arena->frame_count) stamps.resize(arena->frame_count);
  auto *queue = new PcapQueue;
  queue->port = port;
  port->queues[0] = queue;
  *out = port;
  return {};
}

Status Bind(Queue *base) {
  auto *queue = static_cast<PcapQueue *>(base);
  auto *port = static_cast<PcapPort *>(base->port);
  queue->filtered = queue->chained = queue->packets = 0;  // those of an earlier data plane
  queue->fault = kOk;
  queue->ended = !port->reads;
  queue->passes_left = port->loop ? port->loop - 1 : UINT64_MAX;
  if (port->reads) RXB_TRY(OpenFile(*port, &queue->file));
  Status status = BeginFile(queue);
  if (!status) CloseFile(queue);
  return status;
}

Status Attach(Port *) { return {}; }

// Begins the next pass, or ends. A file without a packet would be read for ever.
void FinishPass(PcapQueue *queue) {
  auto *port = static_cast<PcapPort *>(queue->port);
  CloseFile(queue);
  if (!queue->passes_left || !queue->packets) {
    queue->ended = true;
    return;
  }
  queue->passes_left--;
  if (Status status = OpenFile(*port, &queue->file); !status) {
    queue->fault = static_cast<ErrorCode>(status.code);
    queue->fault_value = static_cast<uint32_t>(queue->packets);
    queue->ended = true;
  }
}

// The next packet of the file, or false: there is none now.
bool Next(PcapQueue *queue, PacketHeader **header, const uint8_t **bytes) {
  const Reader &reader = *static_cast<PcapPort *>(queue->port)->reader;
  int found = reader.next(queue->file, header, bytes);
  if (found == kOnePacket) {
    queue->packets++;
    return true;
  }
  if (found != kEndOfFile) {
    queue->fault = CodeOf(reader.error(queue->file));
    queue->fault_value = static_cast<uint32_t>(queue->packets);
    queue->passes_left = 0;
  }
  FinishPass(queue);
  return false;
}

uint32_t Receive(Queue *base, Intake &p, uint32_t n) {
  auto *queue = static_cast<PcapQueue *>(base);
  auto *port = static_cast<PcapPort *>(base->port);
  queue->generation++;
  if (queue->ended) return 0;
  Arena *arena = TheArena();
  const RulesInUse in_use(port, queue);
  const SoftwareRules *rules = in_use.rules();
  uint32_t frames = queue->pool->ops->alloc(queue->pool, p.handle, n), got = 0;
  // Bounded also where every packet is filtered.
  for (uint32_t seen = 0; got < frames && seen < 4 * k_burstMax; seen++) {
    PacketHeader *header;
    const uint8_t *bytes;
    if (!Next(queue, &header, &bytes)) break;
    uint32_t captured = header->captured;
    last_ns = uint64_t(header->time.tv_sec) * 1'000'000'000 + uint64_t(header->time.tv_usec);
    if (rules && !Takes(port, *rules, bytes, header->length, captured)) {
      queue->filtered++;
      continue;
    }
    if (captured > port->frame_max) {
      queue->chained++;
      continue;
    }
    uint32_t frame = FrameOf(queue->pool, p.handle[got]);
    arena->state[frame] = kInBurst;
    p.offset[got] = arena->OffsetOf(frame) + k_headroom;
    p.length[got] = captured;
    memcpy(arena->memory + p.offset[got], bytes, captured);
    stamps[frame] = {queue, queue->generation, last_ns};
    if (base->wanted_columns & kColumn_timestamp) base->columns->timestamp[got] = static_cast<double>(last_ns);
    got++;
  }
  if (got < frames) queue->pool->ops->free(queue->pool, p.handle + got, frames - got);
  return got;
}

int Descriptor(const Queue *) { return -1; }

void LossesOf(Queue *base, uint64_t *values) {
  auto *queue = static_cast<PcapQueue *>(base);
  values[0] = queue->filtered;
  values[1] = queue->chained;
}

void Held(const Queue *, uint32_t *posted, uint32_t *received, uint32_t *queued) { *posted = *received = *queued = 0; }

void Detach(Port *) {}

void Unbind(Queue *base) {
  auto *queue = static_cast<PcapQueue *>(base);
  CloseFile(queue);
  EndFile(queue);
  queue->ended = false;
}

void Close(Port *base) {
  auto *port = static_cast<PcapPort *>(base);
  for (Stamp &stamp : stamps)
    if (stamp.by == port->queues[0]) stamp.by = nullptr;
  delete static_cast<PcapQueue *>(port->queues[0]);
  delete port;
}

constexpr OptionRow kOptions[] = {
    TextRow("to", "the file that packets sent to the port are written to; it is emptied first",
            "none: they are rejected"),
    NumberRow("loop", 0, kPassesMax, 1, "how often the file's packets are received; 0: without end"),
    {},
};
const char *const kLosses[] = {"filtered", "rx_chained", nullptr};

}  // namespace

}  // namespace rxb::pcap

namespace rxb {

extern const Backend kPcapBackend;
const Backend kPcapBackend = {
    .abi = kBackendAbi,
    .name = "pcap",
    .options = pcap::kOptions,
    .losses = pcap::kLosses,
    .open = pcap::Open,
    .bind = pcap::Bind,
    .attach = pcap::Attach,
    .transmit = pcap::Transmit,
    .receive = pcap::Receive,
    .descriptor = pcap::Descriptor,
    .losses_of = pcap::LossesOf,
    .held = pcap::Held,
    .detach = pcap::Detach,
    .unbind = pcap::Unbind,
    .close = pcap::Close,
    .set_rules = software_rules::SetRules,
    .count_rule = software_rules::CountRule,
};

}  // namespace rxb
