// The one hot function: what happens between two calls of the handler. Nothing here allocates or waits,
// except the idle wait that the user chose.
#include <poll.h>
#include <time.h>

#include "lost.h"
#include "worker.h"

#define LIKELY(x) __builtin_expect(!!(x), 1)
#define UNLIKELY(x) __builtin_expect(!!(x), 0)
// Part of both builds of Turn(): left to itself the compiler makes one function of it for both, without the wide vectors.
#define PART_OF_TURN __attribute__((always_inline)) inline

namespace rxb {

namespace {

constexpr uint32_t kClockTurns = 64;          // turns between two looks at the clock
constexpr uint64_t kFlushNs = 1'000'000;      // counters are at most this old
constexpr uint64_t kYieldNs = 10'000'000;     // timers and messages of the worker wait at most this long
constexpr uint64_t kIdleYieldNs = 1'000'000;  // and this long when there is nothing to do
constexpr uint64_t kLossesNs = 100'000'000;
constexpr uint64_t kDrainNs = 100'000'000;  // how long a stopping worker goes on with what had arrived
constexpr uint32_t kAdaptiveTurns = 2000;   // empty turns before an adaptive worker sleeps: about 100 us
constexpr int kWaitMs = 4;                  // terminate() waits for native code, so this stays short
constexpr long kNapNs = 50'000;             // for devices that can't wake anybody

uint32_t LoadWord(const uint32_t *word) { return __atomic_load_n(word, __ATOMIC_RELAXED); }

// The first fault of a run is what the program hears of.
__attribute__((cold, noinline)) void Raise(Worker &w, ErrorCode code, uint32_t slot, uint32_t packet, uint32_t value) {
  uint32_t *head = w.block->head;
  if (!(head[kHead_attention] & kAttention_error)) {
    head[kHead_errorCode] = code;
    head[kHead_errorSlot] = slot;
    head[kHead_errorPacket] = packet;
    head[kHead_errorValue] = value;
  }
  head[kHead_attention] |= kAttention_error;
}

uint32_t IndexOf(const Worker &w, const Slot &s) { return static_cast<uint32_t>(&s - w.slots); }

// Gives packets of a slot's burst back to whoever lent their memory; without a slot, to the pool.
inline void FreeFor(Worker &w, Slot *lender, const uint64_t *handles, uint32_t n) {
  if (UNLIKELY(lender && lender->borrowed))
    lender->backend->release(lender->queue, handles, n);
  else
    w.pool->ops->free(w.pool, handles, n);
}

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

// Shows which entries of a slot's burst go on.
__attribute__((noinline)) void ShowSegments(Slot &s, uint32_t n) {
  memcpy(s.columns->more, s.more, n);
  s.goes_on = n - PacketsIn(s.more, n);
}

// Shows a slot's burst to the handler. One pass; the sum of 256 lengths fits 32 bits.
inline void Show(Slot &s, Intake &in, uint32_t n) {
  const uint32_t *__restrict offset = s.offset, *__restrict length = s.length;
  uint32_t *__restrict to_offset = s.columns->offset, *__restrict to_length = s.columns->length, bits = 0, bytes = 0;
  for (uint32_t i = 0; i < n; i++) {
    to_offset[i] = offset[i];
    to_length[i] = length[i];
    bits |= length[i];
    bytes += length[i];
  }
  in.bits = bits;
  in.bytes = bytes;
}

// The device refused packet `sent` of n and so what follows: rejected, unless it is one that no device would take, which stops no
// other. Rejected packets are free.
__attribute__((noinline)) void GoOn(Worker &w, Slot *lender, Slot &t, Packets p, uint32_t n, uint32_t sent) {
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

// Sends out of slot t. What the device takes is its own from then on, the rest is rejected; `lender` is the slot whose burst
// it was, or null when the frames are the pool's. `bytes` is the sum of the lengths where the caller knows it, else 0.
PART_OF_TURN void Transmit(Worker &w, Slot *lender, Slot &t, const Packets &p, uint32_t n, uint32_t bytes) {
  uint32_t sent = t.backend->transmit(t.queue, p, n);
  t.counter[kCounter_tx] += sent;
  t.counter[kCounter_txBytes] += LIKELY(sent == n && bytes) ? bytes : SumOf(p.length, sent);
  if (t.tx_copies && sent) FreeFor(w, lender, p.handle, sent);
  if (UNLIKELY(sent < n)) GoOn(w, lender, t, p, n, sent);
}

// Transmit() and GoOn() for a batch in which some packets have several segments. All its frames are the pool's.
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
__attribute__((noinline)) void AppendSegments(Worker &w, Slot &t, const uint64_t *handle, const uint32_t *offset, const uint32_t *length,
                                              uint32_t segments, bool moved) {
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

// Whether the handler moved or resized any packet: one pass without a branch, so that it costs next to nothing when not.
PART_OF_TURN bool Moved(const SlotColumns &c, const Slot &s, uint32_t n) {
  uint32_t difference = 0;
  for (uint32_t i = 0; i < n; i++) difference |= (c.offset[i] ^ s.offset[i]) | (c.length[i] ^ s.length[i]);
  return difference;
}

// The handler moved or resized packets: take the new columns where they stay inside their own frame.
__attribute__((noinline)) bool TakeMoved(Worker &w, Slot &s, uint32_t n) {
  const Arena &arena = *TheArena();
  for (uint32_t i = 0; i < n; i++) {
    uint32_t offset = LoadWord(&s.columns->offset[i]), length = LoadWord(&s.columns->length[i]);
    uint64_t from, to;
    if (s.borrowed) {
      from = s.offset[i];
      to = from + s.length[i];
    } else {
      from = arena.OffsetOf(FrameOf(w.pool, s.handle[i]));
      to = from + arena.frame_size;
    }
    if (offset < from || offset >= to || uint64_t(offset) + length > to) {
      Raise(w, kOutsideFrame, IndexOf(w, s), i, offset < from || offset >= to ? offset : length);
      return false;
    }
    s.offset[i] = offset;
    s.length[i] = length;
    s.bits |= length;
  }
  s.bytes = 0;
  return true;
}

inline Slot *TargetOf(Worker &w, Slot &s, uint32_t verdict) {
  uint32_t port = verdict - kVerdict_TX;
  uint8_t target = port < k_portsMax ? s.target[port] : kNoSlot;
  return target == kNoSlot ? nullptr : &w.slots[target];
}

// What to do about a verdict that can't be carried out: the packet is dropped and the program told.
__attribute__((cold, noinline)) void Refuse(Worker &w, Slot &s, uint32_t i, uint32_t verdict) {
  ErrorCode code = verdict >= kVerdict_TX && verdict < kVerdict_TX + k_portsMax ? kNoTxQueue
                   : verdict == kVerdict_PASS                                   ? kNotSupported
                   : verdict == kVerdict_KEEP && !s.borrowed                    ? kNotKept
                                                                                : kBadVerdict;
  Raise(w, code, IndexOf(w, s), i, verdict);
}

// Reads which packets of the burst the program has taken over by keep(). KEEP without keep() would
// leak the frame, because nobody could give it up.
__attribute__((noinline)) void TakeKeeps(Slot &s) {
  memcpy(s.kept, s.columns->kept, sizeof s.kept);
  memset(s.columns->kept, 0, sizeof s.columns->kept);
  s.columns->keeps = 0;
}

bool MayKeep(const Slot &s, uint32_t i) { return s.keeps && s.kept[i / 32] >> i % 32 & 1; }

void Keep(Worker &w, Slot &s, uint32_t i) {
  TheArena()->state[FrameOf(w.pool, s.handle[i])] = kKept;
  w.kept++;
}

void Drop(Worker &w, Slot &s, const uint64_t *handles, uint32_t n) {
  s.counter[kCounter_dropped] += n;
  FreeFor(w, &s, handles, n);
}

// Packets handed to the kernel are copied by it, so the frames are free again whatever it said.
void Pass(Worker &w, Slot &s, const Packets &p, uint32_t n) {
  uint32_t passed = s.backend->pass(s.queue, p, n);
  s.counter[kCounter_passed] += passed;
  s.counter[kCounter_rejected] += n - passed;
  FreeFor(w, &s, p.handle, n);
}

__attribute__((noinline)) void KeepAll(Worker &w, Slot &s, uint32_t n) {
  for (uint32_t i = 0; i < n; i++) {
    if (MayKeep(s, i)) {
      Keep(w, s, i);
    } else {
      Refuse(w, s, i, kVerdict_KEEP);
      Drop(w, s, &s.handle[i], 1);
    }
  }
}

// One verdict for the whole burst: no look at single packets.
PART_OF_TURN void ApplyToAll(Worker &w, Slot &s, uint32_t verdict, uint32_t n, bool moved) {
  Packets p{s.handle, s.offset, s.length, moved, s.bits};
  if (verdict >= kVerdict_TX) {
    Slot *t = TargetOf(w, s, verdict);
    if (UNLIKELY(!t)) {
      Refuse(w, s, 0, verdict);
      return Drop(w, s, s.handle, n);
    }
    p.moved |= s.backend != t->backend;
    if (LIKELY(!t->out.count && (!s.borrowed || t->tx_copies))) return Transmit(w, &s, *t, p, n, s.bytes);
    for (uint32_t i = 0; i < n; i++) s.borrowed ? AppendCopy(w, s, *t, i) : Append(w, *t, s.handle[i], s.offset[i], s.length[i], p.moved);
    return;
  }
  if (LIKELY(verdict == kVerdict_DROP)) return Drop(w, s, s.handle, n);
  if (verdict == kVerdict_PASS && s.backend->pass && s.queue->port->can_pass) return Pass(w, s, p, n);
  if (verdict == kVerdict_KEEP && !s.borrowed) return KeepAll(w, s, n);
  Refuse(w, s, 0, verdict);
  Drop(w, s, s.handle, n);
}

__attribute__((noinline)) void ApplyEach(Worker &w, Slot &s, const uint8_t *verdict, uint32_t n, bool moved) {
  uint64_t dropped[k_burstMax], passed[k_burstMax];
  uint32_t passed_offset[k_burstMax], passed_length[k_burstMax];
  uint32_t drops = 0, passes = 0;
  bool can_pass = s.backend->pass && s.queue->port->can_pass;
  for (uint32_t i = 0; i < n; i++) {
    uint32_t v = verdict[i];
    Slot *t;
    if (v >= kVerdict_TX && (t = TargetOf(w, s, v))) {
      s.borrowed ? AppendCopy(w, s, *t, i) : Append(w, *t, s.handle[i], s.offset[i], s.length[i], moved || s.backend != t->backend);
    } else if (v == kVerdict_PASS && can_pass) {
      passed[passes] = s.handle[i];
      passed_offset[passes] = s.offset[i];
      passed_length[passes++] = s.length[i];
    } else if (v == kVerdict_KEEP && !s.borrowed && MayKeep(s, i)) {
      Keep(w, s, i);
    } else {
      if (UNLIKELY(v != kVerdict_DROP)) Refuse(w, s, i, v);
      dropped[drops++] = s.handle[i];
    }
  }
  if (drops) Drop(w, s, dropped, drops);
  if (passes) Pass(w, s, {passed, passed_offset, passed_length, moved, s.bits}, passes);
}

// Verdicts of this burst are not the next one's. In steps that need no call: the column is a multiple of them.
inline void Unset(SlotColumns &c, uint32_t n) {
  constexpr uint32_t kStep = 32;
  static_assert(sizeof c.verdict % kStep == 0 && kVerdict_DROP == 0, "the last step must end with the column");
  for (uint32_t i = 0; i < n; i += kStep) memset(c.verdict + i, 0, kStep);
}

// Where the burst holds a packet of several segments: the verdict of its first entry is that of the packet. Such a packet can't be
// passed. Kept, each of its frames is the program's, and a packet in the books: see ApplyOwnedSegments.
__attribute__((noinline)) void ApplySegments(Worker &w, Slot &s, uint32_t all, uint32_t n, bool moved) {
  uint8_t verdict[k_burstMax];
  memcpy(verdict, s.columns->verdict, n);
  Unset(*s.columns, n);
  s.goes_on = 0;
  bool can_pass = s.backend->pass && s.queue->port->can_pass;
  for (uint32_t i = 0, end; i < n; i = end) {
    end = EndOfPacket(s.more, i, n);
    uint32_t v = all == kUnset ? verdict[i] : all, segments = end - i;
    Slot *t;
    if (v >= kVerdict_TX && (t = TargetOf(w, s, v))) {
      AppendSegments(w, *t, &s.handle[i], &s.offset[i], &s.length[i], segments, moved || s.backend != t->backend);
    } else if (v == kVerdict_PASS && can_pass && segments == 1) {
      Pass(w, s, {&s.handle[i], &s.offset[i], &s.length[i], moved, s.bits}, 1);
    } else if (v == kVerdict_PASS && can_pass) {
      s.counter[kCounter_rejected]++;
      FreeFor(w, &s, &s.handle[i], segments);
    } else if (v == kVerdict_KEEP && !s.borrowed && MayKeep(s, i)) {
      for (uint32_t k = i; k < end; k++) Keep(w, s, k);
      s.counter[kCounter_fresh] += segments - 1;
    } else {
      if (UNLIKELY(v != kVerdict_DROP)) Refuse(w, s, i, v);
      s.counter[kCounter_dropped]++;
      FreeFor(w, &s, &s.handle[i], segments);
    }
  }
}

PART_OF_TURN void ApplyVerdicts(Worker &w, Slot &s) {
  uint32_t n = s.count;
  if (!n) return;
  s.count = 0;
  SlotColumns &c = *s.columns;
  uint32_t all = LoadWord(&c.all);
  c.all = kUnset;
  s.keeps = LoadWord(&c.keeps);
  if (UNLIKELY(s.keeps)) TakeKeeps(s);
  bool moved = Moved(c, s, n);
  if (UNLIKELY(moved) && !TakeMoved(w, s, n)) all = kVerdict_DROP;
  if (UNLIKELY(s.goes_on)) return ApplySegments(w, s, all, n, moved);
  if (all == kUnset) {
    uint8_t verdict[k_burstMax];
    memcpy(verdict, c.verdict, n);
    if (n > 1 && memcmp(verdict, verdict + 1, n - 1)) {
      Unset(c, n);
      return ApplyEach(w, s, verdict, n, moved);
    }
    all = verdict[0];
  }
  Unset(c, n);
  ApplyToAll(w, s, all, n, moved);
}

// Frames that the program owns and gives up as one packet of several segments, from outbox entry `from` on; returns the entry behind.
// In the books each of them was a packet (taken by alloc(), or one of a packet that was kept), so all but one cease to be `fresh`.
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
      Raise(w, kNotOwner, 0, from, at);
      sound = false;
      continue;
    }
    if (uint64_t(at) + bytes > uint64_t(arena.OffsetOf(frame)) + arena.frame_size) {
      Raise(w, kOutsideFrame, 0, from, bytes);
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
  if (sound && t) {
    AppendSegments(w, *t, handle, offset, length, segments, true);
    return from;
  }
  if (sound && verdict != kVerdict_DROP)
    Raise(w, verdict >= kVerdict_TX && verdict < kVerdict_TX + k_portsMax ? kNoTxQueue : kBadVerdict, 0, from - 1, verdict);
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
      Raise(w, kNotOwner, 0, i, offset);
      continue;
    }
    uint64_t handle = HandleOf(w.pool, frame);
    Slot *t = verdict >= kVerdict_TX ? TargetOf(w, w.slots[0], verdict) : nullptr;
    bool inside = uint64_t(offset) + length <= uint64_t(arena.OffsetOf(frame)) + arena.frame_size;
    w.kept--;
    arena.state[frame] = kInBurst;
    if (t && inside) {
      Append(w, *t, handle, offset, length, true);
      continue;
    }
    if (!inside)
      Raise(w, kOutsideFrame, 0, i, length);
    else if (verdict != kVerdict_DROP)
      Raise(w, verdict >= kVerdict_TX && verdict < kVerdict_TX + k_portsMax ? kNoTxQueue : kBadVerdict, 0, i, verdict);
    w.slots[0].counter[kCounter_dropped]++;
    FreeFor(w, nullptr, &handle, 1);
  }
}

__attribute__((noinline)) void Wait(Worker &w) {
  w.slots[0].counter[kCounter_waits]++;
  pollfd fds[k_slotsMax];
  for (uint32_t i = 0; i < w.slot_count; i++) {
    fds[i] = {w.slots[i].backend->descriptor(w.slots[i].queue), POLLIN, 0};
    if (fds[i].fd >= 0 || w.slots[i].absent) continue;  // poll() leaves -1 out
    timespec nap{0, kNapNs};
    nanosleep(&nap, nullptr);
    return;
  }
  poll(fds, w.slot_count, kWaitMs);
}

// Everything that needs the time of day, or another thread.
__attribute__((noinline)) void LookAtClock(Worker &w, bool idle) {
  uint64_t now = MonotonicNs();
  if (now - w.flushed_ns >= kFlushNs) {
    w.flushed_ns = now;
    FlushCounters(&w);
  }
  if (now - w.losses_ns >= kLossesNs) {
    w.losses_ns = now;
    ReadLosses(&w);
  }
  if (now - w.yielded_ns >= (idle ? kIdleYieldNs : kYieldNs)) {
    w.yielded_ns = now;
    w.block->head[kHead_attention] |= kAttention_yield;
  }
  uint32_t wanted = w.audits_wanted.load(std::memory_order_acquire);
  if (wanted != w.audits_done.load(std::memory_order_relaxed)) {
    FlushCounters(&w);
    TakeAudit(&w);
    w.audits_done.store(wanted, std::memory_order_release);
  }
  if (w.rebinds_wanted.load(std::memory_order_acquire) != w.rebinds_done.load(std::memory_order_relaxed)) RebindSlots(&w);
}

}  // namespace

