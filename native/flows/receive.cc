// A burst on its way in: packets that have a flow leave by its action, the others close up in front of the handler.
#include "../core/turn/turn_parts.h"
#include "layer.h"

namespace rxb {

namespace {

constexpr uint8_t kTaken = kShow + 1;  // its frame was given up already

uint32_t FrameBegin(Worker &w, const Slot &s, uint32_t i) {
  return s.borrowed ? s.offset[i] : TheArena()->OffsetOf(FrameOf(w.pool, s.handle[i]));
}
uint64_t FrameEnd(Worker &w, const Slot &s, uint32_t i) {
  return s.borrowed ? uint64_t(s.offset[i]) + s.length[i] : uint64_t(FrameBegin(w, s, i)) + TheArena()->frame_size;
}

// A frame of ours with these bytes behind the usual headroom.
bool CopyIntoFrame(Worker &w, const uint8_t *data, uint32_t length, uint64_t *handle, uint32_t *offset) {
  const Arena &arena = *TheArena();
  if (length > arena.frame_size || !w.pool->ops->alloc(w.pool, handle, 1)) return false;
  const uint32_t frame = FrameOf(w.pool, *handle);
  *offset = arena.OffsetOf(frame) + (length + k_headroom <= arena.frame_size ? uint32_t(k_headroom) : 0);
  arena.state[frame] = kInBurst;
  memcpy(arena.memory + *offset, data, length);
  return true;
}

}  // namespace

// Execute()'s way to a copy of a packet: a fresh packet in the books, which leaves through a port of the worker's.
struct FlowMirror {
  Flows *flows;
  Worker *w;
  Slot *s;

