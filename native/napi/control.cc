// The control plane as JavaScript calls it: arguments in, registry and worker functions, plain objects out.
#include "control.h"

#include <unistd.h>

#include <string>
#include <vector>

#include "../core/lost.h"
#include "../core/module.h"
#include "../core/registry.h"
#include "../core/worker.h"

namespace rxb {

namespace {

// What one environment (the main thread or a worker) keeps.
struct Environment {
  Napi::FunctionReference error_class;
  Worker *worker = nullptr;
};

thread_local Worker *current;  // the worker that this thread runs; Turn() has no argument

const char *ErrorName(int code) {
  switch (code) {
#define X(id, name, meaning) \
  case id:                   \
    return name;
    RXB_ERRORS(X)
#undef X
  }
  return "ERR_SYSTEM";
}

const char *ModeName(Mode mode) { return mode == Mode::kZeroCopy ? "zero-copy" : mode == Mode::kCopy ? "copy" : "none"; }
const char *XdpName(Xdp xdp) { return xdp == Xdp::kNative ? "native" : xdp == Xdp::kGeneric ? "generic" : "none"; }

std::string Text(const Napi::Value &value) { return value.IsString() ? value.As<Napi::String>().Utf8Value() : std::string(); }
uint32_t Number(const Napi::Value &value) { return value.IsNumber() ? value.As<Napi::Number>().Uint32Value() : 0; }

// The end of a thread that had the arena: Node has ended the workers that it started.
void LetArenaGo(void *) {
  std::lock_guard<std::mutex> lock(ControlLock());
  for (uint32_t id = 0; id < k_workersMax; id++) ForgetWorker(id);
  CloseAllPorts();
  ReleaseArena(AnyModuleLoaded());
}

// arenaTaken() -> whether some thread has the arena
Napi::Value ArenaTaken(const Napi::CallbackInfo &info) {
  std::lock_guard<std::mutex> lock(ControlLock());
  return Napi::Boolean::New(info.Env(), TheArena() != nullptr);
}

Napi::Value CreateArena(const Napi::CallbackInfo &info) {
  napi_typedarray_type type;
  size_t length = 0, offset = 0;
  void *data = nullptr;
  napi_value buffer;
  // The one call that gives the address of a SharedArrayBuffer's bytes on every Node since 20.
  if (napi_get_typedarray_info(info.Env(), info[0], &type, &length, &data, &buffer, &offset) != napi_ok)
    return Throw(info.Env(), Fail(kBadArgument, "createArena wants a Uint8Array over the shared memory")), info.Env().Undefined();
  ArenaRequest request{static_cast<uint8_t *>(data), length, Number(info[1]), Number(info[2]), info[3].ToBoolean()};
  Status status;
  {
    std::lock_guard<std::mutex> lock(ControlLock());
    status = rxb::CreateArena(request);
  }
  if (!status) return Throw(info.Env(), status), info.Env().Undefined();
  // The memory is the thread's. At the end of the main thread the kernel takes everything back, faster than we could.
  if (gettid() != getpid()) napi_add_env_cleanup_hook(info.Env(), LetArenaGo, nullptr);
  const Arena &arena = *TheArena();
  auto out = Napi::Object::New(info.Env());
  out["pages"] = PagesName(arena.pages);
  out["frameSize"] = arena.frame_size;
  out["frameCount"] = arena.frame_count;
  out["framesAt"] = arena.OffsetOf(0);
  out["blocksAt"] = static_cast<double>(reinterpret_cast<uint8_t *>(arena.blocks) - arena.memory);
  out["blockBytes"] = static_cast<double>(sizeof(WorkerBlock));
  return out;
}

// [expression, keep, slot, fresh, takes fragments, …] as rules; the strings must outlive them.
std::vector<RuleRequest> Rules(const Napi::Value &value, std::vector<std::string> *expressions) {
  std::vector<RuleRequest> rules;
  if (!value.IsArray()) return rules;
  auto list = value.As<Napi::Array>();
  for (uint32_t i = 0; i + 4 < list.Length(); i += 5) {
    expressions->push_back(Text(list.Get(i)));
    rules.push_back(
        {nullptr, list.Get(i + 1).ToBoolean(), Number(list.Get(i + 2)), list.Get(i + 3).ToBoolean(), list.Get(i + 4).ToBoolean()});
  }
  for (size_t i = 0; i < rules.size(); i++) rules[i].expression = (*expressions)[i].c_str();
  return rules;
}

// What is no whole number from 0 on becomes one that no queue has.
uint32_t QueueNumber(const Napi::Value &value) {
  const double number = value.IsNumber() ? value.As<Napi::Number>().DoubleValue() : -1;
  return number >= 0 && number < k_queuesMax && number == static_cast<uint32_t>(number) ? static_cast<uint32_t>(number) : kUnset;
}

// openPort(name, queues | null, [key, value, …], takeAll, debug, rules, handed | null) -> id
Napi::Value OpenPortCall(const Napi::CallbackInfo &info) {
  std::string name = Text(info[0]);
  std::vector<uint32_t> queues;
  if (info[1].IsArray()) {
    auto list = info[1].As<Napi::Array>();
    queues.reserve(k_queuesMax + 1);  // an empty list is one too
    // No more than decide: CheckQueues() refuses the rest.
    for (uint32_t i = 0; i < list.Length() && i <= k_queuesMax; i++) queues.push_back(QueueNumber(list.Get(i)));
  }
  std::vector<std::string> words;
  auto list = info[2].As<Napi::Array>();
  for (uint32_t i = 0; i < list.Length(); i++) words.push_back(Text(list.Get(i)));
  std::vector<Option> options;
  for (size_t i = 0; i + 1 < words.size(); i += 2) options.push_back({words[i].c_str(), words[i + 1].c_str()});
  PortRequest request{};
  request.name = name.c_str();
  request.queues = info[1].IsArray() ? queues.data() : nullptr;
  request.queue_count = static_cast<uint32_t>(queues.size());
  request.options = options.data();
  request.option_count = static_cast<uint32_t>(options.size());
  request.take_all = info[3].ToBoolean();
  request.debug = info[4].ToBoolean();
  std::vector<std::string> expressions;
  std::vector<RuleRequest> rules = Rules(info[5], &expressions);
  request.rules = rules.data();
  request.rule_count = static_cast<uint32_t>(rules.size());
  if (info[6].IsArray()) {  // [XSKMAP, counters, door]
    auto handed = info[6].As<Napi::Array>();
    auto descriptor = [&](uint32_t i) { return handed.Get(i).As<Napi::Number>().Int32Value(); };
    request.handed = {descriptor(0), descriptor(1), descriptor(2)};
  }
  uint32_t id = 0;
  if (Status status = OpenPort(request, &id); !status) return Throw(info.Env(), status), info.Env().Undefined();
  return Napi::Number::New(info.Env(), id);
}

// portInfo(id) -> what the port is and can do, now
Napi::Value PortInfo(const Napi::CallbackInfo &info) {
  std::lock_guard<std::mutex> lock(ControlLock());
  Port *port = PortById(Number(info[0]));
  if (!port) return info.Env().Null();
  auto out = Napi::Object::New(info.Env());
  out["name"] = port->name;
  out["backend"] = port->backend->name;
  out["driver"] = port->driver;
  out["version"] = port->version;
  out["mtu"] = port->mtu;
  out["queueCount"] = port->queue_count;
  out["frameMax"] = port->frame_max;
  out["segments"] = port->segments;
  out["mode"] = ModeName(port->mode);
  out["xdp"] = XdpName(port->xdp);
  out["canPass"] = port->can_pass;
  out["borrowed"] = port->borrowed;
  out["ownPool"] = port->own_pool;
  out["kernelKeeps"] = port->kernel_keeps;
  out["onInterface"] = port->on_interface;
  out["rebinds"] = port->backend->rebind != nullptr;
  out["filteredBy"] = port->filtered_by;
  out["nic"] = port->nic;
  out["txCopies"] = port->tx_copies;
  if (port->has_mac) out["mac"] = Napi::Buffer<uint8_t>::Copy(info.Env(), port->mac, sizeof port->mac);
  auto queues = Napi::Array::New(info.Env());
  for (const Queue *queue : port->queues)
    if (queue) queues[queues.Length()] = queue->index;
  out["queues"] = queues;
  auto columns = Napi::Array::New(info.Env());
#define X(name, bit) \
  if (port->columns & (bit)) columns[columns.Length()] = #name;
  RXB_COLUMNS(X)
#undef X
  out["columns"] = columns;
  out["timestampClock"] = port->timestamp_clock;
  auto losses = Napi::Array::New(info.Env());
  for (const char *const *loss = port->backend->losses; *loss; loss++) losses[losses.Length()] = *loss;
  out["losses"] = losses;
  return out;
}

// describePort(id, linkOnly) -> JSON text, or null where the backend has no more to say
Napi::Value DescribePort(const Napi::CallbackInfo &info) {
  std::lock_guard<std::mutex> lock(ControlLock());
  Port *port = PortById(Number(info[0]));
  if (!port || !port->backend->describe) return info.Env().Null();
  std::string json;
  for (uint32_t need = 4096; json.size() < need;) {  // it may have grown between two calls
    json.resize(need);
    need = port->backend->describe(port, info[1].ToBoolean(), json.data(), need);
  }
  return Napi::String::New(info.Env(), json.c_str());
}

// portRuleLayer(id, slot) -> lines as Backend::layer_of gives them, or null where it gives none
Napi::Value PortRuleLayer(const Napi::CallbackInfo &info) {
  std::lock_guard<std::mutex> lock(ControlLock());
  Port *port = PortById(Number(info[0]));
  if (!port || !port->backend->layer_of) return info.Env().Null();
  std::string text;
  for (uint32_t need = 256; text.size() < need;) {
    text.resize(need);
    need = port->backend->layer_of(port, Number(info[1]), text.data(), need);
  }
  return Napi::String::New(info.Env(), text.c_str());
}

// setModulePath(backend, file): where the module of a backend lies, or would
Napi::Value SetModulePathCall(const Napi::CallbackInfo &info) {
  SetModulePath(Text(info[0]).c_str(), Text(info[1]).c_str());
  return info.Env().Undefined();
}

Napi::Value ClosePortCall(const Napi::CallbackInfo &info) {
  if (Status status = ClosePort(Number(info[0])); !status) Throw(info.Env(), status);
  return info.Env().Undefined();
}

// setPortRules(id, rules)
Napi::Value SetPortRulesCall(const Napi::CallbackInfo &info) {
  std::vector<std::string> expressions;
  std::vector<RuleRequest> rules = Rules(info[1], &expressions);
  if (Status status = SetPortRules(Number(info[0]), rules.data(), static_cast<uint32_t>(rules.size())); !status) Throw(info.Env(), status);
  return info.Env().Undefined();
}

// servePort(id, client, queues, rules) -> descriptor of the client's counters, which stays the port's; without rules: no client any more
Napi::Value ServePortCall(const Napi::CallbackInfo &info) {
  std::vector<std::string> expressions;
  std::vector<RuleRequest> rules = Rules(info[3], &expressions);
  std::vector<uint32_t> queues;
  if (info[2].IsArray())
    for (uint32_t i = 0; i < info[2].As<Napi::Array>().Length(); i++) queues.push_back(Number(info[2].As<Napi::Array>().Get(i)));
  int counters = -1;
  ClientRequest request{Number(info[1]), queues.data(), static_cast<uint32_t>(queues.size()), rules.data(),
                        static_cast<uint32_t>(rules.size())};
  if (Status status = ServePort(Number(info[0]), request, &counters); !status) return Throw(info.Env(), status), info.Env().Undefined();
  return Napi::Number::New(info.Env(), counters);
}

// countPortRule(id, slot) -> [packets, bytes, elsewhere]
Napi::Value CountPortRuleCall(const Napi::CallbackInfo &info) {
  RuleCounts counts{};
  if (Status status = CountPortRule(Number(info[0]), Number(info[1]), &counts); !status)
    return Throw(info.Env(), status), info.Env().Undefined();
  auto out = Napi::Array::New(info.Env(), 3);
  out[0u] = static_cast<double>(counts.packets), out[1u] = static_cast<double>(counts.bytes),
  out[2u] = static_cast<double>(counts.elsewhere);
  return out;
}

Napi::Value AttachPortCall(const Napi::CallbackInfo &info) {
  if (Status status = AttachPort(Number(info[0])); !status) Throw(info.Env(), status);
  return info.Env().Undefined();
}

Napi::Value DetachPortCall(const Napi::CallbackInfo &info) {
  DetachPort(Number(info[0]));
  return info.Env().Undefined();
}

// Arguments have been read by now: reading them may run JavaScript, which must not find the lock held.
Status Plan(WorkerRequest *request, const std::vector<uint32_t> &pairs, const std::vector<uint32_t> &ports, uint32_t *id) {
  if (pairs.size() / 2 > k_slotsMax) return Fail(kLimit, "a worker owns at most %u queues; %zu were given", k_slotsMax, pairs.size() / 2);
  if (ports.size() > k_portsMax) return Fail(kLimit, "a data plane has at most %u ports; %zu were given", k_portsMax, ports.size());
  std::lock_guard<std::mutex> lock(ControlLock());
  for (size_t i = 0; i + 1 < pairs.size(); i += 2) {
    Port *port = PortById(pairs[i]);
    uint32_t index = pairs[i + 1];
    if (!port) return Fail(kClosed, "a port given to run() is closed");
    if (index >= k_queuesMax || !port->queues[index]) return Fail(kNoQueue, "%s was not opened with queue %u", port->name, index);
    request->queues[request->queue_count++] = port->queues[index];
  }
  for (uint32_t port : ports) request->ports[request->port_count++] = PortById(port);
  Worker *worker = nullptr;
  RXB_TRY(PlanWorker(*request, &worker));
  *id = worker->id;
  return {};
}

// planWorker({cpu, burst, idle, debug, frames, columns}, [portId, queue, …], [portId, …]) -> worker id
Napi::Value PlanWorkerCall(const Napi::CallbackInfo &info) {
  auto options = info[0].As<Napi::Object>();
  auto pairs = info[1].As<Napi::Array>(), ports = info[2].As<Napi::Array>();
  WorkerRequest request{};
  request.cpu = options.Get("cpu").As<Napi::Number>().Int32Value();
  request.burst = Number(options.Get("burst"));
  request.idle = static_cast<Idle>(Number(options.Get("idle")));
  request.debug = options.Get("debug").ToBoolean();
  request.frames = Number(options.Get("frames"));
  request.columns = Number(options.Get("columns"));
  std::vector<uint32_t> queues, listed;
  for (uint32_t i = 0; i < pairs.Length(); i++) queues.push_back(Number(pairs.Get(i)));
  for (uint32_t i = 0; i < ports.Length(); i++) listed.push_back(Number(ports.Get(i)));
  uint32_t id = 0;
  if (Status status = Plan(&request, queues, listed, &id); !status) return Throw(info.Env(), status), info.Env().Undefined();
  return Napi::Number::New(info.Env(), id);
}

void FinishAtExit(void *worker) { FinishWorker(static_cast<Worker *>(worker)); }

// In the worker's own thread. Whatever ends the thread, the cleanup hook closes its queues.
Napi::Value StartWorkerCall(const Napi::CallbackInfo &info) {
  Worker *worker = WorkerById(Number(info[0]));
  if (Status status = StartWorker(worker); !status) return Throw(info.Env(), status), info.Env().Undefined();
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
napi_value TurnCall(napi_env, napi_callback_info) {
  Turn(current);
  return nullptr;
}

Napi::Value ForgetWorkerCall(const Napi::CallbackInfo &info) {
  std::lock_guard<std::mutex> lock(ControlLock());
  ForgetWorker(Number(info[0]));
  return info.Env().Undefined();
}

Napi::Value StopWorkerCall(const Napi::CallbackInfo &info) {
  std::lock_guard<std::mutex> lock(ControlLock());
  if (Worker *worker = WorkerById(Number(info[0]))) worker->stop.store(true, std::memory_order_relaxed);
  return info.Env().Undefined();
}

// requestAudit(id): a running worker checks its books at its next look at the clock.
Napi::Value RequestAudit(const Napi::CallbackInfo &info) {
  std::lock_guard<std::mutex> lock(ControlLock());
  if (Worker *worker = WorkerById(Number(info[0]))) worker->audits_wanted.fetch_add(1, std::memory_order_release);
  return info.Env().Undefined();
}

// auditResult(id) -> null while it is being made
Napi::Value AuditResult(const Napi::CallbackInfo &info) {
  std::lock_guard<std::mutex> lock(ControlLock());
  Worker *worker = WorkerById(Number(info[0]));
  if (!worker) return info.Env().Null();
  bool finished = worker->state == WorkerState::kFinished;
  if (!finished && worker->audits_done.load(std::memory_order_acquire) != worker->audits_wanted.load(std::memory_order_relaxed))
    return info.Env().Null();
  const Audit &a = worker->audit;
  auto out = Napi::Object::New(info.Env());
  out["ok"] = a.ok;
  out["problem"] = a.problem;
#define NUMBER(name) out[#name] = static_cast<double>(static_cast<int64_t>(a.name))
  NUMBER(frames), NUMBER(free), NUMBER(posted), NUMBER(received), NUMBER(burst), NUMBER(kept), NUMBER(queued);
  NUMBER(rx), NUMBER(fresh), NUMBER(tx), NUMBER(dropped), NUMBER(passed), NUMBER(rejected), NUMBER(copied);
#undef NUMBER
  return out;
}

// portLoss(id) -> null, or [why, for good?]
Napi::Value PortLossCall(const Napi::CallbackInfo &info) {
  char why[256] = "";
  Lost loss = PortLoss(Number(info[0]), why, sizeof why);
  if (loss == Lost::kNone) return info.Env().Null();
  auto out = Napi::Array::New(info.Env(), 2);
  out[0u] = why, out[1u] = loss == Lost::kForGood;
  return out;
}

Napi::Value LosePortCall(const Napi::CallbackInfo &info) {
  LosePort(Number(info[0]));
  return info.Env().Undefined();
}

// reopenPort(id) -> '', or why it can't be yet
Napi::Value ReopenPortCall(const Napi::CallbackInfo &info) {
  Status status = ReopenPort(Number(info[0]));
  return Napi::String::New(info.Env(), status.message);
}

// reattachPort(id) -> '', or why it can't be
Napi::Value ReattachPortCall(const Napi::CallbackInfo &info) {
  Status status = ReattachPort(Number(info[0]));
  return Napi::String::New(info.Env(), status.message);
}

// requestRebind(workerId): a running worker looks after its lost ports at its next look at the clock.
Napi::Value RequestRebind(const Napi::CallbackInfo &info) {
  if (Worker *worker = WorkerById(Number(info[0]))) worker->rebinds_wanted.fetch_add(1, std::memory_order_release);
  return info.Env().Undefined();
}

// rebindResult(workerId) -> null while it has not looked yet, then '' or what failed; '' of a worker that has ended
Napi::Value RebindResult(const Napi::CallbackInfo &info) {
  Worker *worker = WorkerById(Number(info[0]));
  if (!worker || worker->state != WorkerState::kRunning) return Napi::String::New(info.Env(), "");
  if (worker->rebinds_done.load(std::memory_order_acquire) != worker->rebinds_wanted.load(std::memory_order_relaxed))
    return info.Env().Null();
  return Napi::String::New(info.Env(), worker->rebind_status.message);
}

// backendOptions(portName) -> the option keys of its backend, or null when there is none of that name
Napi::Value BackendOptions(const Napi::CallbackInfo &info) {
  const Backend *backend;
  if (!FindBackend(Text(info[0]).c_str(), &backend)) return info.Env().Null();
  auto out = Napi::Array::New(info.Env());
  for (const char *const *option = backend->options; *option; option++) out[out.Length()] = *option;
  return out;
}

// optionPrefix(portName) -> what our options begin with where the device's name goes on with options of
// its library's own, which are a module's
Napi::Value OptionPrefix(const Napi::CallbackInfo &info) {
  const std::string name = Text(info[0]);
  const bool theirs = HasModule(name.substr(0, name.find(':')).c_str());
  return Napi::String::New(info.Env(), theirs ? "rxburst." : "");
}

// ingressOf(portName) -> the interface on whose ingress opening it leaves rules, or ''
Napi::Value IngressOf(const Napi::CallbackInfo &info) {
  const Backend *backend;
  const std::string name = Text(info[0]);
  char interface[IFNAMSIZ] = "";
  if (FindBackend(name.c_str(), &backend) && backend->writes_ingress)
    backend->writes_ingress(name.c_str() + name.find(':') + 1, interface, sizeof interface);
  return Napi::String::New(info.Env(), interface);
}

// backendProblem(portName) -> why its backend can't be used, or ''
Napi::Value BackendProblem(const Napi::CallbackInfo &info) {
  const Backend *backend;
  return Napi::String::New(info.Env(), FindBackend(Text(info[0]).c_str(), &backend).message);
}

Napi::Value FramesAvailableCall(const Napi::CallbackInfo &info) {
  std::lock_guard<std::mutex> lock(ControlLock());
  return Napi::Number::New(info.Env(), FramesAvailable());
}

Napi::Value FramesRestingCall(const Napi::CallbackInfo &info) {
  std::lock_guard<std::mutex> lock(ControlLock());
  return Napi::Number::New(info.Env(), FramesResting());
}

Napi::Value SetErrorClass(const Napi::CallbackInfo &info) {
  info.Env().GetInstanceData<Environment>()->error_class = Napi::Persistent(info[0].As<Napi::Function>());
  return info.Env().Undefined();
}

}  // namespace

void Throw(Napi::Env env, const Status &status) {
  auto *environment = env.GetInstanceData<Environment>();
  if (environment->error_class.IsEmpty()) {
    Napi::Error::New(env, status.message).ThrowAsJavaScriptException();
    return;
  }
  // By the C interface: its C++ wrapper ends the process when it can't make the error, as in a thread that is being terminated.
  napi_value words[2], error;
  if (napi_create_string_utf8(env, ErrorName(status.code), NAPI_AUTO_LENGTH, &words[0]) == napi_ok &&
      napi_create_string_utf8(env, status.message, NAPI_AUTO_LENGTH, &words[1]) == napi_ok &&
      napi_new_instance(env, environment->error_class.Value(), 2, words, &error) == napi_ok)
    napi_throw(env, error);
}

bool HoldsNul(const Napi::Value &value) {
  constexpr uint32_t kLookedAt = 8192;  // no list of strings is that long
  if (value.IsEmpty()) return false;    // a getter threw
  if (value.IsString()) return value.As<Napi::String>().Utf8Value().find('\0') != std::string::npos;
  if (!value.IsArray()) return false;
  const auto list = value.As<Napi::Array>();
  for (uint32_t i = 0, length = list.Length(); i < length && i < kLookedAt; i++) {
    const Napi::Value each = list.Get(i);
    if (!each.IsEmpty() && each.IsString() && HoldsNul(each)) return true;
  }
  return false;
}

void Export(Napi::Object exports, const char *name, Napi::Value (*function)(const Napi::CallbackInfo &)) {
  auto checked = [function, name](const Napi::CallbackInfo &info) -> Napi::Value {
    for (size_t i = 0; i < info.Length(); i++)
      if (HoldsNul(info[i]))
        return Throw(info.Env(), Fail(kBadArgument, "%s: a string holds a NUL, behind which nothing would be read", name)),
               info.Env().Undefined();
    if (info.Env().IsExceptionPending()) return info.Env().Undefined();
    return function(info);
  };
  exports[name] = Napi::Function::New(exports.Env(), checked, name);
}

void ExportControl(Napi::Env env, Napi::Object exports) {
  env.SetInstanceData(new Environment);
  auto add = [&](const char *name, Napi::Value (*function)(const Napi::CallbackInfo &)) { Export(exports, name, function); };
  add("createArena", CreateArena);
  add("arenaTaken", ArenaTaken);
  add("openPort", OpenPortCall);
  add("portInfo", PortInfo);
  add("describePort", DescribePort);
  add("setModulePath", SetModulePathCall);
  add("closePort", ClosePortCall);
  add("attachPort", AttachPortCall);
  add("setPortRules", SetPortRulesCall);
  add("servePort", ServePortCall);
  add("countPortRule", CountPortRuleCall);
  add("portRuleLayer", PortRuleLayer);
  add("detachPort", DetachPortCall);
  add("planWorker", PlanWorkerCall);
  add("startWorker", StartWorkerCall);
  add("finishWorker", FinishWorkerCall);
  add("forgetWorker", ForgetWorkerCall);
  add("stopWorker", StopWorkerCall);
  add("requestAudit", RequestAudit);
  add("auditResult", AuditResult);
  add("framesAvailable", FramesAvailableCall);
  add("framesResting", FramesRestingCall);
  add("backendOptions", BackendOptions);
  add("backendProblem", BackendProblem);
  add("ingressOf", IngressOf);
  add("optionPrefix", OptionPrefix);
  auto backends = Napi::Array::New(env);
  for (const std::string &name : BackendNames()) backends[backends.Length()] = name;
  exports["backends"] = backends;
  add("setErrorClass", SetErrorClass);
  add("portLoss", PortLossCall);
  add("losePort", LosePortCall);
  add("reopenPort", ReopenPortCall);
  add("reattachPort", ReattachPortCall);
  add("requestRebind", RequestRebind);
  add("rebindResult", RebindResult);
  napi_value turn;
  napi_create_function(env, "turn", NAPI_AUTO_LENGTH, TurnCall, nullptr, &turn);
  exports["turn"] = Napi::Value(env, turn);
  exports["layoutNumber"] = LayoutNumber();
}

}  // namespace rxb
