// The life of a worker: planned by the control thread, started and finished on its own.
#include "worker.h"

#include <cstdlib>
#include <mutex>
#include <new>
#include <vector>

#include "../memory/pool.h"
#include "../registry.h"
#include "../thread.h"

namespace rxb {

namespace {

Worker *workers[k_workersMax];

// tx(port) means the worker's own queue of that port: the one with the same number as the source's, else its first.
void ResolveTargets(Worker &w, const WorkerRequest &request) {
  for (uint32_t i = 0; i < w.slot_count; i++) {
    Slot &s = w.slots[i];
    memset(s.target, kNoSlot, sizeof s.target);
    for (uint32_t port = 0; port < request.port_count; port++) {
      if (s.queue->port == request.ports[port]) s.port = static_cast<uint8_t>(port);
      for (uint32_t k = w.slot_count; k-- > 0;)
        if (w.slots[k].queue->port == request.ports[port]) s.target[port] = static_cast<uint8_t>(k);
      for (uint32_t k = 0; k < w.slot_count; k++)
        if (w.slots[k].queue->port == request.ports[port] && w.slots[k].queue->index == s.queue->index)
          s.target[port] = static_cast<uint8_t>(k);
    }
  }
}

Status MakePool(Worker &w, uint32_t frames_wanted) {
  const Arena &arena = *TheArena();
  std::vector<uint32_t> frames(frames_wanted);
  uint32_t count;
  {
    std::lock_guard<std::mutex> lock(ControlLock());
    count = TakeFrames(w.id, frames_wanted, frames.data());
  }
  if (count < w.slot_count * w.burst * 2)
    return Fail(
        kNoFrames,
        "worker %u needs at least %u frames and got %u of the arena's %u. Make it larger before the first open(): "
        "configureArena({ frames: %u }), on the command line --frames %u.",
        w.id, w.slot_count * w.burst * 2, count, arena.frame_count, arena.frame_count * 2, arena.frame_count * 2);
  for (uint32_t i = 0; i < w.slot_count && !w.pool; i++) {
    const Backend *backend = w.slots[i].backend;
    if (!backend->make_pool) continue;
    Queue *queues[k_slotsMax];
    uint32_t queue_count = 0;
    for (uint32_t k = i; k < w.slot_count; k++)
      if (Queue *queue = w.slots[k].queue; w.slots[k].backend == backend && !queue->port->own_pool)
        queues[queue_count++] = queue;
    if (queue_count) RXB_TRY(backend->make_pool(queues, queue_count, frames.data(), count, &w.pool));
  }
  if (!w.pool) w.pool = MakeCorePool(frames.data(), count, w.debug);
  if (!w.pool) return Fail(kNoMemory, "worker %u has no memory for its list of %u frames", w.id, count);
  w.pool->poison = w.debug;
  return {};
}

// What alloc() was offered and what the program still owns goes back to the pool: a DPDK pool that misses any keeps
// them all.
void TakeBack(Worker &w) {
  const Arena &arena = *TheArena();
  for (uint32_t frame = 0; frame < arena.frame_count; frame++) {
    if (arena.holder[frame] != w.id + 1 || (arena.state[frame] != kOffered && arena.state[frame] != kKept)) continue;
    uint64_t handle = HandleOf(w.pool, frame);
    arena.state[frame] = kFree;
    w.pool->ops->free(w.pool, &handle, 1);
  }
}

}  // namespace

Worker *WorkerById(uint32_t id) { return id < k_workersMax ? workers[id] : nullptr; }

Status PlanWorker(const WorkerRequest &request, Worker **out) {
  Arena *arena = TheArena();
  if (!arena) return Fail(kBadArgument, "workers.plan() comes after arena.create()");
  uint32_t id = 0;
  while (id < k_workersMax && workers[id]) id++;
  if (id == k_workersMax)
    return Fail(kLimit, "this process has %u workers already, the most there can be", k_workersMax);
  for (uint32_t i = 0; i < request.queue_count; i++) {
    Queue *queue = request.queues[i];
    if (queue->owner)
      return Fail(kQueueTaken, "queue %u of %s belongs to another worker; a queue has one owner at a time",
                  queue->index, queue->port->name);
    for (uint32_t k = 0; k < i; k++)
      if (request.queues[k] == queue)
        return Fail(kQueueTaken, "queue %u of %s is listed twice", queue->index, queue->port->name);
  }
  auto *w = new Worker{};
  w->id = id;
  w->block = &arena->blocks[id];
  memset(static_cast<void *>(w->block), 0, sizeof *w->block);
  w->slot_count = request.queue_count;
  w->burst = request.burst;
  w->cpu = request.cpu;
  w->idle = request.idle;
  w->debug = request.debug;
  w->member = request.member;
  w->fresh_want = request.frames;  // how many alloc() may have at once is settled with the pool
  w->slots =
      static_cast<Slot *>(aligned_alloc(alignof(Slot), sizeof(Slot) * (request.queue_count ? request.queue_count : 1)));
  for (uint32_t i = 0; i < request.queue_count; i++) {
    Slot &s = *new (&w->slots[i]) Slot{};
    Queue *queue = request.queues[i];
    queue->owner = id + 1;
    queue->slot = i;
    queue->columns = &w->block->slot[i];
    queue->wanted_columns = request.columns;
    queue->copied = 0;
    s.segments = queue->port->segments > 1;
    queue->more = s.segments ? s.more : nullptr;
    s.queue = queue;
    s.backend = queue->port->backend;
    s.columns = queue->columns;
    s.columns->all = kUnset;
    s.columns->keeps = 0;
    s.borrowed = queue->port->borrowed;
    s.tx_copies = queue->port->tx_copies;
    w->reaps |= s.backend->reap != nullptr;
    w->finite |= queue->port->finite;
  }
  ResolveTargets(*w, request);
  workers[id] = *out = w;
  return {};
}

Status StartWorker(uint32_t id, Worker **out) {
  Worker *w;
  {
    std::lock_guard<std::mutex> lock(ControlLock());
    w = *out = WorkerById(id);
    if (!w) return Fail(kBadArgument, "there is no worker %u: plan it first", id);
    if (w->state != WorkerState::kPlanned) return Fail(kBadArgument, "worker %u was started already", w->id);
    w->state = WorkerState::kStarting;
  }
  Status status = w->cpu >= 0 ? PinThread(w->cpu) : Status{};
  if (!w->member) NameThread(w->id);
  if (status) status = MakePool(*w, w->fresh_want);
  if (status) {
    // before the rings, which could take every frame of a small pool: alloc() would wait for the first packet
    uint32_t quarter = w->pool->frames / 4;
    w->fresh_want = w->member ? 0 : quarter < k_freshMax ? quarter : k_freshMax;
    OfferFresh(w);
  }
  for (uint32_t i = 0; i < w->slot_count && status; i++) {
    Slot &s = w->slots[i];
    s.queue->pool = w->pool;
    status = s.backend->bind(s.queue);
    s.queue->bound = bool(status);
  }
  if (!status) {
    FinishWorker(w);
    return status;
  }
  w->flows_awake = w->flows;
  w->flushed_ns = w->yielded_ns = w->losses_ns = MonotonicNs();
  w->state = WorkerState::kRunning;
  return {};
}

void FinishWorker(Worker *w) {
  if (w->state == WorkerState::kFinished) return;
  if (w->state == WorkerState::kRunning) {
    for (uint32_t i = 0; i < w->slot_count; i++) {
      // a burst that no verdict came for: the handler threw, or the thread was ended
      Slot &s = w->slots[i];
      if (!s.count) continue;
      s.counter[kCounter_dropped] += s.count - s.continuations;
      s.borrowed ? s.backend->release(s.queue, s.handle, s.count) : w->pool->ops->free(w->pool, s.handle, s.count);
      s.count = s.continuations = 0;
    }
    TakeAudit(w);
  }
  bool zero_copy = false;
  for (uint32_t i = 0; i < w->slot_count; i++) {
    Slot &s = w->slots[i];
    zero_copy |= s.queue->port->mode == Mode::kZeroCopy;
    if (!s.queue->bound) continue;
    s.backend->losses_of(s.queue, s.loss);
    s.backend->unbind(s.queue);
    s.queue->bound = false;
  }
  if (w->state == WorkerState::kRunning) FlushCounters(w);
  delete w->tap;
  w->tap = nullptr;
  if (w->pool) {
    TakeBack(*w);
    w->pool->ops->destroy(w->pool);
  }
  w->pool = nullptr;
  std::lock_guard<std::mutex> lock(ControlLock());
  GiveFramesBack(w->id, zero_copy);
  for (uint32_t i = 0; i < w->slot_count; i++) w->slots[i].queue->owner = 0;
  w->state = WorkerState::kFinished;
}

void ForgetWorker(uint32_t id) {
  Worker *w = WorkerById(id);
  if (!w) return;
  WorkerState state = w->state;
  if (state != WorkerState::kPlanned && state != WorkerState::kFinished) return;
  // One that has finished gave its queues back itself; since then their ports may have been closed.
  for (uint32_t i = 0; state == WorkerState::kPlanned && i < w->slot_count; i++) w->slots[i].queue->owner = 0;
  workers[id] = nullptr;
  delete w->flows;
  free(w->slots);
  delete w;
}

}  // namespace rxb
