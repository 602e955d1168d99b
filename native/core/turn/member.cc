// A worker without its loop: starts, pumps and ends on a thread that does other things too.
#include "member.h"

#include <memory>
#include <mutex>

#include "../lost.h"
#include "../registry.h"
#include "turn_parts.h"

namespace rxb {

namespace {

constexpr uint64_t kLossesEachNs = 100'000'000;

Status CheckQueues(const MemberRequest &request) {
  if (!request.queue_count) return Fail(kBadArgument, "a member wants a queue");
  for (uint32_t i = 0; i < request.queue_count; i++)
    if (const Port *port = request.queues[i]->port; port->segments > 1)
      return Fail(kNotSupported, "%s was opened with segments: a member takes packets of one frame. Open it without.",
                  port->name);
  return {};
}

}  // namespace

Status Member::Start(const MemberRequest &request, Member **out) {
  WorkerRequest plan{};
  plan.cpu = -1;
  plan.burst = kPumpMax;
  plan.member = true;
  plan.frames = request.frames;
  plan.queue_count = request.queue_count;
  memcpy(plan.queues, request.queues, sizeof plan.queues);
  std::unique_ptr<Member> member(new Member);
  member->request_ = request;
  {
    std::lock_guard<std::mutex> lock(ControlLock());
    RXB_TRY(CheckQueues(request));
    RXB_TRY(PlanWorker(plan, &member->worker_));
  }
  Worker *started = nullptr;
  RXB_TRY(StartWorker(member->id(), &started));
  for (uint32_t i = 0; i < request.queue_count; i++)
    if (member->Descriptor(i) < 0)
      return Fail(kNotSupported, "%s has no descriptor to wait for, which a member wants",
                  request.queues[i]->port->name);
  *out = member.release();
  return {};
}

Member::~Member() {
  if (!worker_) return;
  FinishWorker(worker_);
  std::lock_guard<std::mutex> lock(ControlLock());
  ForgetWorker(worker_->id);
}

void Member::Close() { FinishWorker(worker_); }

int Member::Descriptor(uint32_t queue) const {
  const Slot &s = worker_->slots[queue];
  return s.backend->descriptor(s.queue);
}

// Offers packets to the device. One that no device takes is rejected and stops no other; the first that it refuses
// otherwise ends it.
void Member::Send(Slot &s, const Packets &p, uint32_t n) {
  for (uint32_t at = 0; at < n;) {
    const Packets rest{p.handle + at, p.offset + at, p.length + at, true, p.bits};
    const bool may = !s.borrowed || s.tx_copies;  // else the device would keep memory that is only lent
    const uint32_t sent = may ? s.backend->transmit(s.queue, rest, n - at) : 0;
    for (uint32_t i = 0; i < sent; i++) s.counter[kCounter_txBytes] += rest.length[i];
    if (s.tx_copies && sent) FreeFor(*worker_, &s, rest.handle, sent);
    at += sent;
    s.counter[kCounter_tx] += sent;
    counts_.sent += sent;
    if (at == n) return;
    const uint32_t refused = may && Unsendable(s.queue->port, p.length[at]) ? 1 : n - at;
    FreeFor(*worker_, &s, p.handle + at, refused);
    at += refused;
    s.counter[kCounter_rejected] += refused;
    counts_.rejected += refused;
  }
}

// The end of a burst, by what the handler has said of each packet. What was delivered is in a worker's books among the
// dropped.
void Member::Settle(Slot &s, const Fate *fate, uint32_t n) {
  uint64_t handle[4][kPumpMax];
  uint32_t offset[4][kPumpMax], length[4][kPumpMax], count[4] = {};
  for (uint32_t i = 0; i < n; i++) {
    const auto kind = static_cast<uint32_t>(fate[i]) & 3;
    const uint32_t at = count[kind]++;
    handle[kind][at] = s.handle[i];
    offset[kind][at] = s.offset[i];
    length[kind][at] = s.length[i];
  }
  const auto of = [&](Fate kind) { return count[static_cast<uint32_t>(kind)]; };
  const auto packets = [&](Fate kind) {
    const auto k = static_cast<uint32_t>(kind);
    return Packets{handle[k], offset[k], length[k], true, s.bits};
  };
  for (Fate kind : {Fate::kDropped, Fate::kDelivered}) {
    if (!of(kind)) continue;
    s.counter[kCounter_dropped] += of(kind);
    (kind == Fate::kDropped ? counts_.dropped : counts_.delivered) += of(kind);
    FreeFor(*worker_, &s, packets(kind).handle, of(kind));
  }
  if (const uint32_t asked = of(Fate::kToKernel)) {
    const bool can = s.backend->pass && s.queue->port->can_pass;
    const uint32_t passed = can ? s.backend->pass(s.queue, packets(Fate::kToKernel), asked) : 0;
    s.counter[kCounter_passed] += passed;
    s.counter[kCounter_rejected] += asked - passed;
    counts_.to_kernel += passed;
    counts_.rejected += asked - passed;
    FreeFor(*worker_, &s, packets(Fate::kToKernel).handle, asked);
  }
  if (of(Fate::kSent)) Send(s, packets(Fate::kSent), of(Fate::kSent));
}

uint32_t Member::PumpSlot(Slot &s) {
  Intake in{{s.handle, s.offset, s.length, false, 0}, false, 0};
  const uint32_t n = s.backend->receive(s.queue, in, kPumpMax);
  if (!n) return 0;
  s.count = n;
  s.bits = 0;
  for (uint32_t i = 0; i < n; i++) {
    s.bits |= s.length[i];
    s.counter[kCounter_rxBytes] += s.length[i];
  }
  s.counter[kCounter_rx] += n;
  counts_.rx += n;
  Fate fate[kPumpMax] = {};
  request_.handle(request_.context, {s.queue, TheArena()->memory, s.offset, s.length, n, fate});
  s.count = 0;
  Settle(s, fate, n);
  return n;
}

// What other threads have asked for.
void Member::LookAround(uint64_t now) {
  Worker &w = *worker_;
  if (now - w.losses_ns >= kLossesEachNs) {
    w.losses_ns = now;
    ReadLosses(&w);
  }
  FlushCounters(&w);
  const uint32_t wanted = w.audits_wanted.load(std::memory_order_acquire);
  if (wanted != w.audits_done.load(std::memory_order_relaxed)) {
    TakeAudit(&w);
    w.audits_done.store(wanted, std::memory_order_release);
  }
  if (w.rebinds_wanted.load(std::memory_order_acquire) != w.rebinds_done.load(std::memory_order_relaxed))
    RebindSlots(&w);
}

uint32_t Member::Pump() {
  if (pumping_) return 0;
  pumping_ = true;
  Worker &w = *worker_;
  uint32_t received = 0;
  for (uint32_t i = 0; i < w.slot_count; i++)
    if (w.slots[i].backend->reap) w.slots[i].backend->reap(w.slots[i].queue);
  for (uint32_t i = 0; i < w.slot_count; i++) received += PumpSlot(w.slots[i]);
  counts_.pumps++;
  w.turn_count++;
  LookAround(MonotonicNs());
  pumping_ = false;
  return received;
}

}  // namespace rxb
