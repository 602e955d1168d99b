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

uint32_t ReceiveSegments(XskQueue *queue, const Packets &p, uint32_t n) {
  if (queue->skipping) SkipRest(queue);
  uint32_t waiting = queue->rx.Available(k_burstMax), seen = 0, good = 0;
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
  queue->rx.Release(seen);
  if (!seen && waiting >= k_segmentsMax) {
    uint32_t segments = SegmentsAt(queue, 0, waiting);
    if (segments && segments <= k_segmentsMax) return good;
    queue->chained++;
    queue->skipping = true;
    SkipRest(queue);
  }
  return good;
}

uint32_t Receive(Queue *base, Intake &p, uint32_t n) {
  auto *queue = static_cast<XskQueue *>(base);
  Refill(queue);
  if (__builtin_expect(queue->more != nullptr, 0)) {
    uint32_t got = ReceiveSegments(queue, p, n);
    if (__builtin_expect(got && queue->wanted_columns, 0)) FillExtra(queue, p, got);
    if (!got && queue->fill.NeedsWakeup()) recvfrom(queue->fd, nullptr, 0, MSG_DONTWAIT, nullptr, nullptr);
    return got;
  }
  uint32_t waiting = queue->rx.Available(n), good = 0;
  if (n > waiting) n = waiting;
  if (!n) {
    if (queue->fill.NeedsWakeup()) recvfrom(queue->fd, nullptr, 0, MSG_DONTWAIT, nullptr, nullptr);
    return 0;
  }
  Arena &arena = *TheArena();
  const FrameState posted = queue->posted();
  uint32_t from = arena.OffsetOf(0);
  for (uint32_t i = 0; i < n; i++) {
    const xdp_desc &desc = queue->rx.Descriptor(queue->rx.cached_cons + i);
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
  queue->rx.Release(n);
  queue->with_kernel -= good;
  if (__builtin_expect(queue->wanted_columns, 0)) FillExtra(queue, p, good);
  return good;
}

}  // namespace

}  // namespace rxb::af_xdp
