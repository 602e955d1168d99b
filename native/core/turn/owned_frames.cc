// Frames that the program owns: alloc() takes them from the fresh list, send() and release() give them up through the
// outbox.
#include "turn_parts.h"

namespace rxb {

namespace {

// Frames that the program owns and gives up as one packet of several segments, from outbox entry `from` on; returns the
// entry behind. In the books each of them was a packet (taken by alloc(), or one of a packet that was kept), so all but
// one cease to be `fresh`.
__attribute__((noinline)) uint32_t ApplyOwnedSegments(Worker &w, uint32_t from, uint32_t n) {
  const Arena &arena = *TheArena();
  WorkerBlock &block = *w.block;
  uint64_t handle[k_outboxMax];
  uint32_t offset[k_outboxMax], length[k_outboxMax], segments = 0, verdict = kUnset;
  bool sound = true, more = true;
  for (; more && from < n; from++) {
    uint32_t at = LoadWord(&block.outbox_offset[from]), bytes = LoadWord(&block.outbox_length[from]),
             word = LoadWord(&block.outbox_verdict[from]);
    uint32_t frame = arena.FrameAt(at);
    more = word & k_outboxMore;
    if (verdict == kUnset) verdict = word & ~k_outboxMore;
    if (frame >= arena.frame_count || arena.holder[frame] != w.id + 1 || arena.state[frame] != kKept) {
      ReportFault(w, kNotOwner, 0, from, at);
      sound = false;
      continue;
    }
    if (uint64_t(at) + bytes > uint64_t(arena.OffsetOf(frame)) + arena.frame_size) {
      ReportFault(w, kOutsideFrame, 0, from, bytes);
      sound = false;
    }
    arena.state[frame] = kInBurst;
    handle[segments] = HandleOf(w.pool, frame);
    offset[segments] = at;
    length[segments++] = bytes;
  }
  if (!segments) return from;
  w.kept -= segments;
  w.slots[0].counter[kCounter_fresh] -= segments - 1;
  Slot *t = verdict >= kVerdict_TX ? TargetOf(w, w.slots[0], verdict) : nullptr;
  if (UNLIKELY(w.tap != nullptr) && sound) w.tap->LeaveOwned(w, {handle, offset, length, true, 0}, segments, verdict);
  if (sound && t) {
    AppendSegments(w, *t, handle, offset, length, segments, true);
    return from;
  }
  if (sound && verdict != kVerdict_DROP) ReportFault(w, IsTx(verdict) ? kNoTxQueue : kBadVerdict, 0, from - 1, verdict);
  w.slots[0].counter[kCounter_dropped]++;
  w.pool->ops->free(w.pool, handle, segments);
  return from;
}

// Sends and releases of frames that the program owns: alloc() and KEEP.
__attribute__((noinline)) void ApplyOutbox(Worker &w, uint32_t n) {
  const Arena &arena = *TheArena();
  WorkerBlock &block = *w.block;
  block.head[kHead_outboxCount] = 0;
  if (n > k_outboxMax) n = k_outboxMax;
  for (uint32_t i = 0; i < n; i++) {
    uint32_t offset = LoadWord(&block.outbox_offset[i]), length = LoadWord(&block.outbox_length[i]),
             verdict = LoadWord(&block.outbox_verdict[i]);
    if (UNLIKELY(verdict & k_outboxMore)) {
      i = ApplyOwnedSegments(w, i, n) - 1;
      continue;
    }
    uint32_t frame = arena.FrameAt(offset);
    if (frame >= arena.frame_count || arena.holder[frame] != w.id + 1 || arena.state[frame] != kKept) {
      ReportFault(w, kNotOwner, 0, i, offset);
      continue;
    }
    uint64_t handle = HandleOf(w.pool, frame);
    Slot *t = verdict >= kVerdict_TX ? TargetOf(w, w.slots[0], verdict) : nullptr;
    bool inside = uint64_t(offset) + length <= uint64_t(arena.OffsetOf(frame)) + arena.frame_size;
    w.kept--;
    arena.state[frame] = kInBurst;
    if (UNLIKELY(w.tap != nullptr) && inside) w.tap->LeaveOwned(w, {&handle, &offset, &length, true, 0}, 1, verdict);
    if (t && inside) {
      Append(w, *t, handle, offset, length, true);
      continue;
    }
    if (!inside)
      ReportFault(w, kOutsideFrame, 0, i, length);
    else if (verdict != kVerdict_DROP)
      ReportFault(w, IsTx(verdict) ? kNoTxQueue : kBadVerdict, 0, i, verdict);
    w.slots[0].counter[kCounter_dropped]++;
    FreeFor(w, nullptr, &handle, 1);
  }
}

}  // namespace

// Tops up alloc()'s list; frames taken since the last time are the program's from now on.
void OfferFresh(Worker *worker) {
  Worker &w = *worker;
  const Arena &arena = *TheArena();
  uint32_t taken = LoadWord(&w.block->head[kHead_freshTaken]);
  if (taken > w.fresh_ready) taken = w.fresh_ready;
  for (uint32_t i = 0; i < taken; i++) arena.state[arena.FrameAt(w.fresh_offset[i])] = kKept;
  w.kept += taken;
  w.slots[0].counter[kCounter_fresh] += taken;
  for (uint32_t i = 0, left = taken; i < w.slot_count; i++) {  // each copy that keep() made took one of them
    Slot &s = w.slots[i];
    uint32_t copied = LoadWord(&s.columns->copied);
    if (copied > left) copied = left;
    s.columns->copied = 0;
    s.counter[kCounter_copied] += copied;
    left -= copied;
  }
  uint32_t left = w.fresh_ready - taken;
  memmove(w.fresh_handle, w.fresh_handle + taken, left * sizeof *w.fresh_handle);
  memmove(w.fresh_offset, w.fresh_offset + taken, left * sizeof *w.fresh_offset);
  uint32_t got = w.pool->ops->alloc(w.pool, w.fresh_handle + left, w.fresh_want - left);
  for (uint32_t i = left; i < left + got; i++) {
    uint32_t frame = FrameOf(w.pool, w.fresh_handle[i]);
    arena.state[frame] = kOffered;
    w.fresh_offset[i] = arena.OffsetOf(frame) + k_headroom;
  }
  w.fresh_ready = left + got;
  memcpy(w.block->fresh, w.fresh_offset, w.fresh_ready * sizeof *w.fresh_offset);
  w.block->head[kHead_freshTaken] = 0;
  w.block->head[kHead_freshReady] = w.fresh_ready;
}

}  // namespace rxb
