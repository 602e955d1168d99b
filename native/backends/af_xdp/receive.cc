// The way in, once per turn: refills the fill ring and takes packets from the receive ring.
#include <sys/socket.h>

#include "port.h"

namespace rxb::af_xdp {

namespace {

constexpr uint32_t kRefillMin = 32;  // fill ring entries worth a refill

void Refill(XskQueue *queue) {
  uint32_t room = queue->fill.Free(kRefillMin);
  if (room < kRefillMin) return;
  Arena &arena = *TheArena();
  uint64_t frames[k_burstMax];
  uint32_t n = queue->pool->ops->alloc(queue->pool, frames, room < k_burstMax ? room : k_burstMax);
  for (uint32_t i = 0; i < n; i++) {
    uint32_t frame = FrameOf(queue->pool, frames[i]);
    arena.state[frame] = queue->posted();
    queue->fill.Address(queue->fill.cached_prod + i) = uint64_t(frame) << arena.frame_shift;
  }
  queue->with_kernel += n;
  if (n) queue->fill.Submit(n);
}

// The frame that receive descriptor `i` names, or false when it is none that we gave.
bool TakeFrame(XskQueue *queue, uint32_t i, xdp_desc *desc, uint32_t *frame) {
  Arena &arena = *TheArena();
  *desc = queue->rx.Descriptor(queue->rx.cached_cons + i);
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
  queue->rx.Release(n);
}

// How many descriptors make the packet that begins at the i-th of those that wait; 0: its end is not there yet.
uint32_t SegmentsAt(const XskQueue *queue, uint32_t i, uint32_t waiting) {
  for (uint32_t at = i; at < waiting; at++)
    if (!(queue->rx.Descriptor(queue->rx.cached_cons + at).options & XDP_PKT_CONTD)) return at + 1 - i;
  return 0;
}

// The rest of a packet of too many segments: it came while the MTU was raised.
void SkipRest(XskQueue *queue) {
  uint32_t waiting = queue->rx.Available(queue->rx.size), rest = SegmentsAt(queue, 0, waiting);
  queue->skipping = !rest;
  Skip(queue, rest ? rest : waiting);
}

// A packet of more segments than are taken stands first: it is let go by, as far as it is there.
void SkipTooLong(XskQueue *queue, uint32_t waiting) {
  const uint32_t segments = SegmentsAt(queue, 0, waiting);
  if (segments && segments <= k_segmentsMax) return;
  queue->chained++;
  queue->skipping = true;
  SkipRest(queue);
}

// One path for packets of one and of several segments: the constant leaves nothing of the latter where a port has none.
template<bool kSegments>
uint32_t TakePackets(XskQueue *queue, Intake &p, uint32_t n) {
  if (kSegments && queue->skipping) SkipRest(queue);
  const uint32_t most = kSegments ? uint32_t(k_burstMax) : n;
  uint32_t waiting = queue->rx.Available(most), seen = 0, good = 0;
  if (waiting > most) waiting = most;
  Arena &arena = *TheArena();
  const FrameState posted = queue->posted();
  const uint32_t from = arena.OffsetOf(0);
  for (uint32_t packets = 0; seen < waiting && (!kSegments || packets < n); packets++) {
    const uint32_t segments = kSegments ? SegmentsAt(queue, seen, waiting) : 1;
    if (kSegments && (!segments || segments > k_segmentsMax)) break;
    for (const uint32_t last = seen + segments; seen < last; seen++) {
      const xdp_desc &desc = queue->rx.Descriptor(queue->rx.cached_cons + seen);
      const uint64_t address = desc.addr, frame = address >> arena.frame_shift;
      const uint32_t length = desc.len;
      if (__builtin_expect(frame >= arena.frame_count || arena.state[frame] != posted, 0)) {
        queue->bad_frames++;
        continue;
      }
      arena.state[frame] = kInBurst;
      p.handle[good] = HandleOf(queue->pool, static_cast<uint32_t>(frame));
      p.offset[good] = from + static_cast<uint32_t>(address);
      p.length[good] = length;
      if (kSegments) queue->more[good] = seen + 1 < last;
      good++;
    }
    if (kSegments && good) queue->more[good - 1] = 0;  // should its last frame have been a bad one
  }
  if (seen) queue->rx.Release(seen);
  queue->with_kernel -= good;
  if (kSegments && !seen && waiting >= k_segmentsMax) SkipTooLong(queue, waiting);
  // Wakes a zero-copy driver; in copy mode the call does nothing (net/xdp/xsk.c:__xsk_recvmsg).
  if (!good && queue->fill.NeedsWakeup()) recvfrom(queue->fd, nullptr, 0, MSG_DONTWAIT, nullptr, nullptr);
  if (__builtin_expect(good && queue->wanted_columns, 0)) FillExtra(queue, p, good);
  return good;
}

uint32_t Receive(Queue *base, Intake &p, uint32_t n) {
  auto *queue = static_cast<XskQueue *>(base);
  Refill(queue);
  return __builtin_expect(queue->more != nullptr, 0) ? TakePackets<true>(queue, p, n) : TakePackets<false>(queue, p, n);
}

}  // namespace

}  // namespace rxb::af_xdp
