// Ports that lost their interface, as JavaScript calls it: lost, opened again, attached again, and the workers that
// look after it.
#include "../../core/lost.h"
#include "../../core/registry.h"
#include "../../core/worker/worker.h"
#include "../values/arguments.h"
#include "../values/errors.h"
#include "../values/exports.h"

namespace rxb {

namespace {

// ports.loss(id) -> null, or {why, forGood}
Napi::Value PortLossCall(const Napi::CallbackInfo &info) {
  Arguments in(info, "ports.loss");
  const uint32_t id = PortId(&in);
  if (!in.ok()) return in.Throw();
  char why[256] = "";
  Lost loss = PortLoss(id, why, sizeof why);
  if (loss == Lost::kNone) return info.Env().Null();
  auto out = Napi::Object::New(info.Env());
  out["why"] = why;
  out["forGood"] = loss == Lost::kForGood;
  return out;
}

Napi::Value LosePortCall(const Napi::CallbackInfo &info) {
  Arguments in(info, "ports.lose");
  const uint32_t id = PortId(&in);
  if (!in.ok()) return in.Throw();
  LosePort(id);
  return info.Env().Undefined();
}

// ports.reopen(id) -> '', or why it can't be yet
Napi::Value ReopenPortCall(const Napi::CallbackInfo &info) {
  Arguments in(info, "ports.reopen");
  const uint32_t id = PortId(&in);
  if (!in.ok()) return in.Throw();
  Status status = ReopenPort(id);
  return Napi::String::New(info.Env(), status.message);
}

// ports.reattach(id) -> '', or why it can't be
Napi::Value ReattachPortCall(const Napi::CallbackInfo &info) {
  Arguments in(info, "ports.reattach");
  const uint32_t id = PortId(&in);
  if (!in.ok()) return in.Throw();
  Status status = ReattachPort(id);
  return Napi::String::New(info.Env(), status.message);
}

// workers.requestRebind(workerId): a running worker looks after its lost ports at its next look at the clock.
Napi::Value RequestRebind(const Napi::CallbackInfo &info) {
  Arguments in(info, "workers.requestRebind");
  const uint32_t id = WorkerId(&in);
  if (!in.ok()) return in.Throw();
  std::lock_guard<std::mutex> lock(ControlLock());
  if (Worker *worker = WorkerById(id)) worker->rebinds_wanted.fetch_add(1, std::memory_order_release);
  return info.Env().Undefined();
}

// workers.rebindResult(workerId) -> null while it has not looked yet, then '' or what failed; '' of a worker that has
// ended
Napi::Value RebindResult(const Napi::CallbackInfo &info) {
  Arguments in(info, "workers.rebindResult");
  const uint32_t id = WorkerId(&in);
  if (!in.ok()) return in.Throw();
  std::lock_guard<std::mutex> lock(ControlLock());
  Worker *worker = WorkerById(id);
  if (!worker || worker->state != WorkerState::kRunning) return Napi::String::New(info.Env(), "");
  if (worker->rebinds_done.load(std::memory_order_acquire) != worker->rebinds_wanted.load(std::memory_order_relaxed))
    return info.Env().Null();
  return Napi::String::New(info.Env(), worker->rebind_status.message);
}

}  // namespace

void ExportLosses(Napi::Env, Napi::Object exports) {
  Export(exports, "ports.loss", PortLossCall);
  Export(exports, "ports.lose", LosePortCall);
  Export(exports, "ports.reopen", ReopenPortCall);
  Export(exports, "ports.reattach", ReattachPortCall);
  Export(exports, "workers.requestRebind", RequestRebind);
  Export(exports, "workers.rebindResult", RebindResult);
}

}  // namespace rxb
