// A flow as the driver's layer sees it: whether it goes down, what is counted there, and how it ends.
#include "driver_flows.h"

#include <algorithm>

#include "../../flows/memory.h"
#include "driver_layer.h"
#include "driver_steps.h"

namespace rxb::steer {

Status DriverFlows::Make() {
  const uint32_t capacity = table_.options.capacity;
  below_ = static_cast<Below *>(TakePages(sizeof(Below) * capacity, false));
  if (!below_) return Fail(kNoMemory, "there is no memory for the driver's layer of %u flows", capacity);
  pending_.reserve(capacity);
  leaving_.reserve(capacity);
  return {};
}

void DriverFlows::AddPart(const Worker &w, Port *port, uint8_t number, std::shared_ptr<FlowMaps> maps) {
  DriverPart part{number, std::move(maps), 0, {}, {}, port};
  part.place = part.maps->TakePlace();
  for (uint32_t i = 0; i < w.slot_count; i++) ports_[w.slots[i].port] = w.slots[i].queue->port;
  // A broker is asked while the worker is planned: its answers come to one thread at a time.
  if (part.maps->descriptors().targets < 0)
    for (uint8_t i = 0; i < kFlowTargets; i++)
      if (ports_[i]) MayReach(part, i);
  for (uint32_t i = 0; i < w.slot_count; i++)
    if (w.slots[i].queue->port == port) part.queues.push_back(w.slots[i].queue->index);
  for (uint32_t queue : part.queues) {
    FlowQueueWord &word = part.maps->words().queue[queue];
    word.generation = flows_.generation;
    word.now = table_.now;
    __atomic_store_n(&word.place, uint64_t(part.place) << 56, __ATOMIC_SEQ_CST);
  }
  parts_.push_back(std::move(part));
}

DriverFlows::~DriverFlows() {
  Stop();
  for (DriverPart &part : parts_) {
    for (uint16_t word : part.word)
      if (word != kNoWord) part.maps->GiveAction(word);
    part.maps->GivePlace(part.place);
  }
  GivePages(below_, sizeof(Below) * table_.options.capacity);
}

// Whether packets can leave by that port; asked once, at the first flow that wants it.
Reason DriverFlows::MayReach(DriverPart &part, uint8_t port) {
  DriverTarget &target = part.target[port];
  if (target.state == DriverTarget::kUnknown) {
    const char *why = "target";
    uint32_t place = 0;
    if (Port *to = ports_[port]; to && part.at->backend->flow_target)
      why = part.at->backend->flow_target(part.at, *part.maps, to, &place);
    target.state = why ? DriverTarget::kNot : DriverTarget::kReached;
    target.place = static_cast<uint8_t>(place);
    if (why && !strcmp(why, kReasons[uint32_t(Reason::kPeer)])) target.why = Reason::kPeer;
  }
  return target.state == DriverTarget::kReached ? Reason::kAsked : target.why;
}

Reason DriverFlows::MayDescend(uint32_t entry, uint8_t *part) {
  const FlowEntry &e = table_.entry(entry);
  if (stopped_ || table_.IsStale(e, flows_.generation)) return Reason::kStopped;
  const auto port = static_cast<uint8_t>(e.w[0] >> 56);
  const auto at = std::find_if(parts_.begin(), parts_.end(),
                               [&](const DriverPart &each) { return each.port == port || port == kAnyPort; });
  if (at == parts_.end()) return Reason::kPort;
  *part = static_cast<uint8_t>(at - parts_.begin());
  if (e.flags & kYoung) return Reason::kNew;
  const Action &a = flows_.actions.all[e.action];
  DriverSlot tried;
  if (!DescribeSteps(a, e.param, &tried)) return Reason::kAction;
  return IsTx(a.verdict) ? MayReach(*at, a.verdict - kVerdict_TX) : Reason::kAsked;
}

// Packets of the flow may wait in the socket's ring when it goes down, and later ones would overtake them on their way
// out. Unless its table asks for the driver, a flow that leaves by a port goes down at its SYN or never.
bool DriverFlows::KeepsOrder(uint32_t entry) const {
  const FlowEntry &e = table_.entry(entry);
  return wish_.always || !IsTx(flows_.actions.all[e.action].verdict) || (e.flags & kFromSyn && e.packets <= 1);
}

// The worker executes the flow; where later tables are asked in the driver, its key goes down all the same.
void DriverFlows::Stay(uint32_t entry, Reason reason) {
  Below &b = below_[entry];
  if (knows_all_ && !b.slot && reason != Reason::kStopped && reason != Reason::kPort) Pend(entry, table_.now, true);
  b.reason = uint8_t(reason);
}

bool DriverFlows::KnowAll(uint8_t port) {
  knows_all_ = true;
  return std::any_of(parts_.begin(), parts_.end(), [&](const DriverPart &each) { return each.port == port; });
}

void DriverFlows::Pend(uint32_t entry, uint32_t not_before, bool mark) {
  Below &b = below_[entry];
  highest_ = std::max(highest_, entry + 1);
  b.mark = mark && (!b.pending || b.mark);
  if (b.pending || pending_.size() == pending_.capacity()) return;
  b.pending = true;
  b.reason = uint8_t(Reason::kSoon);
  b.not_before = not_before;
  pending_.push_back(entry);
}

void DriverFlows::Want(uint32_t entry) {
  Below &b = below_[entry];
  if (b.in || (b.pending && !b.mark)) return;
  Reason reason = MayDescend(entry, &b.part);
  if (reason == Reason::kAsked && !KeepsOrder(entry)) reason = Reason::kOrder;
  // a flow that began with a SYN goes down before it has a rate, or not at all
  const bool leaves = IsTx(flows_.actions.all[table_.entry(entry).action].verdict);
  if (reason == Reason::kAsked && !wish_.always && !leaves) reason = Reason::kRate;
  if (reason != Reason::kAsked) return Stay(entry, reason);
  Pend(entry, table_.now);
}

void DriverFlows::Change(uint32_t entry) {
  Below &b = below_[entry];
  if (!b.in) return Want(entry);
  Kill(b);
  b.in = false;
  size_--;
  if (!KeepsOrder(entry)) return Stay(entry, Reason::kOrder);
  Pend(entry, table_.now + kGraceMs);
}

void DriverFlows::Sync(uint32_t entry) {
  Below &b = below_[entry];
  if (!b.slot) return;
  const DriverSlot &slot = SlotOf(b);
  FlowEntry &e = table_.entry(entry);
  const uint64_t packets = Look(slot.packets), bytes = Look(slot.bytes);
  if (packets == b.packets && bytes == b.bytes) return;
  e.packets += packets - b.packets;
  e.bytes += bytes - b.bytes;
  b.packets = packets;
  b.bytes = bytes;
  if (const uint32_t seen = Look(slot.seen); static_cast<int32_t>(seen - e.seen) > 0) e.seen = seen;
}

void DriverFlows::Visit(uint32_t entry) {
  Sync(entry);
  Below &b = below_[entry];
  const FlowEntry &e = table_.entry(entry);
  const auto packets = static_cast<uint32_t>(e.packets), rate = packets - b.visited;
  b.visited = packets;
  if (b.in) {
    uint16_t word;
    // its action was set again
    if (SlotOf(b).generation != GenerationFor(parts_[b.part], e.action, &word)) Change(entry);
    return;
  }
  if ((b.pending && !b.mark) || table_.IsStale(e, flows_.generation)) return;
  if (wish_.always) return Want(entry);
  if (rate < wish_.promote_at) return;
  Reason reason = MayDescend(entry, &b.part);
  if (reason == Reason::kAsked && !KeepsOrder(entry)) reason = Reason::kOrder;
  if (reason != Reason::kAsked) return Stay(entry, reason);
  Pend(entry, table_.now);
}

bool DriverFlows::Leave(uint32_t entry, const EndedRecord &record) {
  Below &b = below_[entry];
  if (b.in) size_--;
  const bool had = b.slot && !stopped_;
  if (had) {
    if (b.in) Kill(b);
    leaving_.push_back({record, b.packets, b.bytes, b.slot - 1, table_.now, b.part, false});
  }
  b = {};
  return had;
}

void DriverFlows::Invalidate(uint32_t generation) {
  for (DriverPart &part : parts_)
    for (uint32_t queue : part.queues) Tell(&part.maps->words().queue[queue].generation, generation);
}

void DriverFlows::InvalidateAction(uint32_t action) {
  for (DriverPart &part : parts_)
    if (action < part.word.size() && part.word[action] != kNoWord) {
      uint32_t *word = &part.maps->words().action[part.word[action]];
      Tell(word, *word + 1);
    }
}

Status MakeDriverFlows(const Worker &w, Flows &flows, uint32_t table, const DriverWish &wish,
                       std::unique_ptr<LowerLayer> *layer) {
  FlowTable &its = *flows.table[table];
  auto made = std::make_unique<DriverFlows>(&flows, &its, wish);
  RXB_TRY(made->Make());
  FlowMapRequest request;
  request.shape = its.options.shape;
  request.watch = its.options.watch;
  request.capacity = std::min(its.options.capacity, kFlowSlotsMax);
  request.table = table;
  std::vector<const Port *> seen;
  for (uint32_t i = 0; i < w.slot_count; i++) {
    Port *port = w.slots[i].queue->port;
    if (std::find(seen.begin(), seen.end(), port) != seen.end()) continue;
    seen.push_back(port);
    std::shared_ptr<FlowMaps> maps;
    Status status;
    for (uint32_t earlier = 0; earlier < table && status; earlier++)
      if (LowerLayer *lower = flows.table[earlier]->lower.get(); !lower || !lower->KnowAll(w.slots[i].port))
        status = Fail(kNotSupported,
                      "layer: 'xdp': a packet is looked up in the order of the shapes, and the driver comes before the "
                      "worker. So the shapes before this one need layer: 'xdp' or 'auto' too; or leave it to layer: "
                      "'worker'");
    if (status)
      status = port->backend->flow_maps
                   ? port->backend->flow_maps(port, request, &maps)
                   : Fail(kNotSupported,
                          "layer: 'xdp': %s has no XDP program that could execute flows; layer: 'worker' is possible, "
                          "and so is 'auto', which uses the driver where there is one",
                          port->name);
    if (status) made->AddPart(w, port, w.slots[i].port, std::move(maps));
    if (!status && wish.always) return status;
  }
  if (its.options.any_port && seen.size() > 1) {
    if (!wish.always) return {};
    return Fail(
        kNotSupported,
        "layer: 'xdp' with anyPort and %zu ports: each port has a table in its driver. layer: 'worker' is possible",
        seen.size());
  }
  if (!made->empty()) *layer = std::move(made);
  return {};
}

}  // namespace rxb::steer
