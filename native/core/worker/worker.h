// A worker: the queues, frames and counters that one thread owns while a data plane runs.
#pragma once
#include <atomic>

#include "../backend.h"

namespace rxb {

enum class Idle : uint8_t { kSpin, kAdaptive, kWait };
enum class WorkerState : uint8_t { kPlanned, kStarting, kRunning, kFinished };

struct Slot;
struct Worker;

// What tables of flows do in a turn: native/flows, which lies above this room. A worker without tables has none.
struct FlowLayer {
  bool all_hit = false;  // no packet of this turn is in front of the handler, and some came

  virtual ~FlowLayer() = default;
  // Before verdicts: carries out what the program wrote into its requests.
  virtual void TakeRequests(Worker &) = 0;
  // Puts what actions say in the place of the verdict FLOW: in the slot's column, and in its offsets and lengths. `all`
  // as in the columns.
  virtual void ResolveVerdicts(Worker &, Slot &, uint32_t n, uint32_t *all, bool *moved) = 0;
  // Decides the packets of a slot that have a flow; those left stand in front, and their number is returned.
  virtual uint32_t Receive(Worker &, Slot &, uint32_t n) = 0;
  // Behind the last Receive() of a turn.
  virtual void EndReceive(Worker &, uint32_t received) = 0;
  virtual void LookAtClock(Worker &, uint64_t now_ns) = 0;
  // Brings up to date what is counted of packets that came while it rested (Worker::flows_awake).
  virtual void CountRested(Worker &) = 0;
};

// Packets of one slot that leave a burst.
struct Leaving {
  uint32_t count;
  uint32_t all;            // as in the columns
  const uint8_t *verdict;  // of each, where `all` is none
  const uint8_t *skipped;  // those set are not meant; null: none
  const uint32_t *action;  // + 1, of the flows that decided; null: the handler did
};

// What captures do in a turn: native/tap, which lies above this room. A worker that nobody captures has none.
struct TapLayer {
  virtual ~TapLayer() = default;
  // A burst as it was received, before any table of flows.
  virtual void Enter(Worker &, Slot &, uint32_t n) = 0;
  // Packets with what becomes of them, their bytes as they leave.
  virtual void Leave(Worker &, Slot &, const Leaving &) = 0;
  // A packet of a slot's burst that leaves as a copy, with other bytes.
  virtual void LeaveAs(Worker &, Slot &, uint32_t i, const Packets &copy, uint32_t verdict, uint32_t action) = 0;
  // A packet that the program owned, in so many segments.
  virtual void LeaveOwned(Worker &, const Packets &, uint32_t segments, uint32_t verdict) = 0;
  // Entry `from` of a slot's burst is at `to` now.
  virtual void Move(Slot &, uint32_t to, uint32_t from) = 0;
};

// Packets on their way to one queue, gathered over a turn.
struct Batch {
  static constexpr uint32_t kMax = 2 * k_burstMax;
  uint32_t count = 0;
  bool moved = false;      // as in Packets
  bool segmented = false;  // holds a packet of several segments
  uint32_t bits = 0;
  uint64_t handle[kMax];
  uint32_t offset[kMax];
  uint32_t length[kMax];
  uint8_t more[kMax];
};

// One queue as its worker sees it. What the columns in the arena say is checked against what stands here.
struct alignas(64) Slot {
  Queue *queue;
  const Backend *backend;
  SlotColumns *columns;
  bool borrowed, tx_copies;
  bool segments;           // the port has packets of several segments
  bool absent;             // the port is lost and the queue closed: `backend` is kAbsentBackend
  uint32_t count;          // entries in front of the handler
  uint32_t continuations;  // entries of them that are not the first of their packet
  uint32_t bits, bytes;    // their lengths, or'ed and added up
  uint32_t keeps;          // SlotColumns::keeps of the burst whose verdicts are applied
  uint64_t counter[kCounters];
  uint64_t loss[k_lossesMax];
  uint8_t target[k_portsMax];  // tx(port) -> slot, or kNoSlot
  uint8_t port;                // its own port's index in verdicts
  uint64_t handle[k_burstMax];
  uint32_t offset[k_burstMax];
  uint32_t length[k_burstMax];
  uint32_t kept[k_burstMax / 32];  // SlotColumns::kept; means nothing while `keeps` is 0
  Batch out;
  uint8_t more[k_burstMax];  // as Queue::more; last, because few ports have it
};
constexpr uint8_t kNoSlot = 0xff;

struct Audit {
  uint32_t frames, free, posted, received, burst, kept, queued;
  uint64_t rx, fresh, tx, dropped, passed, rejected, copied, hits, shown;
  bool ok;
  char problem[160];
};

struct Worker {
  uint32_t id;
  std::atomic<WorkerState> state;  // changed by the worker's thread, once that has begun
  WorkerBlock *block;
  Pool *pool;
  uint32_t slot_count, burst;
  int cpu;  // -1: not pinned
  Idle idle;
  bool debug;
  bool member;  // it has no loop: its thread is somebody else's (member.h)
  bool reaps;   // some slot's backend has to be asked for what it has sent
  bool queued;  // some slot's batch holds packets
  bool finite;  // some slot's port is finite
  bool ended;   // nothing comes any more, and all of it was processed: the control thread was told
  Slot *slots;
  FlowLayer *flows;        // null without tables
  FlowLayer *flows_awake;  // what a turn asks: the same, or null while no table has a flow and nobody makes one
  TapLayer *tap;           // null without captures

  // fresh frames in alloc()'s list; those before the word freshTaken are the program's already
  uint64_t fresh_handle[k_freshMax];
  uint32_t fresh_offset[k_freshMax];
  uint32_t fresh_ready, fresh_want;
  uint64_t kept;  // frames the program owns

  // asked for by the control thread
  std::atomic<bool> stop;
  std::atomic<uint32_t> audits_wanted, audits_done;
  Audit audit;
  std::atomic<uint32_t> rebinds_wanted, rebinds_done;
  Status rebind_status;  // of the last rebind that was done

  // the clock, read every few turns
  uint32_t turn_count, empty_turns, flushes;
  uint64_t flushed_ns, yielded_ns, losses_ns, stop_by_ns;
};

struct WorkerRequest {
  int cpu;
  uint32_t burst;
  Idle idle;
  bool debug;
  bool member;
  uint32_t frames;
  uint32_t columns;  // ColumnBits wanted
  Queue *queues[k_slotsMax];
  uint32_t queue_count;
  Port *ports[k_portsMax];  // in the order in which verdicts name them
  uint32_t port_count;
};

// Control thread, under the control lock: reserves the queues, the frames and the shared block. Nothing is opened yet.
Status PlanWorker(const WorkerRequest &, Worker **);
// Worker's thread: pins it, makes the pool, binds every queue. On failure everything is undone but the plan.
Status StartWorker(uint32_t id, Worker **);
// Worker's thread, or its environment's cleanup: closes the queues and gives every frame back. Twice is fine.
void FinishWorker(Worker *);
// Control thread, under the control lock: frees the plan of a worker that is planned or finished, and of no other. The
// ports of one that has finished may be closed by now.
void ForgetWorker(uint32_t id);
Worker *WorkerById(uint32_t id);  // under the control lock, but for the worker's own thread

void Turn(Worker *);           // turn.cc
void FlushCounters(Worker *);  // copies the counters into the arena
void ReadLosses(Worker *);
void TakeAudit(Worker *);   // audit.cc
void OfferFresh(Worker *);  // owned_frames.cc
uint64_t MonotonicNs();

}  // namespace rxb
