// What a program asks of its tables: requests about packets in front of the handler, which native code still owns.
#include <ctime>
#include <random>

#include "../core/turn/turn_parts.h"
#include "layer.h"

namespace rxb {

namespace {

// The words of a request: what is wanted, the table and the slot; the packet's place; the action; the other
// direction's, + 1; the parameter.
enum RequestKind : uint32_t { kAddFlow, kRemoveFlow };

constexpr uint32_t kScratchBytes = 2048, kScratchRoom = 256;

void SwapBytes(uint8_t *a, uint8_t *b, uint32_t bytes) {
  for (uint32_t i = 0; i < bytes; i++) std::swap(a[i], b[i]);
}

// An action without what has effects elsewhere: for a look at what it makes of a packet.
Action WithoutEffects(const Action &action) {
  Action a = action;
  a.step_count = 0;
  a.timed = a.mirrors = false;
  a.peek_every = 0;
  for (uint32_t i = 0; i < action.step_count; i++) {
    const StepKind kind = action.step[i].kind;
    if (kind != StepKind::kMeter && kind != StepKind::kMirror && kind != StepKind::kPeek)
      a.step[a.step_count++] = action.step[i];
  }
  return a;
}

// The handler may have changed the packet since it was received: the fields of its key go back in.
void PutBack(FlowShape shape, const FlowKey &key, KeyKind kind, uint8_t *data, const ParsedPacket &p) {
  const ShapeMask &mask = kShapes[uint32_t(shape)];
  if (shape == FlowShape::kMac) {
    if (p.lacks & kLacksMac) return;
    memcpy(data, &key.w[1], 8);
    memcpy(data + 8, &key.w[0], 4);
    return;
  }
  if (p.family != (kind == KeyKind::kIpv6 ? 6 : 4)) return;
  const bool six = p.family == 6;
  uint8_t *source = data + p.l3 + (six ? wire::ipv6::kSource : wire::ipv4::kSource);
  const uint32_t bytes = six ? 16 : 4;
  const auto *addresses = reinterpret_cast<const uint8_t *>(&key.w[1]);
  if (six ? mask.source6 : mask.ipv4 & kSource4) memcpy(source, addresses, bytes);
  if (six ? mask.destination6 : mask.ipv4 & kDestination4) memcpy(source + bytes, addresses + bytes, bytes);
  if (p.lacks & kLacksPorts) return;
  const auto *ports = reinterpret_cast<const uint8_t *>(&key.w[0]);
  if ((mask.meta & kMaskPorts) == kMaskPorts) memcpy(data + p.l4, ports, 2);
  if (mask.meta & kMaskDestinationPort) memcpy(data + p.l4 + 2, ports + 2, 2);
}

// Whether the packet opens a connection.
bool IsSyn(const Slot &s, uint32_t i) {
  ParsedPacket parsed;
  Parse(TheArena()->memory + s.offset[i], s.length[i], &parsed);
  return parsed.tcp_flags & wire::tcp::kSynMask;
}

// What the other direction's action writes in the place of its parameter: the address and port that the packet had
// before it was translated.
uint64_t ParamOfReverse(const Action &reverse, const uint8_t *data, const ParsedPacket &p, uint64_t param) {
  for (uint32_t i = 0; i < reverse.step_count; i++) {
    const Step &step = reverse.step[i];
    if (!step.param || (step.kind != StepKind::kDnat && step.kind != StepKind::kSnat)) continue;
    const bool source = step.kind == StepKind::kDnat;
    const uint8_t *address = data + p.l3 + (source ? wire::ipv4::kSource : wire::ipv4::kDestination);
    const uint64_t ip = p.family == 4 ? uint64_t(Load16(address)) << 16 | Load16(address + 2) : 0;
    const uint16_t port = p.lacks & kLacksPorts ? 0 : Load16(data + p.l4 + (source ? 0 : 2));
    return ip << 16 | port;
  }
  return param;
}

}  // namespace

Status Flows::Make(const Worker &w, std::unique_ptr<Flows> *out) {
  auto flows = std::unique_ptr<Flows>(new (std::nothrow) Flows);
  if (flows) flows->slot.reset(new (std::nothrow) FlowSlot[w.slot_count ? w.slot_count : 1]());
  if (!flows || !flows->slot) return Fail(kNoMemory, "there is no memory for the tables of flows of worker %u", w.id);
  RXB_TRY(flows->actions.Make());
  std::random_device random;
  for (uint64_t &word : flows->secret_.k) word = uint64_t(random()) << 32 | random();
  flows->began_ns_ = MonotonicNs();
  timespec now;
  clock_gettime(CLOCK_REALTIME, &now);
  flows->unix_ms_ = double(now.tv_sec) * 1000 + double(now.tv_nsec / 1'000'000);
  *out = std::move(flows);
  return {};
}

Status Flows::AddTable(const FlowTableOptions &options, uint32_t *number) {
  if (table_count == k_flowTablesMax)
    return Fail(kLimit, "a processor has %u tables of flows at most: one shape serves for many flows", k_flowTablesMax);
  auto made = std::make_unique<FlowTable>();
  RXB_TRY(made->Make(options, &actions, secret_));
  *number = table_count;
  table[table_count++] = std::move(made);
  return {};
}

Status Flows::MayEnd(const Worker &, const Slot &s, const Action &a) const {
  if (IsTx(a.verdict) && s.target[a.verdict - kVerdict_TX] == kNoSlot)
    return Fail(kNoTxQueue, "tx(%u) names a port of which this worker owns no queue", a.verdict - kVerdict_TX);
  if (a.verdict == kVerdict_PASS && !(s.queue->port->can_pass && s.queue->port->backend->pass))
    return Fail(kNotSupported, "PASS: %s can't hand packets to the kernel (port.capabilities.pass)",
                s.queue->port->name);
  return {};
}

void Flows::Invalidate() {
  generation++;
  for (uint32_t t = 0; t < table_count; t++)
    if (table[t]->lower) table[t]->lower->Invalidate(generation);
}

void Flows::InvalidateAction(uint32_t action) {
  actions.all[action].generation++;
  for (uint32_t t = 0; t < table_count; t++)
    if (table[t]->lower) table[t]->lower->InvalidateAction(action);
}

// A layer below learns of it as flows come back: until then the worker executes them.
void Flows::SetAction(uint32_t number, const Action &made) {
  actions.all[number] = made;
  for (uint32_t t = 0; t < table_count; t++)
    if (table[t]->lower) table[t]->lower->InvalidateAction(number);
}

void Flows::TakeRequests(Worker &w) {
  if (UNLIKELY(!w.flows_awake)) Wake(w);
  uint32_t *head = w.block->head;
  uint32_t n = LoadWord(&head[kHead_flowRequests]);
  if (LIKELY(!n)) return;
  head[kHead_flowRequests] = 0;
  quiet_ = 0;
  if (n > k_flowRequestsMax) n = k_flowRequestsMax;
  for (uint32_t i = 0; i < n; i++) {
    uint32_t words[k_flowRequestWords];
    for (uint32_t k = 0; k < k_flowRequestWords; k++) words[k] = LoadWord(&w.block->flow_request[i][k]);
    TakeRequest(w, words);
  }
}

void Flows::TakeRequest(Worker &w, const uint32_t *words) {
  const uint32_t kind = words[0] & 0xff, t = words[0] >> 8 & 0xff, at = words[0] >> 16, i = words[1];
  if (t >= table_count) return;
  FlowTable &its = *table[t];
  if (at >= w.slot_count || i >= w.slots[at].count || kind > kRemoveFlow) {
    its.stats.refused++;
    return;
  }
  Slot &s = w.slots[at];
  FlowSlot &f = slot[at];
  if (kind == kAddFlow) return Add(w, s, f, i, {t, words[2], words[4] | uint64_t(words[5]) << 32, words[3]});
  if (f.kind[t][i] == KeyKind::kNone) return;
  const uint32_t entry = its.Find(f.key[t][i], f.kind[t][i], f.hash[t][i]);
  if (entry != kNoEntry) its.End(entry, EndReason::kRemoved);
}

void Flows::Add(Worker &w, Slot &s, FlowSlot &f, uint32_t i, const FlowRequest &request) {
  FlowTable &its = *table[request.table];
  const uint32_t t = request.table, reverse = request.reverse;
  if (!actions.Has(request.action) || (reverse && !actions.Has(reverse - 1))) {
    its.stats.refused++;
    return;
  }
  const Action &a = actions.all[request.action];
  if (const Status may = MayEnd(w, s, a); !may)
    return ReportFault(w, static_cast<ErrorCode>(may.code), IndexOf(w, s), i, a.verdict);
  f.wanted[i] = request.action + 1;
  f.param[i] = request.param;
  f.asked = true;
  if (f.kind[t][i] == KeyKind::kNone) {
    its.stats.refused++;
    return;
  }
  uint32_t entry = its.Find(f.key[t][i], f.kind[t][i], f.hash[t][i]);
  const bool fresh = entry == kNoEntry;
  if (fresh) {
    entry = its.MayAdd()
                ? its.Insert(f.key[t][i], f.kind[t][i], f.hash[t][i], request.action, request.param, generation)
                : kNoEntry;
    if (entry == kNoEntry) {
      its.stats.refused++;
      return;
    }
    if (its.options.after > 1) its.entry(entry).flags |= kYoung;
  } else {
    its.SetAction(entry, request.action, request.param, generation);
    its.entry(entry).flags &= ~kClosing;
  }
  FlowEntry &e = its.entry(entry);
  if (!(f.counted[i] & 1u << t)) {
    f.counted[i] |= 1u << t;
    e.packets++;
    for (uint32_t k = i, end = s.continuations ? EndOfPacket(s.more, i, s.count) : i + 1; k < end; k++)
      e.bytes += s.length[k];
  }
  e.seen = its.now;
  if (fresh && its.lower && IsSyn(s, i)) {
    e.flags |= kFromSyn;
    its.lower->Want(entry);
  }
  if (reverse && e.twin == kNoEntry) AddTwin(w, s, f, entry, i, request);
}

// The key of packets that answer this one: of what the action makes of it as it was received, with its ends changed
// over, at the port that it leaves by.
bool Flows::ReverseKey(Worker &, Slot &s, const FlowSlot &f, uint32_t i, const FlowRequest &request, FlowKey *key,
                       KeyKind *kind, uint64_t *param) {
  const FlowTable &its = *table[request.table];
  uint8_t scratch[kScratchBytes];
  const uint8_t *data = TheArena()->memory + s.offset[i];
  const uint32_t length =
      s.length[i] < kScratchBytes - 2 * kScratchRoom ? s.length[i] : kScratchBytes - 2 * kScratchRoom;
  memcpy(scratch + kScratchRoom, data, length);
  ParsedPacket parsed;
  Parse(scratch + kScratchRoom, length, &parsed);
  PutBack(its.options.shape, f.key[request.table][i], f.kind[request.table][i], scratch + kScratchRoom, parsed);
  *param = ParamOfReverse(actions.all[request.reverse - 1], scratch + kScratchRoom, parsed, request.param);
  Action action = WithoutEffects(actions.all[request.action]);
  const Outcome out = Execute({0, true}, action, parsed,
                              {scratch + kScratchRoom, kScratchRoom, length, 0, kScratchBytes}, request.param);
  uint8_t *changed = scratch + out.offset;
  Parse(changed, out.length, &parsed);
  if (!(parsed.lacks & kLacksMac)) SwapBytes(changed, changed + 6, 6);
  if (parsed.family == 4)
    SwapBytes(changed + parsed.l3 + wire::ipv4::kSource, changed + parsed.l3 + wire::ipv4::kDestination, 4);
  if (parsed.family == 6)
    SwapBytes(changed + parsed.l3 + wire::ipv6::kSource, changed + parsed.l3 + wire::ipv6::kDestination, 16);
  if (!(parsed.lacks & kLacksPorts)) SwapBytes(changed + parsed.l4, changed + parsed.l4 + 2, 2);
  const uint8_t port = its.options.any_port ? kAnyPort : IsTx(action.verdict) ? action.verdict - kVerdict_TX : s.port;
  *kind = MakeKey(its.options.shape, port, changed, parsed, key);
  return *kind != KeyKind::kNone;
}

// Twins live and end together. Without room for the second the first ends as well.
void Flows::AddTwin(Worker &w, Slot &s, const FlowSlot &f, uint32_t entry, uint32_t i, const FlowRequest &request) {
  FlowTable &its = *table[request.table];
  FlowKey key;
  KeyKind kind;
  uint64_t param;
  if (!ReverseKey(w, s, f, i, request, &key, &kind, &param)) {
    its.stats.refused++;
    return;
  }
  const uint64_t hash = its.Hash(key, kind);
  uint32_t twin = its.Find(key, kind, hash);
  if (twin == entry) return;  // it answers itself
  if (twin != kNoEntry) {
    if (its.entry(twin).twin != kNoEntry) return;
    its.SetAction(twin, request.reverse - 1, param, generation);
  } else {
    FlowKey first;
    KeyKind first_kind;
    its.KeyOf(entry, &first, &first_kind);
    twin = its.Insert(key, kind, hash, request.reverse - 1, param, generation);
    // It may have made its room by the end of the first.
    if (its.Find(first, first_kind, its.Hash(first, first_kind)) != entry || twin == entry) return;
    if (twin == kNoEntry) {
      its.stats.refused++;
      its.End(entry, EndReason::kEvicted);
      return;
    }
  }
  its.Join(entry, twin);
  // the answers to a SYN have not begun
  if (its.lower && its.entry(entry).flags & kFromSyn && !its.entry(twin).packets) {
    its.entry(twin).flags |= kFromSyn;
    its.lower->Want(twin);
  }
}

uint32_t Flows::AddKey(const FlowRequest &request, const FlowKey &key, KeyKind kind) {
  FlowTable &its = *table[request.table];
  const uint64_t hash = its.Hash(key, kind);
  const uint32_t entry = its.Find(key, kind, hash);
  if (entry == kNoEntry) return its.Insert(key, kind, hash, request.action, request.param, generation);
  its.SetAction(entry, request.action, request.param, generation);
  return entry;
}

}  // namespace rxb
