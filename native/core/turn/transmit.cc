// How packets leave: each queue's batch is gathered over a turn and sent at its end, unless a whole burst goes straight
// to the device.
#include "turn_parts.h"

namespace rxb {

namespace {

inline uint64_t SumOf(const uint32_t *length, uint32_t n) {
  uint64_t sum = 0;
  for (uint32_t i = 0; i < n; i++) sum += length[i];
  return sum;
}

// How many packets these entries are.
inline uint32_t PacketsIn(const uint8_t *more, uint32_t n) {
  uint32_t packets = n;
  for (uint32_t i = 0; i < n; i++) packets -= more[i];
  return packets;
}

// The device refused packet `sent` of n and so what follows: rejected, unless it is one that no device would take,
// which stops no other. Rejected packets are free.
__attribute__((noinline)) void RejectAndRetry(Worker &w, Slot *lender, Slot &t, Packets p, uint32_t n, uint32_t sent) {
  for (;;) {
    uint32_t refused = Unsendable(t.queue->port, p.length[sent]) ? 1 : n - sent, done = sent + refused;
    t.counter[kCounter_rejected] += refused;
    FreeFor(w, lender, p.handle + sent, refused);
    if (done == n) return;
    p = {p.handle + done, p.offset + done, p.length + done, p.moved, p.bits};
    n -= done;
    sent = t.backend->transmit(t.queue, p, n);
    t.counter[kCounter_tx] += sent;
    t.counter[kCounter_txBytes] += SumOf(p.length, sent);
    if (t.tx_copies && sent) FreeFor(w, lender, p.handle, sent);
    if (sent == n) return;
  }
}

// Sends out of slot t. What the device takes is its own from then on, the rest is rejected; `lender` is the slot whose
// burst it was, or null when the frames are the pool's. `bytes` is the sum of the lengths where the caller knows it,
// else 0.
PART_OF_TURN void Transmit(Worker &w, Slot *lender, Slot &t, const Packets &p, uint32_t n, uint32_t bytes) {
  uint32_t sent = t.backend->transmit(t.queue, p, n);
  t.counter[kCounter_tx] += sent;
  t.counter[kCounter_txBytes] += LIKELY(sent == n && bytes) ? bytes : SumOf(p.length, sent);
  if (t.tx_copies && sent) FreeFor(w, lender, p.handle, sent);
  if (UNLIKELY(sent < n)) RejectAndRetry(w, lender, t, p, n, sent);
}

// Transmit() and RejectAndRetry() for a batch in which some packets have several segments. All its frames are the
// pool's.
__attribute__((noinline)) void FlushSegments(Worker &w, Slot &t) {
  Batch &out = t.out;
  const Port *port = t.queue->port;
  for (uint32_t at = 0; at < out.count;) {
    Packets p{out.handle + at, out.offset + at, out.length + at, out.moved, out.bits};
    const uint8_t *more = out.more + at;
    uint32_t n = out.count - at, sent = t.backend->transmit_segments(t.queue, p, more, n);
    t.counter[kCounter_tx] += PacketsIn(more, sent);
    t.counter[kCounter_txBytes] += SumOf(p.length, sent);
    if (t.tx_copies && sent) w.pool->ops->free(w.pool, p.handle, sent);
    uint32_t end = sent;
    if (sent < n) {
      end = EndOfPacket(more, sent, n);
      if (!Unsendable(port, p.length + sent, end - sent)) end = n;
      t.counter[kCounter_rejected] += PacketsIn(more + sent, end - sent);
      w.pool->ops->free(w.pool, p.handle + sent, end - sent);
    }
    at += end;
  }
  memset(out.more, 0, out.count);  // as Append() wants it
  out.count = out.bits = 0;
  out.moved = out.segmented = false;
}

inline void Flush(Worker &w, Slot &t) {
  uint32_t n = t.out.count;
  if (!n) return;
  if (UNLIKELY(t.out.segmented)) return FlushSegments(w, t);
  Packets p{t.out.handle, t.out.offset, t.out.length, t.out.moved, t.out.bits};
  t.out.count = t.out.bits = 0;
  t.out.moved = false;
  Transmit(w, nullptr, t, p, n, 0);
}

inline void Append(Worker &w, Slot &t, uint64_t handle, uint32_t offset, uint32_t length, bool moved) {
  if (UNLIKELY(t.out.count == Batch::kMax)) Flush(w, t);
  w.queued = true;
  uint32_t at = t.out.count++;
  t.out.handle[at] = handle;
  t.out.offset[at] = offset;
  t.out.length[at] = length;
  t.out.moved |= moved;
  t.out.bits |= length;
}

// One packet of several segments, whose frames are the pool's. To a port that has none of those it can't go.
__attribute__((noinline)) void AppendSegments(Worker &w, Slot &t, const uint64_t *handle, const uint32_t *offset,
                                              const uint32_t *length, uint32_t segments, bool moved) {
  if (segments == 1) return Append(w, t, *handle, *offset, *length, moved);
  if (!t.segments || segments > k_segmentsMax) {
    t.counter[kCounter_rejected]++;
    w.pool->ops->free(w.pool, handle, segments);
    return;
  }
  if (t.out.count + segments > Batch::kMax) Flush(w, t);
  for (uint32_t i = 0; i < segments; i++) {
    t.out.more[t.out.count] = i + 1 < segments;
    Append(w, t, handle[i], offset[i], length[i], moved);
  }
  t.out.segmented = true;
}

// Lent memory can't wait in a batch: it is copied into a frame of ours, and counted.
__attribute__((noinline)) void AppendCopy(Worker &w, Slot &s, Slot &t, uint32_t i) {
  const Arena &arena = *TheArena();
  uint64_t handle;
  if (s.length[i] > arena.frame_size || !w.pool->ops->alloc(w.pool, &handle, 1)) {
    t.counter[kCounter_rejected]++;
  } else {
    uint32_t frame = FrameOf(w.pool, handle), offset = arena.OffsetOf(frame);
    arena.state[frame] = kInBurst;
    if (s.length[i] + k_headroom <= arena.frame_size) offset += k_headroom;
    memcpy(arena.memory + offset, arena.memory + s.offset[i], s.length[i]);
    s.counter[kCounter_copied]++;
    Append(w, t, handle, offset, s.length[i], true);
  }
  FreeFor(w, &s, &s.handle[i], 1);
}

}  // namespace

}  // namespace rxb
