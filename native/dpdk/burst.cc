// What happens per packet: mbufs to columns and back.
#include <rte_ethdev.h>
#include <rte_mbuf.h>
#include <rte_mbuf_dyn.h>
#include <rte_prefetch.h>

#include "port.h"

namespace rxb::dpdk {

int timestamp_offset = -1;
uint64_t timestamp_flag = 0;

namespace {

constexpr uint32_t kTransmitMax = 2 * k_burstMax;  // the core's batches are no longer

#define DPDK_UNLIKELY(x) __builtin_expect(!!(x), 0)

// A worker tells that it is in a driver's burst function by a plain store; whoever stops the device makes the store and the
// load of its flag be seen in order by membarrier(), so that the many bursts pay nothing for the one stop.
inline bool Enter(DpdkQueue *q, const std::atomic<bool> *open) {
  q->inside.store(true, std::memory_order_relaxed);
  std::atomic_signal_fence(std::memory_order_seq_cst);
  if (__builtin_expect(open->load(std::memory_order_relaxed), 1)) return true;
  q->inside.store(false, std::memory_order_release);
  return false;
}

inline void Leave(DpdkQueue *q) { q->inside.store(false, std::memory_order_release); }

// Fills offset and length. False when a packet of several segments is among them.
template<bool kPrefetch>
inline bool FillColumns(const Arena *arena, rte_mbuf **mbufs, const Packets &p, uint32_t n) {
  auto memory = reinterpret_cast<uintptr_t>(arena->memory);
  uint32_t *__restrict offset = p.offset, *__restrict length = p.length;
  uint32_t chained = 0;
  for (uint32_t i = 0; i < n; i++) {
    const rte_mbuf *m = mbufs[i];
    auto at = static_cast<uint32_t>(reinterpret_cast<uintptr_t>(m->buf_addr) - memory) + m->data_off;
    // Each field as wide as the driver has just written it: a wider load would have to wait for the stores under it.
    chained |= m->pkt_len ^ m->data_len;
    offset[i] = at;
    length[i] = m->data_len;
    if (kPrefetch) rte_prefetch0(arena->memory + at);
  }
  return !chained;
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

// Packets from another worker's pool, which a driver hands over by reference: one copy each into frames of ours.
__attribute__((noinline)) uint32_t Adopt(DpdkQueue *q, MbufPool *pool, rte_mbuf **mbufs, uint32_t n) {
  uint32_t kept = 0;
  for (uint32_t i = 0; i < n; i++) {
    rte_mbuf *m = mbufs[i];
    if (m->pool != pool->mempool) {
      rte_mbuf *copy = m->nb_segs == 1 ? rte_pktmbuf_alloc(pool->mempool) : nullptr;
      if (!copy) {
        m->nb_segs == 1 ? q->nocopy++ : q->chained++;
        FreeForeign(m);
        continue;
      }
      copy->data_len = m->data_len;
      copy->pkt_len = m->pkt_len;
      memcpy(rte_pktmbuf_mtod(copy, void *), rte_pktmbuf_mtod(m, void *), m->data_len);
      FreeForeign(m);
      m = copy;
      q->copied++;
    }
    mbufs[kept++] = m;
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
    if (q->wanted_columns & kColumn_timestamp)
      c.timestamp[at] = flags & timestamp_flag
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
      uint32_t frame = FrameOf(q->pool, p.handle[done]), headroom = length + k_headroom <= arena.frame_size ? uint32_t(k_headroom) : 0;
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

inline uint32_t ReceiveShared(DpdkQueue *q, const Packets &p, uint32_t n) {
  auto **mbufs = reinterpret_cast<rte_mbuf **>(p.handle);
  auto *pool = static_cast<MbufPool *>(q->pool);
  n = rte_eth_rx_burst(q->port_id, q->queue_id, mbufs, static_cast<uint16_t>(n));
  if (n) n = TakeByRules(q, mbufs, n);
  if (!n) return 0;
  if (DPDK_UNLIKELY(q->by_reference)) n = Adopt(q, pool, mbufs, n);
  bool single = q->prefetch ? FillColumns<true>(q->arena, mbufs, p, n) : FillColumns<false>(q->arena, mbufs, p, n);
  if (DPDK_UNLIKELY(!single)) {
    n = DropChains(q, mbufs, n);
    FillColumns<false>(q->arena, mbufs, p, n);
  }
  if (DPDK_UNLIKELY(q->wanted_columns)) FillExtra(q, mbufs, 0, n);
  pool->ours += n;
  return n;
}

// How many of them, from the first on, the device takes. Packets as a receive() handed them out are no shorter than a header.
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
  static_cast<MbufPool *>(q->pool)->ours -= n;
  return n;
}

}  // namespace

uint32_t Receive(Queue *base, const Packets &p, uint32_t n) {
  auto *q = static_cast<DpdkQueue *>(base);
  if (!Enter(q, q->receiving)) return 0;
  n = DPDK_UNLIKELY(q->own_pool) ? ReceiveCopies(q, p, n) : ReceiveShared(q, p, n);
  Leave(q);
  return n;
}

uint32_t Transmit(Queue *base, const Packets &p, uint32_t n) {
  auto *q = static_cast<DpdkQueue *>(base);
  if (!Enter(q, q->sending)) return 0;
  n = DPDK_UNLIKELY(q->own_pool) ? TransmitCopies(q, p, n) : TransmitShared(q, p, n);
  Leave(q);
  return n;
}

}  // namespace rxb::dpdk
