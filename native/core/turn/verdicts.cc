// Ends the life of a burst by its verdicts: each packet is sent, passed, kept or dropped.
#include "turn_parts.h"

namespace rxb {

namespace {

// The first fault of a run is what the program hears of.
__attribute__((cold, noinline)) void ReportFault(Worker &w, ErrorCode code, uint32_t slot, uint32_t packet,
                                                 uint32_t value) {
  uint32_t *head = w.block->head;
  if (!(head[kHead_attention] & kAttention_error)) {
    head[kHead_errorCode] = code;
    head[kHead_errorSlot] = slot;
    head[kHead_errorPacket] = packet;
    head[kHead_errorValue] = value;
  }
  head[kHead_attention] |= kAttention_error;
}

// Whether the handler moved or resized any packet: one pass without a branch, so that it costs next to nothing when
// not.
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
      ReportFault(w, kOutsideFrame, IndexOf(w, s), i, offset < from || offset >= to ? offset : length);
      return false;
    }
    s.offset[i] = offset;
    s.length[i] = length;
    s.bits |= length;
  }
  s.bytes = 0;
  return true;
}

// What to do about a verdict that can't be carried out: the packet is dropped and the program told.
__attribute__((cold, noinline)) void Refuse(Worker &w, Slot &s, uint32_t i, uint32_t verdict) {
  ErrorCode code = IsTx(verdict)                             ? kNoTxQueue
                   : verdict == kVerdict_PASS                ? kNotSupported
                   : verdict == kVerdict_KEEP && !s.borrowed ? kNotKept
                                                             // FLOW, toWorker(), stages, and what is no verdict
                                                             : kBadVerdict;
  ReportFault(w, code, IndexOf(w, s), i, verdict);
}

// Reads which packets of the burst the program has taken over by keep(). KEEP without keep() would
// leak the frame, because nobody could give it up.
__attribute__((noinline)) void TakeKeeps(Slot &s) {
  memcpy(s.kept, s.columns->kept, sizeof s.kept);
  memset(s.columns->kept, 0, sizeof s.columns->kept);
  s.columns->keeps = 0;
}

inline bool MayKeep(const Slot &s, uint32_t i) { return s.keeps && s.kept[i / 32] >> i % 32 & 1; }

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
    for (uint32_t i = 0; i < n; i++)
      s.borrowed ? AppendCopy(w, s, *t, i) : Append(w, *t, s.handle[i], s.offset[i], s.length[i], p.moved);
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
      s.borrowed ? AppendCopy(w, s, *t, i)
                 : Append(w, *t, s.handle[i], s.offset[i], s.length[i], moved || s.backend != t->backend);
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

// Where the burst holds a packet of several segments: the verdict of its first entry is that of the packet. Such a
// packet can't be passed. Kept, each of its frames is the program's, and a packet in the books: see ApplyOwnedSegments.
__attribute__((noinline)) void ApplySegments(Worker &w, Slot &s, uint32_t all, uint32_t n, bool moved) {
  uint8_t verdict[k_burstMax];
  memcpy(verdict, s.columns->verdict, n);
  Unset(*s.columns, n);
  s.continuations = 0;
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

template<bool kTapped>
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
  if (UNLIKELY(w.flows_awake != nullptr)) w.flows_awake->ResolveVerdicts(w, s, n, &all, &moved);
  if (kTapped) w.tap->Leave(w, s, {n, all, c.verdict, nullptr, nullptr});
  if (UNLIKELY(s.continuations)) return ApplySegments(w, s, all, n, moved);
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

}  // namespace

}  // namespace rxb
