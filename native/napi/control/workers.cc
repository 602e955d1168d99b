// The life of a worker as JavaScript calls it: planned in the main thread, started, turned and finished in its own.
#include <vector>

#include "../../core/core_table.h"
#include "../../core/registry.h"
#include "../../core/worker/worker.h"
#include "../values/errors.h"
#include "../values/exports.h"
#include "../values/fields.h"
#include "current.h"

namespace rxb {

namespace {

thread_local Worker *current;  // Turn() has no argument

constexpr uint32_t kIdleLast = uint32_t(Idle::kWait);

struct QueueOf {
  uint32_t port, queue;
};

// Arguments have been read by now: reading them may run JavaScript, which must not find the lock held.
Status Plan(WorkerRequest *request, const std::vector<QueueOf> &queues, const std::vector<uint32_t> &ports,
            uint32_t *id) {
  if (queues.size() > k_slotsMax)
    return Fail(kLimit, "a worker owns at most %u queues; %zu were given", k_slotsMax, queues.size());
  if (ports.size() > k_portsMax)
    return Fail(kLimit, "a data plane has at most %u ports; %zu were given", k_portsMax, ports.size());
  std::lock_guard<std::mutex> lock(ControlLock());
  for (const auto [number, index] : queues) {
    Port *port = PortById(number);
    if (!port) return Fail(kClosed, "a port given to run() is closed");
    if (index >= k_queuesMax || !port->queues[index])
      return Fail(kNoQueue, "%s was not opened with queue %u", port->name, index);
    request->queues[request->queue_count++] = port->queues[index];
  }
  for (uint32_t port : ports) request->ports[request->port_count++] = PortById(port);
  Worker *worker = nullptr;
  RXB_TRY(PlanWorker(*request, &worker));
  *id = worker->id;
  return {};
}

// workers.plan({cpu, burst, idle, debug, frames, columns, queues: [{port, queue}], ports: [id]}) -> worker id
Napi::Value PlanWorkerCall(const Napi::CallbackInfo &info) {
  Arguments in(info, "workers.plan");
  Fields plan(&in, info[0], "the plan");
  WorkerRequest request{};
  request.cpu = plan.Cpu("cpu");
  request.burst = plan.Whole("burst", k_burstMax);
  request.idle = static_cast<Idle>(plan.Whole("idle", kIdleLast));
  request.debug = plan.Flag("debug");
  request.frames = plan.Whole("frames", k_framesMax);
  request.columns = plan.Whole("columns");
  std::vector<QueueOf> queues;
  for (const Napi::Value &item : plan.Items("queues", k_queuesMax * k_portsMax)) {
    Fields queue(&in, item, "a queue");
    const uint32_t port = queue.Whole("port");
    queues.push_back({port, queue.Whole("queue")});
  }
  const std::vector<uint32_t> ports = plan.Wholes("ports", k_portsMax * k_queuesMax);
  if (!request.burst) in.Refuse(Fail(kBadArgument, "workers.plan: a burst has at least one packet"));
  uint32_t id = 0;
  if (in.ok()) in.Refuse(Plan(&request, queues, ports, &id));
  return in.ok() ? Napi::Number::New(info.Env(), id) : in.Throw();
}

// For a module apart; see core_table.h.
const CoreTable kCoreTable = {kCoreAbi,      LayoutNumber(),         sizeof(Worker), sizeof(Slot),
                              sizeof(Arena), [] { return current; }, Turn,           TheArena};

void FinishAtExit(void *worker) {
  current = nullptr;
  FinishWorker(static_cast<Worker *>(worker));
}

// In the worker's own thread. Whatever ends the thread, the cleanup hook closes its queues.
Napi::Value StartWorkerCall(const Napi::CallbackInfo &info) {
  Arguments in(info, "workers.start");
  const uint32_t id = WorkerId(&in);
  if (current) in.Refuse(Fail(kBadArgument, "workers.start: this thread runs worker %u already", current->id));
  Worker *worker = nullptr;
  if (in.ok()) in.Refuse(StartWorker(id, &worker));
  if (!in.ok()) return in.Throw();
  current = worker;
  napi_add_env_cleanup_hook(info.Env(), FinishAtExit, worker);
  return info.Env().Undefined();
}

Napi::Value FinishWorkerCall(const Napi::CallbackInfo &info) {
  if (current) {
    napi_remove_env_cleanup_hook(info.Env(), FinishAtExit, current);
    FinishWorker(current);
  }
  current = nullptr;
  return info.Env().Undefined();
}

// The one crossing per turn: raw N-API, no argument, no result. Its counts and columns are in the arena.
napi_value TurnCall(napi_env env, napi_callback_info) {
  if (__builtin_expect(current != nullptr, 1))
    Turn(current);
  else
    Throw(env, Fail(kBadArgument, "turn: no worker runs in this thread: call workers.start() first"));
  return nullptr;
}

Napi::Value ForgetWorkerCall(const Napi::CallbackInfo &info) {
  Arguments in(info, "workers.forget");
  const uint32_t id = WorkerId(&in);
  if (!in.ok()) return in.Throw();
  std::lock_guard<std::mutex> lock(ControlLock());
  if (const Worker *worker = WorkerById(id); worker && !worker->member) ForgetWorker(id);  // a member forgets itself
  return info.Env().Undefined();
}

Napi::Value StopWorkerCall(const Napi::CallbackInfo &info) {
  Arguments in(info, "workers.stop");
  const uint32_t id = WorkerId(&in);
  if (!in.ok()) return in.Throw();
  std::lock_guard<std::mutex> lock(ControlLock());
  if (Worker *worker = WorkerById(id)) worker->stop.store(true, std::memory_order_relaxed);
  return info.Env().Undefined();
}

}  // namespace

Worker *CurrentWorker() { return current; }

extern "C" __attribute__((visibility("default"))) const CoreTable *rxburst_core() { return &kCoreTable; }

void ExportWorkers(Napi::Env env, Napi::Object exports) {
  Export(exports, "workers.plan", PlanWorkerCall);
  Export(exports, "workers.start", StartWorkerCall);
  Export(exports, "workers.finish", FinishWorkerCall);
  Export(exports, "workers.forget", ForgetWorkerCall);
  Export(exports, "workers.stop", StopWorkerCall);
  napi_value turn;
  napi_create_function(env, "turn", NAPI_AUTO_LENGTH, TurnCall, nullptr, &turn);
  exports["turn"] = Napi::Value(env, turn);
}

}  // namespace rxb
