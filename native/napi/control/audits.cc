// The audit of a worker as JavaScript calls it: asked for, and its result when the worker has made it.
#include "../../core/registry.h"
#include "../../core/worker/worker.h"
#include "../values/arguments.h"
#include "../values/errors.h"
#include "../values/exports.h"

namespace rxb {

namespace {

// workers.requestAudit(id): a running worker checks its books at its next look at the clock.
Napi::Value RequestAudit(const Napi::CallbackInfo &info) {
  Arguments in(info, "workers.requestAudit");
  const uint32_t id = WorkerId(&in);
  if (!in.ok()) return in.Throw();
  std::lock_guard<std::mutex> lock(ControlLock());
  if (Worker *worker = WorkerById(id)) worker->audits_wanted.fetch_add(1, std::memory_order_release);
  return info.Env().Undefined();
}

// workers.auditResult(id) -> null while it is being made
Napi::Value AuditResult(const Napi::CallbackInfo &info) {
  Arguments in(info, "workers.auditResult");
  const uint32_t id = WorkerId(&in);
  if (!in.ok()) return in.Throw();
  std::lock_guard<std::mutex> lock(ControlLock());
  Worker *worker = WorkerById(id);
  if (!worker) return info.Env().Null();
  bool finished = worker->state == WorkerState::kFinished;
  if (!finished &&
      worker->audits_done.load(std::memory_order_acquire) != worker->audits_wanted.load(std::memory_order_relaxed))
    return info.Env().Null();
  const Audit &a = worker->audit;
  auto out = Napi::Object::New(info.Env());
  out["ok"] = a.ok;
  out["problem"] = a.problem;
#define NUMBER(name) out[#name] = static_cast<double>(static_cast<int64_t>(a.name))
  NUMBER(frames), NUMBER(free), NUMBER(posted), NUMBER(received), NUMBER(burst), NUMBER(kept), NUMBER(queued);
  NUMBER(rx), NUMBER(fresh), NUMBER(tx), NUMBER(dropped), NUMBER(passed), NUMBER(rejected), NUMBER(copied),
      NUMBER(hits), NUMBER(shown);
#undef NUMBER
  return out;
}

}  // namespace

void ExportAudits(Napi::Env, Napi::Object exports) {
  Export(exports, "workers.requestAudit", RequestAudit);
  Export(exports, "workers.auditResult", AuditResult);
}

}  // namespace rxb
