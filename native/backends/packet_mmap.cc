// packet: PACKET_MMAP. Packets are read where the kernel wrote them, in a TPACKET_V3 ring that lies in the arena;
// sending copies into a TPACKET_V2 ring outside it. The kernel keeps its copy of every packet. Layout and rules of the
// rings: Documentation/networking/packet_mmap.rst and the structs in <linux/if_packet.h>.
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include <memory>

#include "../core/memory/ring_space.h"
#include "packet_socket.h"

namespace rxb::packet_mmap {

namespace {

constexpr uint32_t kTxSlots = 512, kTxBlockBytes = 64 << 10;
constexpr uint32_t kTxData = TPACKET2_HDRLEN - sizeof(sockaddr_ll);  // where the kernel looks for the packet in a slot

struct MmapPort : PacketPort {
  uint32_t block_bytes, ring_bytes, block_timeout_ms;
};

struct MmapQueue : PacketQueue {
  uint8_t *ring = nullptr;  // in the arena: whatever stands there may be a lie
  uint32_t block_bytes = 0, blocks = 0;
  uint32_t current = 0;              // the block being read, or waited for
  uint32_t left = 0;                 // packets of it that were not taken yet
  uint32_t at = 0;                   // where the next one's header stands in it
  std::unique_ptr<uint32_t[]> lent;  // per block, packets that release() has to bring back
  uint64_t bad_headers = 0;          // packets lost because a header in the ring was overwritten
  int tx_fd = -1;
  uint8_t *tx = nullptr;
  uint32_t tx_slot_bytes = 0, tx_next = 0;
};

uint32_t PowerOfTwoFrom(uint32_t value) {
  uint32_t power = 1;
  while (power < value) power *= 2;
  return power;
}

Status Configure(const PortRequest &request, MmapPort *port) {
  RXB_TRY(PreparePort(request, port));
  port->outgoing = FlagOption(request.options, "outgoing");
  static uint32_t marks = 0;  // under the registry's lock
  port->mark = 0x72786200u ^ static_cast<uint32_t>(getpid()) << 8 ^ marks++;
  port->block_bytes = NumberOption(request.options, "blockBytes");
  port->ring_bytes = NumberOption(request.options, "ringBytes");
  port->block_timeout_ms = NumberOption(request.options, "blockTimeoutMs");
  if (const uint32_t least = PowerOfTwoFrom(port->frame_max + 256); port->block_bytes < least)
    return Fail(kBadOption, "%s: option blockBytes wants %u or more for frames of %u bytes, not %u", request.name,
                least, port->frame_max, port->block_bytes);
  if (port->ring_bytes % port->block_bytes || port->ring_bytes < 2 * port->block_bytes)
    return Fail(kBadOption, "%s: option ringBytes wants two blocks of %u bytes or more, and whole ones; %u is not that",
                request.name, port->block_bytes, port->ring_bytes);
  return {};
}

void Close(Port *);

Status Open(const Arena *, const PortRequest &request, Port **out) {
  auto *port = new MmapPort;
  if (Status status = Configure(request, port); !status) {
    Close(port);
    return status;
  }
  port->columns = kColumn_hash | kColumn_vlan | kColumn_timestamp | kColumn_checksum;
  port->borrowed = true;
  uint32_t indices[k_queuesMax], count = QueuesWanted(request, *port, indices);
  for (uint32_t i = 0; i < count; i++) {
    auto *queue = new MmapQueue;
    queue->port = port;
    queue->index = indices[i];
    port->queues[queue->index] = queue;
  }
  *out = port;
  return {};
}

Status SetVersion(int fd, int version) {
  return setsockopt(fd, SOL_PACKET, PACKET_VERSION, &version, sizeof version) ? FailErrno("setting PACKET_VERSION")
                                                                              : Status{};
}

Status OpenReceiveRing(MmapPort *port, MmapQueue *queue) {
  RXB_TRY(SetVersion(queue->fd, TPACKET_V3));
  // The kernel aligns the byte behind the Ethernet header to 16. Two bytes more, and packets begin on a multiple of
  // four.
  uint32_t reserve = 2;
  if (setsockopt(queue->fd, SOL_PACKET, PACKET_RESERVE, &reserve, sizeof reserve))
    return FailErrno("setting PACKET_RESERVE");
  tpacket_req3 wanted{};
  wanted.tp_block_size = port->block_bytes;
  wanted.tp_block_nr = port->ring_bytes / port->block_bytes;
  wanted.tp_frame_size = 2048;  // only has to divide the block: V3 packs packets by their own length
  wanted.tp_frame_nr = port->ring_bytes / wanted.tp_frame_size;
  wanted.tp_retire_blk_tov = port->block_timeout_ms;
  if (queue->wanted_columns & kColumn_hash) wanted.tp_feature_req_word = TP_FT_REQ_FILL_RXHASH;
  if (setsockopt(queue->fd, SOL_PACKET, PACKET_RX_RING, &wanted, sizeof wanted))
    return errno == ENOMEM
               ? Fail(kNoMemory, "%s: the kernel has no %u KiB for a receive ring; ask for less with ringBytes",
                      port->name, port->ring_bytes >> 10)
               : FailErrno("setting PACKET_RX_RING");
  queue->ring = TakeRingSpace(port->ring_bytes);
  if (!queue->ring)
    return Fail(kNoMemory,
                "%s: the arena has no %u KiB left for a receive ring; ask for less with ringBytes, or for fewer queues",
                port->name, port->ring_bytes >> 10);
  if (mmap(queue->ring, port->ring_bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED, queue->fd, 0) == MAP_FAILED)
    return FailErrno("mapping a receive ring into the arena");
  madvise(queue->ring, port->ring_bytes, MADV_DONTFORK);
  queue->block_bytes = port->block_bytes;
  queue->blocks = wanted.tp_block_nr;
  queue->current = queue->left = 0;
  queue->lent.reset(new uint32_t[queue->blocks]());
  return {};
}

// On a socket of its own: one with both rings would have to be mapped as a whole, within reach of JavaScript.
Status OpenSendRing(MmapPort *port, MmapQueue *queue) {
  RXB_TRY(OpenSocket(port, &queue->tx_fd));
  // The kernel shows a socket what every other socket sends, so each queue of the port has to know what the others
  // send.
  if (port->outgoing)
    RXB_TRY(SetOption(port, queue->tx_fd, SOL_SOCKET, SO_MARK, port->mark, "SO_MARK (option outgoing)"));
  RXB_TRY(SetVersion(queue->tx_fd, TPACKET_V2));
  queue->tx_slot_bytes = PowerOfTwoFrom(kTxData + port->frame_max + kTagBytes);
  tpacket_req wanted{};
  wanted.tp_block_size = kTxBlockBytes;
  wanted.tp_frame_size = queue->tx_slot_bytes;
  wanted.tp_frame_nr = kTxSlots;
  wanted.tp_block_nr = kTxSlots * queue->tx_slot_bytes / kTxBlockBytes;
  if (setsockopt(queue->tx_fd, SOL_PACKET, PACKET_TX_RING, &wanted, sizeof wanted))
    return FailErrno("setting PACKET_TX_RING");
  void *at = mmap(nullptr, kTxSlots * queue->tx_slot_bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE,
                  queue->tx_fd, 0);
  if (at == MAP_FAILED) return FailErrno("mapping a send ring");
  queue->tx = static_cast<uint8_t *>(at);
  madvise(queue->tx, kTxSlots * queue->tx_slot_bytes, MADV_DONTFORK);
  queue->tx_next = 0;
  return {};
}

void CloseRings(MmapPort *port, MmapQueue *queue) {
  if (queue->tx) munmap(queue->tx, kTxSlots * queue->tx_slot_bytes);
  queue->tx = nullptr;
  if (queue->tx_fd >= 0) close(queue->tx_fd);
  queue->tx_fd = -1;
  if (queue->ring) GiveRingSpaceBack(queue->ring, port->ring_bytes);  // zero pages take its place
  queue->ring = nullptr;
  CloseSocket(port, queue);
}

Status OpenMmapQueue(MmapPort *port, MmapQueue *queue) {
  RXB_TRY(OpenSocket(port, &queue->fd));
  RXB_TRY(OpenReceiveRing(port, queue));
  RXB_TRY(OpenSendRing(port, queue));
  return Enlist(port, queue);
}

Status Bind(Queue *base) {
  auto *port = static_cast<MmapPort *>(base->port);
  auto *queue = static_cast<MmapQueue *>(base);
  ClearCounts(queue);
  queue->bad_headers = 0;
  Status status = OpenMmapQueue(port, queue);
  if (!status) CloseRings(port, queue);
  return status;
}

Status Attach(Port *port) { return JoinAll(static_cast<PacketPort *>(port)); }

tpacket2_hdr *SlotAt(MmapQueue *queue, uint32_t index) {
  return reinterpret_cast<tpacket2_hdr *>(queue->tx + (index % kTxSlots) * queue->tx_slot_bytes);
}

uint32_t StatusOf(const tpacket2_hdr *slot) { return __atomic_load_n(&slot->tp_status, __ATOMIC_ACQUIRE); }

uint32_t Transmit(Queue *base, const Packets &p, uint32_t n) {
  auto *port = static_cast<MmapPort *>(base->port);
  auto *queue = static_cast<MmapQueue *>(base);
  const uint8_t *memory = TheArena()->memory;
  uint32_t filled = 0;
  for (; filled < n; filled++) {
    tpacket2_hdr *slot = SlotAt(queue, queue->tx_next + filled);
    const uint8_t *packet = memory + p.offset[filled];
    if (StatusOf(slot) != TP_STATUS_AVAILABLE || !FitsDevice(*port, packet, p.length[filled])) break;
    memcpy(reinterpret_cast<uint8_t *>(slot) + kTxData, packet, p.length[filled]);
    slot->tp_len = p.length[filled];
    __atomic_store_n(&slot->tp_status, TP_STATUS_SEND_REQUEST, __ATOMIC_RELEASE);
  }
  if (!filled) return 0;
  // The kernel reads the ring in this call only, so what it left there (link down, no buffer) can be taken back.
  if (send(queue->tx_fd, nullptr, 0, MSG_DONTWAIT) < 0)
    for (; filled; filled--) {
      tpacket2_hdr *slot = SlotAt(queue, queue->tx_next + filled - 1);
      uint32_t status = StatusOf(slot);
      if (status != TP_STATUS_SEND_REQUEST && status != TP_STATUS_WRONG_FORMAT) break;
      __atomic_store_n(&slot->tp_status, TP_STATUS_AVAILABLE, __ATOMIC_RELEASE);
    }
  queue->tx_next += filled;
  queue->copied += filled;
  return filled;
}

tpacket_block_desc *BlockAt(MmapQueue *queue, uint32_t index) {
  return reinterpret_cast<tpacket_block_desc *>(queue->ring + size_t(index) * queue->block_bytes);
}

void GiveBlockBack(MmapQueue *queue, uint32_t index) {
  __atomic_store_n(&BlockAt(queue, index)->hdr.bh1.block_status, TP_STATUS_KERNEL, __ATOMIC_RELEASE);
}

// Goes on to the next block; this one returns to the kernel once nobody holds a packet of it.
void LeaveBlock(MmapQueue *queue) {
  uint32_t done = queue->current;
  queue->left = 0;
  queue->current = done + 1 == queue->blocks ? 0 : done + 1;
  if (!queue->lent[done]) GiveBlockBack(queue, done);
}

bool HeaderFits(const MmapQueue *queue, uint32_t at) {
  return !(at % alignof(tpacket3_hdr)) && at <= queue->block_bytes - sizeof(tpacket3_hdr);
}

template<typename T>
T LoadOnce(const T &word) {
  return __atomic_load_n(&word, __ATOMIC_RELAXED);
}

// Is there a block to read? From here on its packets are counted by us alone.
bool EnterBlock(MmapQueue *queue) {
  if (queue->lent[queue->current]) return false;  // once round, and packets of the last time are still out
  const tpacket_hdr_v1 &block = BlockAt(queue, queue->current)->hdr.bh1;
  if (!(__atomic_load_n(&block.block_status, __ATOMIC_ACQUIRE) & TP_STATUS_USER)) return false;
  uint32_t packets = LoadOnce(block.num_pkts), at = LoadOnce(block.offset_to_first_pkt),
           most = queue->block_bytes / sizeof(tpacket3_hdr);
  queue->left = packets < most ? packets : most;
  queue->at = at;
  if (queue->left && !HeaderFits(queue, at)) {
    queue->bad_headers += queue->left;
    queue->left = 0;
  }
  if (!queue->left) LeaveBlock(queue);
  return true;
}

__attribute__((noinline)) void FillColumns(MmapQueue *queue, const tpacket3_hdr &header, uint32_t status, uint32_t i) {
  SlotColumns &columns = *queue->columns;
  columns.vlan[i] = kUnset;
  columns.hash[i] = LoadOnce(header.hv1.tp_rxhash);
  columns.checksum[i] = ChecksumState(status);
  int64_t at = LoadOnce(header.tp_sec) * 1'000'000'000LL + LoadOnce(header.tp_nsec);
  columns.timestamp[i] = static_cast<double>(at + queue->to_monotonic);
}

// Takes the packet at the reading position. False: it is not there, or can't be used; nothing was lent then.
bool TakePacket(MmapQueue *queue, const Packets &p, uint32_t i) {
  uint8_t *at = queue->ring + size_t(queue->current) * queue->block_bytes + queue->at;
  const auto &header = *reinterpret_cast<const tpacket3_hdr *>(at);
  uint32_t next = LoadOnce(header.tp_next_offset), length = LoadOnce(header.tp_snaplen),
           whole = LoadOnce(header.tp_len);
  uint32_t mac = LoadOnce(header.tp_mac), status = LoadOnce(header.tp_status), room = queue->block_bytes - queue->at;
  bool usable = mac >= sizeof header + kTagBytes && mac <= room && length >= kEthernetBytes && length <= room - mac;
  bool cut = length < whole || length > TheArena()->frame_size - k_headroom;
  if (usable && !cut) {
    uint8_t *packet = at + mac;
    if (__builtin_expect(queue->wanted_columns, 0)) FillColumns(queue, header, status, i);
    if (__builtin_expect(status & TP_STATUS_VLAN_VALID, 0)) {
      uint32_t grew =
          PlaceTag(queue, i, packet, status, LoadOnce(header.hv1.tp_vlan_tpid), LoadOnce(header.hv1.tp_vlan_tci));
      packet -= grew;
      length += grew;
    }
    p.handle[i] = queue->current;
    p.offset[i] = static_cast<uint32_t>(packet - TheArena()->memory);
    p.length[i] = length;
    queue->lent[queue->current]++;
  } else if (usable) {
    queue->truncated++;
  } else {
    queue->bad_headers++;
  }
  queue->left--;
  if (queue->left && (next < sizeof header || next > room || !HeaderFits(queue, queue->at + next))) {
    queue->bad_headers += queue->left;
    queue->left = 0;
  }
  queue->at += next;
  __builtin_prefetch(at + next);
  if (!queue->left) LeaveBlock(queue);
  return usable && !cut;
}

uint32_t Receive(Queue *base, Intake &p, uint32_t n) {
  auto *queue = static_cast<MmapQueue *>(base);
  if (__builtin_expect(queue->wanted_columns & kColumn_timestamp, 0)) FollowClock(queue);
  uint32_t taken = 0, blocks = 0;
  while (taken < n) {
    if (!queue->left && (blocks++ == queue->blocks || !EnterBlock(queue))) break;
    while (queue->left && taken < n) taken += TakePacket(queue, p, taken);
  }
  return taken;
}

void Release(Queue *base, const uint64_t *handles, uint32_t n) {
  auto *queue = static_cast<MmapQueue *>(base);
  for (uint32_t i = 0; i < n; i++) {
    auto block = static_cast<uint32_t>(handles[i]);
    if (--queue->lent[block] == 0 && !(queue->left && block == queue->current)) GiveBlockBack(queue, block);
  }
}

int Descriptor(const Queue *queue) { return static_cast<const MmapQueue *>(queue)->fd; }

void LossesOf(Queue *base, uint64_t *values) {
  auto *queue = static_cast<MmapQueue *>(base);
  ReadStatistics(queue);
  values[0] = queue->drops;
  values[1] = queue->freezes;
  values[2] = queue->truncated;
  values[3] = queue->bad_headers;
}

void Held(const Queue *, uint32_t *posted, uint32_t *received, uint32_t *queued) { *posted = *received = *queued = 0; }

void Detach(Port *port) { LeaveAll(static_cast<PacketPort *>(port)); }

void Unbind(Queue *base) { CloseRings(static_cast<MmapPort *>(base->port), static_cast<MmapQueue *>(base)); }

void Close(Port *base) {
  auto *port = static_cast<MmapPort *>(base);
  for (Queue *queue : port->queues) delete static_cast<MmapQueue *>(queue);
  delete port;
}

// Nothing is lent by now: the core waits until no burst of the queue is in front of the handler.
Status Rebind(Queue *base) {
  auto *port = static_cast<MmapPort *>(base->port);
  auto *queue = static_cast<MmapQueue *>(base);
  ReadStatistics(queue);
  CloseRings(port, queue);
  Status status = port->lost ? Status{} : OpenMmapQueue(port, queue);
  if (!status) CloseRings(port, queue);
  return status;
}

constexpr OptionRow kOptions[] = {
    kFanoutRow,
    kQdiscBypassRow,
    kPromiscuousRow,
    FlagRow("outgoing", false, "see what the machine sends on the interface too, but for what the port itself sends"),
    PowerOfTwoRow("blockBytes", 4096, 4 << 20, 64 << 10, "bytes that the kernel hands over at once"),
    NumberRow("ringBytes", 8192, 1 << 30, 4 << 20, "receive ring of one queue, bytes: whole blocks, two or more"),
    NumberRow("blockTimeoutMs", 1, 1000, 1, "when the kernel hands over a block that is not full, milliseconds"),
    {},
};
const char *const kLosses[] = {"tp_drops", "tp_freeze_q_cnt", "rx_truncated", "rx_bad_header", nullptr};

}  // namespace

}  // namespace rxb::packet_mmap

namespace rxb {

extern const Backend kPacketBackend;
const Backend kPacketBackend = {
    .abi = kBackendAbi,
    .name = "packet",
    .options = packet_mmap::kOptions,
    .losses = packet_mmap::kLosses,
    .open = packet_mmap::Open,
    .bind = packet_mmap::Bind,
    .attach = packet_mmap::Attach,
    .transmit = packet_mmap::Transmit,
    .receive = packet_mmap::Receive,
    .release = packet_mmap::Release,
    .descriptor = packet_mmap::Descriptor,
    .losses_of = packet_mmap::LossesOf,
    .held = packet_mmap::Held,
    .detach = packet_mmap::Detach,
    .unbind = packet_mmap::Unbind,
    .close = packet_mmap::Close,
    .describe = packet_socket::Describe,
    .set_rules = packet_socket::SetRules,
    .loss = packet_socket::Loss,
    .reopen = packet_socket::Reopen,
    .rebind = packet_mmap::Rebind,
};

}  // namespace rxb
