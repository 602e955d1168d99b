// Flows on their way into a NIC and out of it.
#include "nic_flows.h"

#include <algorithm>

#include "../flows/memory.h"
#include "ntuple.h"

namespace rxb::offload {

namespace {

constexpr uint32_t kFullMs = 1000;  // that a full NIC is left alone
constexpr char kAsked[] = "asked", kPending[] = "pending", kAction[] = "action", kFull[] = "full", kNew[] = "new",
               kStopped[] = "stopped", kVlan[] = "vlan", kTcp[] = "tcp";

uint32_t Word(const uint8_t *at) { return uint32_t(Load16(at)) << 16 | Load16(at + 2); }

FlowMatch::Address AddressOf(const uint8_t *bytes, bool four) {
  FlowMatch::Address address;
  for (int i = 0; i < (four ? 1 : 4); i++) address.word[i] = {Word(bytes + 4 * i), 0xffffffff};
  return address;
}

// What a rule says of a key. Only ports and addresses that its shape has.
FlowMatch MatchOf(FlowShape shape, const FlowKey &key, KeyKind kind) {
  FlowMatch match;
  match.four = kind == KeyKind::kIpv4;
  const auto *addresses = reinterpret_cast<const uint8_t *>(&key.w[1]);
  const auto *ports = reinterpret_cast<const uint8_t *>(&key.w[0]);
  const bool tuple = shape == FlowShape::kFiveTuple, pair = tuple || shape == FlowShape::kPair;
  const bool service = tuple || shape == FlowShape::kService;
  if (pair || shape == FlowShape::kSource) match.source = AddressOf(addresses, match.four);
  if (pair || service || shape == FlowShape::kDestination)
    match.destination = AddressOf(addresses + (match.four ? 4 : 16), match.four);
  if (service) match.protocol = static_cast<uint8_t>(key.w[0] >> 48);
  if (tuple) match.source_port = {Load16(ports), 0xffff};
  if (service) match.destination_port = {Load16(ports + 2), 0xffff};
  return match;
}

uint16_t VlanOf(const FlowKey &key) { return static_cast<uint16_t>(key.w[0] >> 32); }

}  // namespace

Status NicFlows::Make(const Worker &w) {
  const uint32_t capacity = table_.options.capacity;
  below_ = static_cast<Below *>(TakePages(sizeof(Below) * capacity, false));
  if (!below_) return Fail(kNoMemory, "there is no memory for the NIC's layer of %u flows", capacity);
  for (uint32_t i = 0; i < w.slot_count; i++) {
    ports_.push_back(w.slots[i].port);
    if (w.slots[i].queue->port->backend->nic_flow) marking_.push_back(w.slots[i].port);
  }
  return {};
}

NicFlows::~NicFlows() { GivePages(below_, sizeof(Below) * table_.options.capacity); }

// A NIC's rule comes before all that a table looks at: a flow whose packets are not all alike to it stays.
const char *NicFlows::MayDescend(uint32_t entry, NicOrder *order) const {
  const FlowEntry &e = table_.entry(entry);
  if (stopping_ || table_.IsStale(e, flows_.generation)) return kStopped;
  if (e.flags & kYoung) return kNew;
  const Action &a = flows_.actions.all[e.action];
  const auto port = static_cast<uint8_t>(e.w[0] >> 56);
  order->port = port == kAnyPort ? ports_[0] : port;
  order->marks = a.verdict == kShow && std::count(marking_.begin(), marking_.end(), order->port);
  order->mark = static_cast<uint32_t>(e.param);
  if (a.step_count || (a.verdict != kVerdict_DROP && !order->marks)) return kAction;
  FlowKey key;
  KeyKind kind;
  table_.KeyOf(entry, &key, &kind);
  if (VlanOf(key) != kNoVlan) return kVlan;
  order->match = MatchOf(table_.options.shape, key, kind);
  const int protocol = order->match.protocol;
  if (table_.options.watch && !order->marks && (protocol < 0 || protocol == kProtocolTcp)) return kTcp;
  return kAsked;
}

void NicFlows::Want(uint32_t entry) {
  Below &b = below_[entry];
  if (b.rule) return;
  NicOrder order{0, true, 0, false, 0, {}};
  b.why = MayDescend(entry, &order);
  if (b.why != kAsked) return;
  b.why = full_ ? refusal_ : kFull;
  if (full_ || (free_.empty() && rules_.size() == kNicRulesMax)) return;
  if (free_.empty()) {
    order.id = static_cast<uint32_t>(rules_.size());
    rules_.push_back({});
  } else {
    order.id = free_.back();
    free_.pop_back();
  }
  const FlowEntry &e = table_.entry(entry);
  rules_[order.id] = {entry, e.action, e.param, true, false, false, order.marks, false, 0, 0, {}};
  b.rule = order.id + 1;
  b.why = kPending;
  Order(order);
}

void NicFlows::Remove(uint32_t id) {
  Rule &rule = rules_[id];
  if (rule.leaving) return;
  rule.leaving = true;
  if (rule.entry != kNoEntry && below_[rule.entry].in) {
    below_[rule.entry].in = false;
    below_[rule.entry].why = kPending;
    size_--;
  }
  Order({id, false, 0, false, 0, {}});
}

void NicFlows::Change(uint32_t entry) {
  if (!below_[entry].rule) return Want(entry);
  const FlowEntry &e = table_.entry(entry);
  const uint32_t id = below_[entry].rule - 1;
  // Each packet of a flow's first burst is shown, and asks for the same once more.
  if (rules_[id].action != e.action || rules_[id].param != e.param || rules_[id].leaving) Remove(id);
}

void NicFlows::Visit(uint32_t entry) {
  if (!table_.IsStale(table_.entry(entry), flows_.generation)) Want(entry);
}

bool NicFlows::Leave(uint32_t entry, const EndedRecord &record) {
  Below &b = below_[entry];
  const bool had = b.rule && !stopped_;
  if (had) {
    Remove(b.rule - 1);
    Rule &rule = rules_[b.rule - 1];
    rule.entry = kNoEntry;
    rule.record = record;
    if (b.uncounted) rule.record.packets = kUncounted;
    waiting_++;
  }
  b = {};
  return had;
}

void NicFlows::InvalidateAction(uint32_t action) {
  outdated_.push_back(action);
  stale_ = true;
}

void NicFlows::Placed(uint32_t id, bool counts, const char *why) {
  if (id >= rules_.size() || !rules_[id].used || rules_[id].placed) return;
  Rule &rule = rules_[id];
  if (*why) {
    refusal_ = why;
    full_ = true;
    full_until_ = table_.now + kFullMs;
    if (rule.leaving) return;  // the answer to the other order comes
    Below &b = below_[rule.entry];
    b.rule = 0;
    b.why = why;
    rule.used = false;
    free_.push_back(id);
    return;
  }
  rule.placed = true;
  rule.counts = counts;
  if (rule.entry == kNoEntry) return;
  Below &b = below_[rule.entry];
  b.uncounted |= !counts && !rule.marks;
  if (rule.leaving) return;
  b.in = true;
  b.why = kAsked;
  size_++;
}

// Ended flows wait here until the ring has room.
void NicFlows::Finish(const EndedRecord &record) {
  records_.push_back(record);
  PushRecords();
}

void NicFlows::PushRecords() {
  for (; !records_.empty() && !(table_.ring.records() && table_.ring.full()); waiting_--) {
    if (table_.ring.records()) table_.ring.Push(records_.back());
    records_.pop_back();
  }
}

void NicFlows::Counted(uint32_t id, uint64_t packets, uint64_t bytes, bool gone) {
  if (id >= rules_.size() || !rules_[id].used || (gone && !rules_[id].leaving)) return;
  Rule &rule = rules_[id];
  const uint64_t more = packets - rule.packets, more_bytes = bytes - rule.bytes;
  if (rule.placed && rule.counts && packets >= rule.packets) {
    rule.packets = packets, rule.bytes = bytes;
    if (rule.entry == kNoEntry) {
      if (rule.record.packets != kUncounted) rule.record.packets += more, rule.record.bytes += more_bytes;
      if (more) rule.record.last = table_.now;
    } else {
      FlowEntry &e = table_.entry(rule.entry);
      e.packets += more, e.bytes += more_bytes;
      if (more) e.seen = table_.now;
    }
  }
  if (!gone) return;
  const Rule last = rule;
  rule.used = false;
  free_.push_back(id);
  full_ = false;
  if (last.entry == kNoEntry) {
    EndedRecord record = last.record;
    if (last.placed && !last.counts && !last.marks) record.packets = kUncounted;
    return Finish(record);
  }
  below_[last.entry].rule = 0;
  Want(last.entry);
}

// Flows that were invalidated end; those whose action was set again lose their rule, and may get another.
void NicFlows::LookAtClock() {
  if (full_ && static_cast<int32_t>(table_.now - full_until_) >= 0) full_ = false;
  PushRecords();
  if (!stale_) return;
  stale_ = false;
  for (uint32_t id = 0; id < rules_.size(); id++) {
    const Rule &rule = rules_[id];
    if (!rule.used || rule.leaving || rule.entry == kNoEntry) continue;
    const FlowEntry &e = table_.entry(rule.entry);
    if (table_.IsStale(e, flows_.generation))
      table_.End(rule.entry, EndReason::kGeneration);
    else if (std::count(outdated_.begin(), outdated_.end(), e.action))
      Remove(id);
  }
  outdated_.clear();
}

// Every rule goes; the records are made as the answers come.
void NicFlows::Stop() {
  if (!stopping_) {
    stopping_ = true;
    for (uint32_t id = 0; id < rules_.size(); id++)
      if (rules_[id].used) Remove(id);
  }
  PushRecords();
}

void NicFlows::GiveUp() {
  stopped_ = true;
  for (Rule &rule : rules_) {
    if (!rule.used || rule.entry != kNoEntry) continue;
    rule.used = false;
    Finish(rule.record);
  }
}

Status MakeNicFlows(const Worker &w, Flows &flows, uint32_t table, std::unique_ptr<LowerLayer> *layer) {
  FlowTable &its = *flows.table[table];
  if (table)
    return Fail(kNotSupported,
                "the NIC executes the flows of the first shape only: it comes before all tables. Make this shape "
                "first, or leave it to layer: 'worker'");
  if (its.options.shape == FlowShape::kMac)
    return Fail(kNotSupported,
                "layer: 'nic': its rules know addresses and ports of IP, no MACs; shape 'mac' is for layer: 'worker'");
  const Port *first = nullptr;
  for (uint32_t i = 0; i < w.slot_count; i++) {
    Port *port = w.slots[i].queue->port;
    if (its.options.any_port && first && port != first)
      return Fail(kNotSupported,
                  "layer: 'nic' with anyPort and several ports: each NIC has rules of its own. layer: 'worker' is "
                  "possible");
    first = port;
    if (port->backend->nic_flow) {
      NicFlowAnswer answer;
      RXB_TRY(port->backend->nic_flow(port, {NicFlowCall::kProbe, nullptr, false, 0, 0}, &answer));
      continue;
    }
    std::vector<NtupleOffload::Listed> rules;
    Status status = port->nic[0] && !port->handed_over ? NtupleOffload(port->nic).List(&rules)
                                                       : Fail(kNotSupported, "it has no queues of a NIC's own");
    if (!status)
      return Fail(kNotSupported,
                  "layer: 'nic': %s has no rules of a NIC for flows: %s. layer: 'worker' is possible, and 'xdp' or "
                  "'auto' on afxdp: ports",
                  port->name, status.message);
  }
  auto made = std::make_unique<NicFlows>(&flows, &its);
  RXB_TRY(made->Make(w));
  *layer = std::move(made);
  return {};
}

}  // namespace rxb::offload