  static void Copy(void *self, uint32_t port, const uint8_t *data, uint32_t length) {
    const FlowMirror &m = *static_cast<FlowMirror *>(self);
    Slot *t = TargetOf(*m.w, *m.s, kVerdict_TX + port);
    uint64_t handle;
    uint32_t offset;
    if (!t || !CopyIntoFrame(*m.w, data, length, &handle, &offset)) {
      m.flows->unmirrored++;
      return;
    }
    m.s->counter[kCounter_fresh]++;
    m.s->counter[kCounter_copied]++;
    Append(*m.w, *t, handle, offset, length, true);
  }
};

// Executes an action on packet i, which learns of its new place.
inline Outcome Flows::Run(Worker &w, Slot &s, Action &a, const ParsedPacket &parsed, uint32_t i, uint64_t param,
                          bool shown) {
  if (!a.step_count) return {a.verdict, false, s.offset[i], s.length[i]};
  FlowMirror mirror{this, &w, &s};
  const ExecuteContext context{UNLIKELY(a.timed) ? MonotonicNs() : 0, shown, FlowMirror::Copy, &mirror};
  PacketRef packet{TheArena()->memory + s.offset[i], s.offset[i], s.length[i], 0, 0};
  if (a.grow) packet.begin = FrameBegin(w, s, i), packet.end = FrameEnd(w, s, i);
  const Outcome out = Execute(context, a, parsed, packet, param);
  if (LIKELY(!out.moved)) return out;
  s.offset[i] = out.offset;
  s.length[i] = out.length;
  s.bits |= out.length;
  return out;
}

// Lent memory has no room for a step that grows a packet: a copy takes its place in the books, and the caller gives the
// memory back. False: the action shows it.
__attribute__((noinline)) bool Flows::RunOnCopy(Worker &w, Slot &s, Action &a, const ParsedPacket &parsed, uint32_t i,
                                                uint64_t param, bool shown) {
  const Arena &arena = *TheArena();
  uint64_t handle;
  uint32_t offset;
  if (!CopyIntoFrame(w, arena.memory + s.offset[i], s.length[i], &handle, &offset)) {
    s.counter[kCounter_rejected]++;
    return true;
  }
  FlowMirror mirror{this, &w, &s};
  const uint64_t begin = arena.OffsetOf(FrameOf(w.pool, handle));
  const Outcome out = Execute({a.timed ? MonotonicNs() : 0, shown, FlowMirror::Copy, &mirror}, a, parsed,
                              {arena.memory + offset, offset, s.length[i], begin, begin + arena.frame_size}, param);
  Slot *t = IsTx(out.verdict) ? TargetOf(w, s, out.verdict) : nullptr;
  if (UNLIKELY(w.tap != nullptr) && out.verdict != kShow) {
    uint32_t at = out.offset, bytes = out.length;
    w.tap->LeaveAs(w, s, i, {&handle, &at, &bytes, true, 0}, out.verdict, uint32_t(&a - actions.all) + 1);
  }
  if (!t) w.pool->ops->free(w.pool, &handle, 1);
  if (out.verdict == kShow) return false;
  if (t) {
    s.counter[kCounter_copied]++;
    Append(w, *t, handle, out.offset, out.length, true);
  } else if (out.verdict == kVerdict_PASS) {
    s.counter[kCounter_rejected]++;
  } else {
    s.counter[kCounter_dropped]++;
  }
  return true;
}

// Packet i may have this entry. False: it has no flow here. Else verdict_[i] says what becomes of it. In place is what
// most packets need.
__attribute__((always_inline)) inline bool Flows::Look(Worker &w, Slot &s, FlowSlot &f, FlowTable &table, uint32_t t,
                                                       uint32_t i, uint32_t entry, const ParsedPacket &parsed,
                                                       uint32_t bytes) {
  if (UNLIKELY(!table.Is(table.entry(entry), f.key[t][i], f.kind[t][i]))) {
    // another key with the same signature, or gone since
    entry = table.Find(f.key[t][i], f.kind[t][i], f.hash[t][i]);
    if (entry == kNoEntry) return false;
  }
  FlowEntry &e = table.entry(entry);
  if (UNLIKELY(table.IsStale(e, generation))) {
    table.End(entry, EndReason::kGeneration);
    return false;
  }
  e.packets++;
  e.bytes += bytes;
  e.seen = table.now;
  const Action &a = actions.all[e.action];
  const bool plain =
      !((e.flags & kYoung) | (parsed.tcp_flags & table.options.watch) | (e.shown_phase == phase_)) && a.verdict < kShow;
  if (LIKELY(plain) && (!a.step_count || (a.quick != Quick::kNone &&
                                          ExecuteQuick(a, parsed, TheArena()->memory + s.offset[i], e.param)))) {
    verdict_[i] = a.verdict;
    table.stats.hits++;
    return true;
  }
  LookOn(w, s, f, table, t, i, entry, parsed);
  return true;
}

// The rest: what may be shown, and actions of several steps.
__attribute__((noinline)) void Flows::LookOn(Worker &w, Slot &s, FlowSlot &f, FlowTable &table, uint32_t t, uint32_t i,
                                             uint32_t entry, const ParsedPacket &parsed) {
  FlowEntry &e = table.entry(entry);
  bool show = parsed.tcp_flags & table.options.watch || e.shown_phase == phase_;
  if (parsed.tcp_flags & table.options.watch & (kTcpEnds)) e.flags |= kClosing;
  if (e.flags & kYoung) {
    if (e.packets <= table.options.after) {
      show = true;
    } else {
      e.flags &= ~kYoung;
      if (table.lower) table.lower->Want(entry);
    }
  }
  if (!show) {
    Action &a = actions.all[e.action];
    if (UNLIKELY(a.grow && s.borrowed)) {
      if (RunOnCopy(w, s, a, parsed, i, e.param, false)) {
        FreeFor(w, &s, &s.handle[i], 1);
        verdict_[i] = kTaken;
        table.stats.hits++;
        return;
      }
    } else {
      const Outcome out = Run(w, s, a, parsed, i, e.param, false);
      verdict_[i] = out.verdict;
      moved_ |= out.moved;
      if (LIKELY(out.verdict != kShow)) {
        table.stats.hits++;
        return;
      }
    }
  }
  e.shown_phase = phase_;
  f.counted[i] |= 1u << t;
  verdict_[i] = kShow;
  KeysOf(s, f, t + 1, parsed, i);
}

// Keys for tables that were not asked, so that the handler can make flows there.
inline void Flows::KeysOf(const Slot &s, FlowSlot &f, uint32_t first, const ParsedPacket &parsed, uint32_t i) {
  for (uint32_t t = first; t < table_count; t++) {
    FlowTable &its = *table[t];
    f.kind[t][i] = MakeKey(its.options.shape, PortOf(its, s), TheArena()->memory + s.offset[i], parsed, &f.key[t][i]);
    if (f.kind[t][i] != KeyKind::kNone) f.hash[t][i] = its.Hash(f.key[t][i], f.kind[t][i]);
  }
}

// Three passes, so that the cache misses of one burst overlap: keys and buckets, signatures and entries, entries and
// actions. `places` are the packets to look at, and afterwards those that have no flow here; the first table looks at
// `all`, and parses them.
template<bool all>
__attribute__((always_inline)) inline void Flows::LookInTable(Worker &w, Slot &s, FlowSlot &f, uint32_t t,
                                                              ParsedPacket *parsed, uint8_t *places, uint32_t *count) {
  FlowTable &its = *table[t];
  const FlowShape shape = its.options.shape;
  const uint8_t port = PortOf(its, s);
  const uint8_t *memory = TheArena()->memory;
  const uint32_t n = *count;
  uint32_t candidate[k_burstMax], unfit = 0;
  FlowKey *key = f.key[t];
  uint64_t *hash = f.hash[t];
  KeyKind *kind = f.kind[t];
  for (uint32_t k = 0; k < n; k++) {
    const uint32_t i = all ? k : places[k];
    const uint8_t *data = memory + s.offset[i];
    if (all) ParseInPlace(data, s.length[i], &parsed[i]);
    kind[i] = MakeKey(shape, port, data, parsed[i], &key[i]);
    if (UNLIKELY(kind[i] == KeyKind::kNone)) {
      unfit++;
      continue;
    }
    hash[i] = its.Hash(key[i], kind[i]);
    its.PrefetchBucket(hash[i]);
  }
  uint8_t away[k_burstMax];  // packets whose flow may stand in its second bucket
  uint32_t aways = 0;
  for (uint32_t k = 0; k < n; k++) {
    const uint32_t i = all ? k : places[k];
    candidate[k] = kNoEntry;
    if (UNLIKELY(kind[i] == KeyKind::kNone)) continue;
    candidate[k] = its.InFirst(hash[i]);
    if (candidate[k] != kNoEntry) {
      __builtin_prefetch(&its.entry(candidate[k]), 1);
    } else if (UNLIKELY(its.MayBeAway(hash[i]))) {
      its.PrefetchSecond(hash[i]);
      away[aways++] = static_cast<uint8_t>(k);
    }
  }
  for (uint32_t j = 0; j < aways; j++) {
    const uint32_t k = away[j];
    candidate[k] = its.InSecond(hash[all ? k : places[k]]);
    if (candidate[k] != kNoEntry) __builtin_prefetch(&its.entry(candidate[k]), 1);
  }
  uint32_t left = 0;
  for (uint32_t k = 0; k < n; k++) {
    const uint32_t i = all ? k : places[k];
    if (candidate[k] == kNoEntry || !Look(w, s, f, its, t, i, candidate[k], parsed[i], s.length[i]))
      places[left++] = static_cast<uint8_t>(i);
  }
  its.stats.unfit += unfit;
  its.stats.misses += left - unfit;
  *count = left;
}

// Packets that stay close up, with all that is known of them.
uint32_t Flows::Compact(Worker &w, Slot &s, FlowSlot &f, uint32_t n) {
  SlotColumns &c = *s.columns;
  const uint32_t columns = s.queue->wanted_columns;
  uint32_t m = 0, bits = 0, bytes = 0;
  for (uint32_t i = 0; i < n; i++) {
    if (verdict_[i] != kShow) continue;
    c.offset[m] = s.offset[m] = s.offset[i];
    c.length[m] = s.length[m] = s.length[i];
    bits |= s.length[i];
    bytes += s.length[i];
    if (m != i) {
      s.handle[m] = s.handle[i];
      if (UNLIKELY(w.tap != nullptr)) w.tap->Move(s, m, i);
      if (s.segments) s.more[m] = s.more[i];
      for (uint32_t t = 0; t < table_count; t++)
        f.key[t][m] = f.key[t][i], f.hash[t][m] = f.hash[t][i], f.kind[t][m] = f.kind[t][i];
      f.counted[m] = f.counted[i];
      if (columns & kColumn_hash) c.hash[m] = c.hash[i];
      if (columns & kColumn_vlan) c.vlan[m] = c.vlan[i];
      if (columns & kColumn_timestamp) c.timestamp[m] = c.timestamp[i];
      if (columns & kColumn_checksum) c.checksum[m] = c.checksum[i];
      if (columns & kColumn_mark) c.mark[m] = c.mark[i];
    }
    m++;
  }
  s.bits = bits;
  s.bytes = bytes;
  return m;
}

// Carries out verdict_ for what does not stay. How many stay.
uint32_t Flows::Carry(Worker &w, Slot &s, FlowSlot &f, uint32_t n) {
  const uint8_t first = verdict_[0];
  if (moved_) s.bytes = 0;
  if (UNLIKELY(w.tap != nullptr)) TellTap(w, s, f, n);
  if (first < kShow && !(n > 1 && memcmp(verdict_, verdict_ + 1, n - 1))) {
    ApplyToAll(w, s, first, n, moved_);
    return 0;
  }
  uint64_t dropped[k_burstMax], passed[k_burstMax];
  uint32_t passed_offset[k_burstMax], passed_length[k_burstMax];
  uint32_t drops = 0, passes = 0;
  const bool can_pass = s.backend->pass && s.queue->port->can_pass;
  for (uint32_t i = 0; i < n; i++) {
    const uint32_t v = verdict_[i];
    if (v >= kShow) continue;
    Slot *t;
    if (IsTx(v) && (t = TargetOf(w, s, v))) {
      s.borrowed ? AppendCopy(w, s, *t, i)
                 : Append(w, *t, s.handle[i], s.offset[i], s.length[i], moved_ || s.backend != t->backend);
    } else if (v == kVerdict_PASS && can_pass) {
      passed[passes] = s.handle[i];
      passed_offset[passes] = s.offset[i];
      passed_length[passes++] = s.length[i];
    } else {
      if (UNLIKELY(v != kVerdict_DROP)) Refuse(w, s, i, v);
      dropped[drops++] = s.handle[i];
    }
  }
  if (drops) Drop(w, s, dropped, drops);
  if (passes) Pass(w, s, {passed, passed_offset, passed_length, moved_, s.bits}, passes);
  return Compact(w, s, f, n);
}

// Where some packet has several segments: steps act on the first, and the packet's bytes are those of all.
__attribute__((noinline)) uint32_t Flows::ReceiveSegments(Worker &w, Slot &s, FlowSlot &f, uint32_t n) {
  for (uint32_t i = 0, end; i < n; i = end) {
    end = EndOfPacket(s.more, i, n);
    uint32_t bytes = 0;
    for (uint32_t k = i; k < end; k++) bytes += s.length[k];
    ParsedPacket parsed;
    Parse(TheArena()->memory + s.offset[i], s.length[i], &parsed);
    KeysOf(s, f, 0, parsed, i);
    bool hit = false;
    for (uint32_t t = 0; t < table_count && !hit; t++) {
      const uint32_t entry =
          f.kind[t][i] == KeyKind::kNone ? kNoEntry : table[t]->Find(f.key[t][i], f.kind[t][i], f.hash[t][i]);
      f.kind[t][i] == KeyKind::kNone ? table[t]->stats.unfit++ : table[t]->stats.misses += entry == kNoEntry;
      if (entry == kNoEntry) continue;
      const Action &a = actions.all[table[t]->entry(entry).action];
      const bool rejects = end - i > 1 && (a.encaps || a.verdict == kVerdict_PASS) &&
                           !table[t]->IsStale(table[t]->entry(entry), generation);
      hit = Look(w, s, f, *table[t], t, i, entry, parsed, bytes);
      if (!hit || verdict_[i] == kShow) continue;
      if (UNLIKELY(w.tap != nullptr) && verdict_[i] != kTaken) TellTapOfOne(w, s, i, n, verdict_[i], a);
      if (!rejects) continue;
      s.counter[kCounter_rejected]++;
      FreeFor(w, &s, &s.handle[i], end - i);
      verdict_[i] = kTaken;
    }
    if (!hit) verdict_[i] = kShow;
    const uint8_t v = verdict_[i];
    Slot *to = IsTx(v) ? TargetOf(w, s, v) : nullptr;
    if (to) {
      AppendSegments(w, *to, &s.handle[i], &s.offset[i], &s.length[i], end - i, moved_ || s.backend != to->backend);
    } else if (v == kVerdict_PASS && s.backend->pass && s.queue->port->can_pass) {
      Pass(w, s, {&s.handle[i], &s.offset[i], &s.length[i], moved_, s.bits}, 1);
    } else if (v < kShow) {
      if (v != kVerdict_DROP) Refuse(w, s, i, v);
      s.counter[kCounter_dropped]++;
      FreeFor(w, &s, &s.handle[i], end - i);
    }
    for (uint32_t k = i + 1; k < end; k++) verdict_[k] = v == kShow ? kShow : kTaken;
    for (uint32_t k = i + 1; k < end; k++)
      for (uint32_t t = 0; t < table_count; t++) f.kind[t][k] = KeyKind::kNone;
  }
  const uint32_t m = Compact(w, s, f, n);
  memcpy(s.columns->more, s.more, m);
  s.continuations = m - PacketsIn(s.more, m);
  return m;
}

uint32_t Flows::Receive(Worker &w, Slot &s, uint32_t n) {
  FlowSlot &f = slot[IndexOf(w, s)];
  const uint32_t packets = n - s.continuations;
  memset(f.counted, 0, n);
  moved_ = false;
  uint32_t m;
  if (UNLIKELY(s.continuations)) {
    m = ReceiveSegments(w, s, f, n);
  } else {
    ParsedPacket parsed[k_burstMax];
    uint8_t places[k_burstMax];
    uint32_t left = n;
    if (LIKELY(table_count))
      LookInTable<true>(w, s, f, 0, parsed, places, &left);
    else
      for (uint32_t i = 0; i < n; i++) places[i] = static_cast<uint8_t>(i);
    for (uint32_t t = 1; t < table_count && left; t++) LookInTable<false>(w, s, f, t, parsed, places, &left);
    for (uint32_t k = 0; k < left; k++) verdict_[places[k]] = kShow;
    m = left == n ? n : Carry(w, s, f, n);
  }
  const uint32_t stays = m - s.continuations;
  s.counter[kCounter_hits] += packets - stays;
  s.counter[kCounter_shown] += stays;
  shown_ += stays;
  return m;
}

void Flows::EndReceive(Worker &, uint32_t received) {
  all_hit = received && !shown_;
  quiet_ += shown_;
  shown_ = 0;
  phase_++;
}

void Flows::LookAtClock(Worker &w, uint64_t now_ns) {
  const auto ms = static_cast<uint32_t>((now_ns - began_ns_) / 1'000'000);
  for (uint32_t t = 0; t < table_count; t++) {
    table[t]->Sweep(ms, generation);
    if (table[t]->lower) table[t]->lower->LookAtClock();
  }
  ConsiderRest(w);
}

}  // namespace rxb