uint64_t MonotonicNs() {
  timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return uint64_t(t.tv_sec) * 1'000'000'000 + t.tv_nsec;
}

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

// Built twice, for wide vectors and for any x86-64; the loader takes what the machine has.
#if defined(__x86_64__) && defined(__GLIBC__)
__attribute__((target_clones("arch=x86-64-v3", "default")))
#endif
void Turn(Worker *worker) {
  Worker &w = *worker;
  uint32_t *head = w.block->head;
  Slot *const slots = w.slots, *const end = slots + w.slot_count;
  if (w.reaps)
    for (Slot *s = slots; s < end; s++)
      if (s->backend->reap) s->backend->reap(s->queue);
  for (Slot *s = slots; s < end; s++) ApplyVerdicts(w, *s);
  bool busy = false;
  if (UNLIKELY(LoadWord(&head[kHead_freshTaken]))) {
    busy = true;
    OfferFresh(&w);
  } else if (UNLIKELY(w.fresh_ready < w.fresh_want && !(w.turn_count % kClockTurns))) {
    OfferFresh(&w);
  }
  if (uint32_t n = LoadWord(&head[kHead_outboxCount]); UNLIKELY(n)) {
    busy = true;
    ApplyOutbox(w, n);
  }
  if (w.queued) {
    for (Slot *s = slots; s < end; s++) Flush(w, *s);
    w.queued = false;
  }

  bool stopping = w.stop.load(std::memory_order_relaxed), last = false;
  if (UNLIKELY(stopping)) {
    if (!w.stop_by_ns) w.stop_by_ns = MonotonicNs() + kDrainNs;
    last = MonotonicNs() >= w.stop_by_ns;
  }
  uint32_t received = 0;
  for (Slot *slot = slots; slot < end; slot++) {
    Slot &s = *slot;
    Intake in{{s.handle, s.offset, s.length, false, 0}, false, 0};
    uint32_t n = UNLIKELY(last) ? 0 : s.backend->receive(s.queue, in, w.burst);
    s.count = s.columns->count = n;
    if (!n) continue;
    if (!in.shown) Show(s, in, n);
    s.bits = in.bits;
    s.bytes = in.bytes;
    s.counter[kCounter_rx] += n;
    s.counter[kCounter_rxBytes] += in.bytes;
    received += n;
    if (UNLIKELY(s.segments)) {
      ShowSegments(s, n);
      s.counter[kCounter_rx] -= s.goes_on;
    }
  }
  if (UNLIKELY(stopping) && !received && (last || !busy)) head[kHead_attention] |= kAttention_stop;

  w.turn_count++;
  if (LIKELY(received || busy)) {
    w.empty_turns = 0;
    if (UNLIKELY(!(w.turn_count % kClockTurns))) LookAtClock(w, false);
    return;
  }
  w.slots[0].counter[kCounter_emptyTurns]++;
  w.empty_turns++;
  if (w.idle == Idle::kSpin || stopping || (w.idle == Idle::kAdaptive && w.empty_turns < kAdaptiveTurns)) {
    if (!(w.turn_count % kClockTurns)) LookAtClock(w, w.idle != Idle::kSpin);
    return;
  }
  Wait(w);
  LookAtClock(w, true);
}

}  // namespace rxb
