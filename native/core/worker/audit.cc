// Checks the sums that must hold between two turns: every packet and every frame accounted for, counted two ways.
#include "worker.h"

namespace rxb {

namespace {

void Show(double *cell, uint64_t count) {
  double value = static_cast<double>(static_cast<int64_t>(count));  // `fresh` may fall below 0
  __atomic_store(cell, &value, __ATOMIC_RELAXED);
}

}  // namespace

// Readers look at the copy before the one that is written here, so a worker that loses its CPU in the middle shows
// whole counts all the same. What they read is good if `flushes` stands where it stood (lib/control/stats.ts): no store
// below may come before the last one to `flushes`, and none after the next one.
void FlushCounters(Worker *w) {
  if (w->flows) w->flows->CountRested(*w);
  w->slots[0].counter[kCounter_kept] = w->kept;
  w->slots[0].counter[kCounter_turns] = w->turn_count;
  uint32_t flushes = ++w->flushes;
  __atomic_thread_fence(__ATOMIC_RELEASE);
  for (uint32_t i = 0; i < w->slot_count; i++) {
    Slot &s = w->slots[i];
    s.counter[kCounter_burst] = s.count - s.continuations;
    if (!w->flows) s.counter[kCounter_shown] = s.counter[kCounter_rx];
    double *cells = w->block->cells[flushes % 2][i];
    for (uint32_t k = 0; k < kCounters; k++)
      Show(&cells[k], s.counter[k] + (k == kCounter_copied ? s.queue->copied : 0));
    for (uint32_t k = 0; k < k_lossesMax; k++) Show(&cells[kCounters + k], s.loss[k]);
  }
  __atomic_store_n(&w->block->head[kHead_flushes], flushes, __ATOMIC_RELEASE);
}

void ReadLosses(Worker *w) {
  for (uint32_t i = 0; i < w->slot_count; i++) w->slots[i].backend->losses_of(w->slots[i].queue, w->slots[i].loss);
}

// The books (pool, queues, gauges) against the table of who holds each frame.
void TakeAudit(Worker *w) {
  const Arena &arena = *TheArena();
  Audit a{};
  uint32_t taken = __atomic_load_n(&w->block->head[kHead_freshTaken], __ATOMIC_RELAXED);
  if (taken) OfferFresh(w);
  PoolCounts counts{};
  w->pool->ops->count(w->pool, &counts);
  if (w->flows) w->flows->CountRested(*w);
  a.frames = w->pool->frames;
  a.free = counts.free + w->fresh_ready;
  a.kept = static_cast<uint32_t>(w->kept);
  for (uint32_t i = 0; i < w->slot_count; i++) {
    Slot &s = w->slots[i];
    uint32_t posted = 0, received = 0, queued = 0;
    s.backend->held(s.queue, &posted, &received, &queued);
    a.posted += posted;
    a.received += received;
    a.queued += queued;
    if (!s.borrowed) a.burst += s.count;
    a.rx += s.counter[kCounter_rx];
    a.fresh += s.counter[kCounter_fresh];
    a.tx += s.counter[kCounter_tx];
    a.dropped += s.counter[kCounter_dropped];
    a.passed += s.counter[kCounter_passed];
    a.rejected += s.counter[kCounter_rejected];
    a.copied += s.counter[kCounter_copied] + s.queue->copied;
    a.hits += s.counter[kCounter_hits];
    a.shown += w->flows ? s.counter[kCounter_shown] : s.counter[kCounter_rx];
  }
  uint64_t in_front = 0;
  for (uint32_t i = 0; i < w->slot_count; i++) in_front += w->slots[i].count - w->slots[i].continuations;
  uint64_t in = a.rx + a.fresh, out = a.tx + a.dropped + a.passed + a.rejected + a.kept + in_front;
  a.ok = true;
  if (in != out) {
    a.ok = false;
    snprintf(a.problem, sizeof a.problem, "packets: rx + fresh is %llu, what became of them %llu",
             (unsigned long long)in, (unsigned long long)out);
  }
  if (a.ok && a.rx != a.hits + a.shown) {
    a.ok = false;
    snprintf(a.problem, sizeof a.problem, "packets: rx is %llu, hits and shown are %llu and %llu",
             (unsigned long long)a.rx, (unsigned long long)a.hits, (unsigned long long)a.shown);
  }
  uint32_t sum = a.free + a.posted + a.received + a.burst + a.kept + a.queued;
  if (a.ok && sum != a.frames) {
    a.ok = false;
    snprintf(a.problem, sizeof a.problem, "frames: the pool has %u, the books say %u", a.frames, sum);
  }
  if (a.ok && w->pool->tracks_states) {
    uint32_t by_state[kQueued + 1] = {};
    for (uint32_t i = 0; i < arena.frame_count; i++)
      if (arena.holder[i] == w->id + 1) by_state[WithoutSlot(arena.state[i])]++;
    uint32_t free = by_state[kFree] + by_state[kOffered], with_rx = by_state[kPosted];
    if (free != a.free || with_rx != a.posted + a.received || by_state[kInBurst] != a.burst ||
        by_state[kKept] != a.kept || by_state[kQueued] != a.queued) {
      a.ok = false;
      snprintf(a.problem, sizeof a.problem,
               "frames: the table says %u free, %u with receive queues, %u in bursts, %u kept, %u queued", free,
               with_rx, by_state[kInBurst], by_state[kKept], by_state[kQueued]);
    }
  }
  w->audit = a;
}

}  // namespace rxb
