// What happens per packet: mbufs to columns and back.
#include <rte_ethdev.h>
#include <rte_mbuf.h>
#include <rte_mbuf_dyn.h>
#include <rte_prefetch.h>

#include "../port.h"

namespace rxb::dpdk {

int timestamp_offset = -1;
uint64_t timestamp_flag = 0;

namespace {

constexpr uint32_t kTransmitMax = 2 * k_burstMax;  // the core's batches are no longer

#define DPDK_UNLIKELY(x) __builtin_expect(!!(x), 0)

// A worker tells that it is in a driver's burst function by a plain store; whoever stops the device makes the store and
// the load of its flag be seen in order by membarrier(), so that the many bursts pay nothing for the one stop.
inline bool Enter(DpdkQueue *q, const std::atomic<bool> *open) {
  q->inside.store(true, std::memory_order_relaxed);
  std::atomic_signal_fence(std::memory_order_seq_cst);
  if (__builtin_expect(open->load(std::memory_order_relaxed), 1)) return true;
  q->inside.store(false, std::memory_order_release);
  return false;
}

inline void Leave(DpdkQueue *q) { q->inside.store(false, std::memory_order_release); }

// Four packets at a time in a vector, which is stored twice: a second pass over what single stores have written would
// have to wait for them. 16 bits are read with their neighbours and masked, for that is one instruction less.
using Four = uint32_t __attribute__((vector_size(16)));
static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "the low half of a word comes first");
inline void Store(uint32_t *to, const Four &four) { memcpy(to, &four, sizeof four); }

template<typename Field>
inline uint32_t Word(const Field &field) {
  uint32_t word;
  memcpy(&word, &field, sizeof word);
  return word;
}

// Fills offset and length and shows them, with the lengths' bits and sum. False when a packet of several segments is
// among them.
template<bool kPrefetch>
inline bool FillColumns(const DpdkQueue *q, rte_mbuf *const *mbufs, Intake &p, uint32_t n) {
  const Arena *arena = q->arena;
  const auto memory = static_cast<uint32_t>(reinterpret_cast<uintptr_t>(arena->memory));
  uint32_t *__restrict offset = p.offset, *__restrict length = p.length;
  uint32_t *__restrict to_offset = q->columns->offset, *__restrict to_length = q->columns->length;
  Four bits{}, bytes{}, chained{};
  size_t i = 0;
  for (; i + 4 <= n; i += 4) {
    const rte_mbuf *a = mbufs[i], *b = mbufs[i + 1], *c = mbufs[i + 2], *d = mbufs[i + 3];
    const Four buffers{Word(a->buf_addr), Word(b->buf_addr), Word(c->buf_addr), Word(d->buf_addr)};
    const Four starts{Word(a->data_off), Word(b->data_off), Word(c->data_off), Word(d->data_off)};
    const Four segments{Word(a->data_len), Word(b->data_len), Word(c->data_len), Word(d->data_len)};
    const Four packets{a->pkt_len, b->pkt_len, c->pkt_len, d->pkt_len};
    const Four offsets = buffers - memory + (starts & 0xffff), lengths = segments & 0xffff;
    chained |= packets ^ lengths;
    bits |= lengths;
    bytes += lengths;
    Store(offset + i, offsets);
    Store(to_offset + i, offsets);
    Store(length + i, lengths);
    Store(to_length + i, lengths);
    if (kPrefetch)
      for (uint32_t k = 0; k < 4; k++) rte_prefetch0(arena->memory + offsets[k]);
  }
  for (; i < n; i++) {
    const rte_mbuf *m = mbufs[i];
    chained[0] |= m->pkt_len ^ m->data_len;
    bits[0] |= m->data_len;
    bytes[0] += m->data_len;
    offset[i] = to_offset[i] = Word(m->buf_addr) - memory + m->data_off;
    length[i] = to_length[i] = m->data_len;
    if (kPrefetch) rte_prefetch0(arena->memory + offset[i]);
  }
  p.published = true;
  p.bits = bits[0] | bits[1] | bits[2] | bits[3];
  p.bytes = bytes[0] + bytes[1] + bytes[2] + bytes[3];
  return !(chained[0] | chained[1] | chained[2] | chained[3]);
}

// Takes out packets of several segments: they are longer than a frame.
__attribute__((cold, noinline)) uint32_t DropChains(DpdkQueue *q, rte_mbuf **mbufs, uint32_t n) {
  uint32_t kept = 0;
  for (uint32_t i = 0; i < n; i++) {
    if (mbufs[i]->nb_segs == 1) {
      mbufs[kept++] = mbufs[i];
    } else {
      q->chained++;
      FreeForeign(mbufs[i]);
    }
  }
  return kept;
}

// A packet that another worker sent by reference, copied into frames of ours; null when there are none for it.
rte_mbuf *Adopt(DpdkQueue *q, MbufPool *pool, rte_mbuf *packet) {
  rte_mbuf *head = nullptr, **tail = &head;
  for (const rte_mbuf *m = packet; m; m = m->next) {
    rte_mbuf *copy = rte_pktmbuf_alloc(pool->mempool);
    if (copy && copy->data_off + m->data_len > copy->buf_len) copy->data_off = 0;
    if (!copy || m->data_len > copy->buf_len) {
      rte_pktmbuf_free(copy);
      rte_pktmbuf_free(head);
      head = nullptr;
      q->nocopy++;
      break;
    }
    copy->data_len = m->data_len;
    memcpy(rte_pktmbuf_mtod(copy, void *), rte_pktmbuf_mtod(m, void *), m->data_len);
    *tail = copy;
    tail = &copy->next;
  }
  if (head) {
    head->pkt_len = packet->pkt_len;
    head->nb_segs = packet->nb_segs;
    head->ol_flags |= packet->ol_flags & ~uint64_t(RTE_MBUF_F_EXTERNAL | RTE_MBUF_F_INDIRECT);
    head->hash = packet->hash;
    head->vlan_tci = packet->vlan_tci;
    q->copied++;
  }
  FreeForeign(packet);
  return head;
}

// The same for a burst of packets of one segment each; chains among them are dropped.
__attribute__((noinline)) uint32_t AdoptAll(DpdkQueue *q, MbufPool *pool, rte_mbuf **mbufs, uint32_t n) {
  uint32_t kept = 0;
  for (uint32_t i = 0; i < n; i++) {
    rte_mbuf *m = mbufs[i];
    if (m->pool == pool->mempool) {
      mbufs[kept++] = m;
    } else if (m->nb_segs > 1) {
      q->chained++;
      FreeForeign(m);
    } else if (rte_mbuf *copy = Adopt(q, pool, m)) {
      mbufs[kept++] = copy;
    }
  }
  return kept;
}

__attribute__((noinline)) void FillExtra(DpdkQueue *q, rte_mbuf **mbufs, uint32_t from, uint32_t n) {
  SlotColumns &c = *q->columns;
  for (uint32_t i = 0; i < n; i++) {
    const rte_mbuf *m = mbufs[i];
    uint64_t flags = m->ol_flags;
    uint32_t at = from + i;
    if (q->wanted_columns & kColumn_hash) c.hash[at] = flags & RTE_MBUF_F_RX_RSS_HASH ? m->hash.rss : 0;
    if (q->wanted_columns & kColumn_vlan) c.vlan[at] = flags & RTE_MBUF_F_RX_VLAN_STRIPPED ? m->vlan_tci : 0xffffffff;
    if (q->wanted_columns & kColumn_mark) c.mark[at] = flags & RTE_MBUF_F_RX_FDIR_ID ? m->hash.fdir.hi : 0;
    if (q->wanted_columns & kColumn_timestamp)
      c.timestamp[at] =
          flags & timestamp_flag
              ? static_cast<double>(*RTE_MBUF_DYNFIELD(m, timestamp_offset, rte_mbuf_timestamp_t *)) * q->timestamp_ns
              : 0;
    if (q->wanted_columns & kColumn_checksum) {
      uint64_t ip = flags & RTE_MBUF_F_RX_IP_CKSUM_MASK, l4 = flags & RTE_MBUF_F_RX_L4_CKSUM_MASK;
      bool bad = ip == RTE_MBUF_F_RX_IP_CKSUM_BAD || l4 == RTE_MBUF_F_RX_L4_CKSUM_BAD;
      bool partial = l4 == RTE_MBUF_F_RX_L4_CKSUM_NONE, good = l4 == RTE_MBUF_F_RX_L4_CKSUM_GOOD;
      c.checksum[at] = bad ? 2 : partial ? 3 : good ? 1 : 0;
    }
  }
}

// Only what the rules take, while there are any.
inline uint32_t TakeByRules(DpdkQueue *q, rte_mbuf **mbufs, uint32_t n) {
  const RuleSet *rules = q->filter->now.load(std::memory_order_acquire);
  if (!DPDK_UNLIKELY(rules)) return n;
  uint32_t kept = FilterPackets(q->filter, *rules, mbufs, n);
  q->filtered += n - kept;
  return kept;
}

// The driver's memory is its own: every packet is copied once into a frame of the worker's pool, whatever kind that is.
__attribute__((noinline)) uint32_t ReceiveCopies(DpdkQueue *q, const Packets &p, uint32_t n) {
  rte_mbuf *mbufs[k_burstMax];
  n = rte_eth_rx_burst(q->port_id, q->queue_id, mbufs, static_cast<uint16_t>(n));
  if (n) n = TakeByRules(q, mbufs, n);
  if (!n) return 0;
  const Arena &arena = *q->arena;
  uint32_t got = q->pool->ops->alloc(q->pool, p.handle, n), done = 0;
  for (uint32_t i = 0; i < n; i++) {
    rte_mbuf *m = mbufs[i];
    uint32_t length = m->pkt_len;
    if (length > arena.frame_size || done == got) {
      length > arena.frame_size ? q->chained++ : q->nocopy++;
    } else {
      uint32_t frame = FrameOf(q->pool, p.handle[done]),
               headroom = length + k_headroom <= arena.frame_size ? uint32_t(k_headroom) : 0;
      uint8_t *to = arena.memory + arena.OffsetOf(frame) + headroom;
      const void *from = rte_pktmbuf_read(m, 0, length, to);  // copies only what lies in several segments
      if (from != to) memcpy(to, from, length);
      arena.state[frame] = kInBurst;
      p.offset[done] = arena.OffsetOf(frame) + headroom;
      p.length[done] = length;
      if (!q->pool->core) PointAt(q->arena, reinterpret_cast<rte_mbuf *>(p.handle[done]), p.offset[done], length);
      if (q->wanted_columns) FillExtra(q, &m, done, 1);
      done++;
    }
  }
  if (done < got) q->pool->ops->free(q->pool, p.handle + done, got - done);
  for (uint32_t i = 0; i < n; i++) rte_pktmbuf_free(mbufs[i]);
  q->copied += done;
  return done;
}

// Whether the device takes packet i. A kernel interface has four bytes of room more for one 802.1Q tag.
inline bool Fits(const DpdkQueue *q, const Packets &p, uint32_t i) {
  uint32_t length = p.length[i], most = q->port->frame_max;
  if (__builtin_expect(!Unsendable(q->port, length), 1)) return true;
  const uint8_t *packet = q->arena->memory + p.offset[i];
  return length > most && length <= most + q->tag_room && packet[12] == 0x81 && packet[13] == 0;
}

__attribute__((noinline)) uint32_t TransmitCopies(DpdkQueue *q, const Packets &p, uint32_t n) {
  rte_mbuf *mbufs[kTransmitMax];
  uint32_t ready = 0, sent = 0;
  if (n > kTransmitMax) n = kTransmitMax;
  while (ready < n && Fits(q, p, ready) && (mbufs[ready] = rte_pktmbuf_alloc(q->own))) {
    rte_mbuf *m = mbufs[ready];
    m->data_len = static_cast<uint16_t>(p.length[ready]);
    m->pkt_len = p.length[ready];
    memcpy(rte_pktmbuf_mtod(m, void *), q->arena->memory + p.offset[ready], p.length[ready]);
    ready++;
  }
  if (ready) sent = rte_eth_tx_burst(q->port_id, q->queue_id, mbufs, static_cast<uint16_t>(ready));
  for (uint32_t i = sent; i < ready; i++) rte_pktmbuf_free(mbufs[i]);
  q->copied += sent;
  return sent;
}

inline uint32_t ReceiveShared(DpdkQueue *q, Intake &p, uint32_t n) {
  auto **mbufs = reinterpret_cast<rte_mbuf **>(p.handle);
  auto *pool = static_cast<MbufPool *>(q->pool);
  n = rte_eth_rx_burst(q->port_id, q->queue_id, mbufs, static_cast<uint16_t>(n));
  if (n) n = TakeByRules(q, mbufs, n);
  if (!n) return 0;
  if (DPDK_UNLIKELY(q->by_reference)) n = AdoptAll(q, pool, mbufs, n);
  bool single = q->prefetch ? FillColumns<true>(q, mbufs, p, n) : FillColumns<false>(q, mbufs, p, n);
  if (DPDK_UNLIKELY(!single)) {
    n = DropChains(q, mbufs, n);
    FillColumns<false>(q, mbufs, p, n);
  }
  if (DPDK_UNLIKELY(q->wanted_columns)) FillExtra(q, mbufs, 0, n);
  pool->in_core += n;
  return n;
}

// Takes a packet apart from entry `at` on: each segment becomes an mbuf that stands alone. Returns how many they are.
uint32_t TakeApart(DpdkQueue *q, rte_mbuf *m, const Packets &p, uint32_t at) {
  if (DPDK_UNLIKELY(m->nb_segs > k_segmentsMax)) {
    q->chained++;
    FreeForeign(m);
    return 0;
  }
  auto *pool = static_cast<MbufPool *>(q->pool);
  if (DPDK_UNLIKELY(q->by_reference && m->pool != pool->mempool) && !(m = Adopt(q, pool, m))) return 0;
  if (DPDK_UNLIKELY(q->wanted_columns)) FillExtra(q, &m, at, 1);
  auto memory = reinterpret_cast<uintptr_t>(q->arena->memory);
  uint32_t segments = 0;
  for (rte_mbuf *next; m; m = next, segments++) {
    next = m->next;
    m->next = nullptr;
    m->nb_segs = 1;
    p.handle[at + segments] = reinterpret_cast<uint64_t>(m);
    p.offset[at + segments] = static_cast<uint32_t>(reinterpret_cast<uintptr_t>(m->buf_addr) - memory) + m->data_off;
    p.length[at + segments] = m->data_len;
    q->more[at + segments] = next != nullptr;
  }
  return segments;
}

// No more packets at a time than there is room for should each have as many segments as it may.
__attribute__((noinline)) uint32_t ReceiveSegments(DpdkQueue *q, const Packets &p, uint32_t n) {
  uint32_t got = 0;
  while (n) {
    rte_mbuf *mbufs[k_burstMax / k_segmentsMax];
    uint32_t room = (k_burstMax - got) / k_segmentsMax, wanted = n < room ? n : room;
    if (!wanted) break;
    uint32_t came = rte_eth_rx_burst(q->port_id, q->queue_id, mbufs, static_cast<uint16_t>(wanted));
    uint32_t taken = came ? TakeByRules(q, mbufs, came) : 0;
    for (uint32_t i = 0; i < taken; i++) got += TakeApart(q, mbufs[i], p, got);
    if (came < wanted) break;
    n -= came;
  }
  static_cast<MbufPool *>(q->pool)->in_core += got;
  return got;
}

// How many of them, from the first on, the device takes. Packets as a receive() handed them out are no shorter than a
// header.
inline uint32_t Sendable(const DpdkQueue *q, const Packets &p, uint32_t n) {
  if (__builtin_expect(p.bits <= q->port->frame_max, 1)) return n;
  for (uint32_t i = 0; i < n; i++)
    if (!Fits(q, p, i)) return i;
  return n;
}

// The same for packets that the program has made, moved or resized: their mbufs learn of it.
inline uint32_t PointAtSendable(const DpdkQueue *q, const Packets &p, uint32_t n) {
  auto **mbufs = reinterpret_cast<rte_mbuf **>(p.handle);
  for (uint32_t i = 0; i < n; i++) {
    if (!Fits(q, p, i)) return i;
    PointAt(q->arena, mbufs[i], p.offset[i], p.length[i]);
  }
  return n;
}

inline uint32_t TransmitShared(DpdkQueue *q, const Packets &p, uint32_t n) {
  auto **mbufs = reinterpret_cast<rte_mbuf **>(p.handle);
  n = DPDK_UNLIKELY(p.moved) ? PointAtSendable(q, p, n) : Sendable(q, p, n);
  n = rte_eth_tx_burst(q->port_id, q->queue_id, mbufs, static_cast<uint16_t>(n));
  static_cast<MbufPool *>(q->pool)->in_core -= n;
  return n;
}

// Makes one packet of entries `from` to `to`.
rte_mbuf *PutTogether(DpdkQueue *q, const Packets &p, uint32_t from, uint32_t to) {
  auto **mbufs = reinterpret_cast<rte_mbuf **>(p.handle);
  rte_mbuf *head = mbufs[from];
  uint32_t sum = 0;
  for (uint32_t i = from; i < to; i++) {
    PointAt(q->arena, mbufs[i], p.offset[i], p.length[i]);
    mbufs[i]->next = i + 1 < to ? mbufs[i + 1] : nullptr;
    sum += p.length[i];
  }
  head->pkt_len = sum;
  head->nb_segs = static_cast<uint16_t>(to - from);
  return head;
}

uint32_t SendSegments(DpdkQueue *q, const Packets &p, const uint8_t *more, uint32_t n) {
  rte_mbuf *heads[kTransmitMax];
  uint32_t ends[kTransmitMax], count = 0, from = 0;
  for (; from < n && count < kTransmitMax; from = ends[count++]) {
    uint32_t end = ends[count] = EndOfPacket(more, from, n);
    if (Unsendable(q->port, p.length + from, end - from)) break;
    heads[count] = PutTogether(q, p, from, end);
  }
  uint32_t sent = count ? rte_eth_tx_burst(q->port_id, q->queue_id, heads, static_cast<uint16_t>(count)) : 0;
  uint32_t done = sent ? ends[sent - 1] : 0;
  for (uint32_t i = done; i < from; i++) {  // not taken: each stands alone again
    auto *m = reinterpret_cast<rte_mbuf *>(p.handle[i]);
    m->next = nullptr;
    m->nb_segs = 1;
  }
  static_cast<MbufPool *>(q->pool)->in_core -= done;
  return done;
}

}  // namespace

uint32_t Transmit(Queue *base, const Packets &p, uint32_t n) {
  auto *q = static_cast<DpdkQueue *>(base);
  if (!Enter(q, q->sending)) return 0;
  n = DPDK_UNLIKELY(q->own_pool) ? TransmitCopies(q, p, n) : TransmitShared(q, p, n);
  Leave(q);
  return n;
}

uint32_t Receive(Queue *base, Intake &p, uint32_t n) {
  auto *q = static_cast<DpdkQueue *>(base);
  if (!Enter(q, q->receiving)) return 0;
  if (DPDK_UNLIKELY(q->own_pool))
    n = ReceiveCopies(q, p, n);
  else
    n = DPDK_UNLIKELY(q->more != nullptr) ? ReceiveSegments(q, p, n) : ReceiveShared(q, p, n);
  Leave(q);
  return n;
}

uint32_t TransmitSegments(Queue *base, const Packets &p, const uint8_t *more, uint32_t n) {
  auto *q = static_cast<DpdkQueue *>(base);
  if (!Enter(q, q->sending)) return 0;
  n = SendSegments(q, p, more, n);
  Leave(q);
  return n;
}

}  // namespace rxb::dpdk
