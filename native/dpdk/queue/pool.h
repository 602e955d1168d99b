// Pools of mbufs over a worker's frames, and of DPDK's own memory where a driver needs that.
#pragma once
#include <rte_mbuf.h>
#include <rte_mempool.h>

#include "../../core/backend.h"
#include "../eal/drivers.h"

namespace rxb::dpdk {

struct MbufPool : Pool {
  const Arena *arena;
  rte_mempool *mempool;
  rte_mbuf **mbuf_of;          // by the arena's frame number; null where the frame is another worker's
  int64_t in_core;             // mbufs that the core holds: in bursts, kept, offered, or with another backend's queue
  mutable uint32_t counted;    // free mbufs when they were last counted: other threads bring some back at any time
  struct DpdkQueue *reporter;  // the queue that tells how many the devices hold
};

// Registers the frame region once. In PA mode the pages must be hugepages, which stay where they are.
Status RegisterFrames(const Arena *);
// I/O address of a byte of the frame region.
uint64_t IovaOf(const Arena *, const void *address);

// A pool over these frames. `room` is the longest packet it must hold; what a frame has to spare is used to spread
// packets over the cache's sets.
Status MakeMbufPool(const Arena *, Memory, uint32_t room, const uint32_t *frames, uint32_t count, Pool **);
// A pool of DPDK's own memory: for drivers that need one, and to take a closed queue's place.
rte_mempool *MakeOwnPool(const char *purpose, uint32_t count, uint32_t room);

// Points an mbuf at packet bytes that the core has moved inside their frame.
inline void PointAt(const Arena *arena, rte_mbuf *m, uint32_t offset, uint32_t length) {
  uint8_t *at = arena->memory + offset;
  auto *buffer = static_cast<uint8_t *>(m->buf_addr);
  if (__builtin_expect(at < buffer, 0)) {
    // in the bytes before the buffer, which it begins later by to spread over the cache
    uint32_t back = static_cast<uint32_t>((buffer - arena->frames) & (arena->frame_size - 1));
    m->buf_addr = buffer -= back;
    rte_mbuf_iova_set(m, rte_mbuf_iova_get(m) - back);
    m->buf_len = static_cast<uint16_t>(m->buf_len + back);
  }
  m->data_off = static_cast<uint16_t>(at - buffer);
  m->data_len = static_cast<uint16_t>(length);
  m->pkt_len = length;
  m->ol_flags &= RTE_MBUF_F_EXTERNAL;  // what the receiver said about the packet is no order to the sender
}

// Mbufs of another worker's pool go back past this thread's cache, where their owner would miss them.
inline void FreeForeign(rte_mbuf *m) {
  while (m) {
    rte_mbuf *next = m->next;
    if ((m = rte_pktmbuf_prefree_seg(m))) {
      void *object = m;
      rte_mempool_generic_put(m->pool, &object, 1, nullptr);
    }
    m = next;
  }
}

}  // namespace rxb::dpdk
