// The one hot function: what happens between two calls of the handler. Nothing here allocates or waits,
// except the idle wait that the user chose.
#include <poll.h>
#include <time.h>

#include "../lost.h"
#include "turn_parts.h"

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
constexpr uint32_t kRoundsMax = 8;          // turns without the handler, while tables of flows decide every packet
constexpr long kNapNs = 50'000;             // for devices that can't wake anybody

// Shows which entries of a slot's burst go on.
__attribute__((noinline)) void ShowSegments(Slot &s, uint32_t n) {
  memcpy(s.columns->more, s.more, n);
  s.continuations = n - PacketsIn(s.more, n);
}

// Shows a slot's burst to the handler. One pass; the sum of 256 lengths fits 32 bits.
inline void Publish(Slot &s, Intake &in, uint32_t n) {
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

// Faults and ends of finite ports' queues. A queue that has ended with a fault tells it when its last packets are
// processed. Once nothing can come any more and the program owns no packet, the run may end.
__attribute__((noinline)) void LookForEnd(Worker &w, bool idle) {
  bool ended = idle && !w.kept;
  for (uint32_t i = 0; i < w.slot_count; i++) {
    Queue &queue = *w.slots[i].queue;
    if (queue.fault && (idle || !queue.ended)) ReportFault(w, queue.fault, i, 0, queue.fault_value);
    ended &= queue.ended;
  }
  if (!ended || w.ended) return;
  w.ended = true;
  w.block->head[kHead_attention] |= kAttention_ended;
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
  if (w.flows) w.flows->LookAtClock(w, now);
  if (UNLIKELY(w.finite)) LookForEnd(w, false);
  uint32_t wanted = w.audits_wanted.load(std::memory_order_acquire);
  if (wanted != w.audits_done.load(std::memory_order_relaxed)) {
    FlushCounters(&w);
    TakeAudit(&w);
    w.audits_done.store(wanted, std::memory_order_release);
  }
  if (w.rebinds_wanted.load(std::memory_order_acquire) != w.rebinds_done.load(std::memory_order_relaxed))
    RebindSlots(&w);
}

// Sends the batches that were gathered so far.
PART_OF_TURN void FlushAll(Worker &w) {
  if (!w.queued) return;
  for (Slot *s = w.slots, *end = s + w.slot_count; s < end; s++) Flush(w, *s);
  w.queued = false;
}

// A turn begins with the end of the last burst's life: the handler has given its verdicts, and only now are they
// carried out. So the phases are: reap, verdicts, fresh frames and outbox, transmit, receive, and the clock. The
// handler has the new burst until the next turn.
template<bool kTapped>
PART_OF_TURN void OneTurn(Worker &w) {
  uint32_t *head = w.block->head;
  Slot *const slots = w.slots, *const end = slots + w.slot_count;

  // Reap: frames that devices have sent are free again.
  if (w.reaps)
    for (Slot *s = slots; s < end; s++)
      if (s->backend->reap) s->backend->reap(s->queue);

  // Verdicts: the end of the last burst.
  if (UNLIKELY(w.flows_awake != nullptr)) w.flows_awake->TakeRequests(w);
  for (Slot *s = slots; s < end; s++) ApplyVerdicts<kTapped>(w, *s);

  // Fresh frames and outbox: what the program took by alloc(), and what it gives up.
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

  // Transmit: the batches that were gathered so far.
  FlushAll(w);

  bool stopping = w.stop.load(std::memory_order_relaxed), last = false;
  if (UNLIKELY(stopping)) {
    if (!w.stop_by_ns) w.stop_by_ns = MonotonicNs() + kDrainNs;
    last = MonotonicNs() >= w.stop_by_ns;
  }

  // Receive: the burst that the handler sees next.
  uint32_t received = 0;
  for (Slot *slot = slots; slot < end; slot++) {
    Slot &s = *slot;
    Intake in{{s.handle, s.offset, s.length, false, 0}, false, 0};
    uint32_t n = UNLIKELY(last) ? 0 : s.backend->receive(s.queue, in, w.burst);
    s.count = s.columns->count = n;
    if (!n) continue;
    if (!in.published) Publish(s, in, n);
    s.bits = in.bits;
    s.bytes = in.bytes;
    s.counter[kCounter_rx] += n;
    s.counter[kCounter_rxBytes] += in.bytes;
    received += n;
    if (UNLIKELY(s.segments)) {
      ShowSegments(s, n);
      s.counter[kCounter_rx] -= s.continuations;
    }
    if (kTapped) w.tap->Enter(w, s, n);
    if (UNLIKELY(w.flows_awake != nullptr)) s.count = s.columns->count = w.flows_awake->Receive(w, s, n);
  }
  if (UNLIKELY(w.flows_awake != nullptr)) {
    // what its flow sends on goes now, and what is in front of the handler goes after it
    w.flows_awake->EndReceive(w, received);
    FlushAll(w);
  }
  if (UNLIKELY(stopping) && !received && (last || !busy)) head[kHead_attention] |= kAttention_stop;

  // The clock, and sleep where there is nothing to do.
  w.turn_count++;
  if (LIKELY(received || busy)) {
    w.empty_turns = 0;
    if (UNLIKELY(!(w.turn_count % kClockTurns))) LookAtClock(w, false);
    return;
  }
  w.slots[0].counter[kCounter_emptyTurns]++;
  w.empty_turns++;
  if (UNLIKELY(w.finite)) LookForEnd(w, true);
  if (w.idle == Idle::kSpin || stopping || (w.idle == Idle::kAdaptive && w.empty_turns < kAdaptiveTurns)) {
    if (!(w.turn_count % kClockTurns)) LookAtClock(w, w.idle != Idle::kSpin);
    return;
  }
  Wait(w);
  LookAtClock(w, true);
}

// A burst whose packets all had a flow need not cross to TypeScript: the next one follows, until the clock asks for a
// yield.
PART_OF_TURN bool GoesOn(const Worker &w, uint32_t *rounds) {
  return UNLIKELY(w.flows_awake && w.flows_awake->all_hit && ++*rounds < kRoundsMax && !w.block->head[kHead_attention]);
}

#ifndef RXBURST_WITHOUT_TAP
// The same turn for a worker that is captured. Apart, so that one without captures pays a single branch for them.
__attribute__((noinline)) void TurnWithTap(Worker &w) {
  uint32_t rounds = 0;
  do OneTurn<true>(w);
  while (GoesOn(w, &rounds));
}
#endif

}  // namespace

uint64_t MonotonicNs() {
  timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return uint64_t(t.tv_sec) * 1'000'000'000 + t.tv_nsec;
}

// Built twice, for wide vectors and for any x86-64; the loader takes what the machine has.
#if defined(__x86_64__) && defined(__GLIBC__)
__attribute__((target_clones("arch=x86-64-v3", "default")))
#endif
void Turn(Worker *worker) {
#ifndef RXBURST_WITHOUT_TAP  // the benchmark's yardstick for a worker that nobody captures
  if (UNLIKELY(worker->tap != nullptr)) return TurnWithTap(*worker);
#endif
  uint32_t rounds = 0;
  do OneTurn<false>(*worker);
  while (GoesOn(*worker, &rounds));
}

}  // namespace rxb
