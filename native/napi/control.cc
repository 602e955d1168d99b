// The control plane as JavaScript calls it: arguments in, registry and worker functions, plain objects out.
#include "control.h"

#include <unistd.h>

#include <string>
#include <vector>

#include "../core/lost.h"
#include "../core/module.h"
#include "../core/registry.h"
#include "../core/worker.h"
#include "../xdp/program.h"
#include "arguments.h"
#include "descriptors.h"

namespace rxb {

namespace {

// What one environment (the main thread or a worker) keeps.
struct Environment {
  Napi::FunctionReference error_class;
  Napi::Reference<Napi::Value> memory;  // of the arena that was made here: it stays where it is
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

constexpr uint32_t kOptionsMax = 64;  // words of a port's options, keys and values
constexpr uint32_t kRuleWords = 5;    // of each rule, see Rules()
constexpr uint32_t kIdleLast = uint32_t(Idle::kWait);
constexpr uint64_t kMemoryMax = uint64_t{1} << 32;  // offsets are u32

std::string PortName(Arguments *in) { return in->Text(0, "the port's name"); }
uint32_t PortId(Arguments *in) { return in->Whole(0, "the port's number"); }
uint32_t WorkerId(Arguments *in) { return in->Whole(0, "the worker's number"); }

// The bytes of a SharedArrayBuffer: no other memory stays where it is and as long as it is. Nobody can transfer or shrink this one.
bool SharedBytes(const Napi::CallbackInfo &info, uint32_t i, uint8_t **data, size_t *length) {
  napi_typedarray_type type = napi_int8_array;
  size_t offset = 0;
  void *bytes = nullptr;
  napi_value buffer = nullptr;
  bool plain = true;
  // The one call that gives the address of a SharedArrayBuffer's bytes on every Node since 20.
  if (!info[i].IsTypedArray() || napi_get_typedarray_info(info.Env(), info[i], &type, length, &bytes, &buffer, &offset) != napi_ok)
    return false;
  napi_is_arraybuffer(info.Env(), buffer, &plain);
  *data = static_cast<uint8_t *>(bytes);
  return !plain && type == napi_uint8_array;
}

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
  Arguments in(info, "createArena");
  uint8_t *data = nullptr;
  size_t length = 0;
  if (!SharedBytes(info, 0, &data, &length) || length > kMemoryMax)
    in.Refuse(Fail(kBadArgument, "createArena wants a Uint8Array over shared memory, of at most 4 GiB"));
  const uint32_t frames = in.Whole(1, "the number of frames", k_framesMax), size = in.Whole(2, "a frame's size");
  if (size != 2048 && size != 4096) in.Refuse(Fail(kBadArgument, "createArena: a frame has 2048 or 4096 bytes, not %u", size));
  if (!frames) in.Refuse(Fail(kBadArgument, "createArena: no frames are wanted"));
  if (!in.ok()) return in.Throw();
  ArenaRequest request{data, length, frames, size, in.Flag(3)};
  Status status;
  {
    std::lock_guard<std::mutex> lock(ControlLock());
    status = rxb::CreateArena(request);
  }
  if (!status) return Throw(info.Env(), status), info.Env().Undefined();
  // The memory is the thread's. At the end of the main thread the kernel takes everything back, faster than we could.
  if (gettid() != getpid()) napi_add_env_cleanup_hook(info.Env(), LetArenaGo, nullptr);
  info.Env().GetInstanceData<Environment>()->memory = Napi::Reference<Napi::Value>::New(info[0], 1);
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
std::vector<RuleRequest> Rules(Arguments *in, const Napi::Value &value, std::vector<std::string> *expressions) {
  const std::vector<Napi::Value> words = in->Items(value, "the list of rules", kRuleWords * steer::kRulesMax);
  std::vector<RuleRequest> rules;
  for (size_t at = 0; at + kRuleWords <= words.size(); at += kRuleWords) {
    expressions->push_back(in->Text(words[at], "a rule's filter", kExpressionMax));
    const uint32_t slot = in->Whole(words[at + 2], "a rule's slot", steer::kRulesMax - 1);
    rules.push_back({nullptr, in->Flag(words[at + 1]), slot, in->Flag(words[at + 3]), in->Flag(words[at + 4])});
  }
  for (size_t at = 0; at < rules.size(); at++) rules[at].expression = (*expressions)[at].c_str();
  return rules;
}

// [XSKMAP, counters, door]: the first two are the port's from now on, whatever comes of it.
Status TakeHanded(const std::vector<int> &given, Handed *handed) {
  if (given.size() != 3) return Fail(kBadArgument, "openPort: three descriptors are handed over, not %zu", given.size());
  if (given[2] >= 0 && !IsLent(given[2])) return Fail(kBadArgument, "openPort: descriptor %d is none that rxburst has given out", given[2]);
  if (given[0] >= 0) RXB_TRY(TakeLent(given[0]));
  if (given[1] >= 0)
    if (Status status = TakeLent(given[1]); !status) {
      Lend(given[0]);
      return status;
    }
  *handed = {given[0], given[1], given[2]};
  return {};
}

// openPort(name, queues | null, [key, value, …], takeAll, debug, rules, handed | null) -> id
Napi::Value OpenPortCall(const Napi::CallbackInfo &info) {
  Arguments in(info, "openPort");
  const std::string name = PortName(&in);
  const bool all = info[1].IsNull();
  const std::vector<uint32_t> queues = all ? std::vector<uint32_t>() : in.Wholes(1, "the list of queues", k_queuesMax);
  const std::vector<std::string> words = in.Texts(2, "the list of options", kOptionsMax);
  std::vector<Option> options;
  for (size_t i = 0; i + 1 < words.size(); i += 2) options.push_back({words[i].c_str(), words[i + 1].c_str()});
  std::vector<std::string> expressions;
  const std::vector<RuleRequest> rules = Rules(&in, info[5], &expressions);
  std::vector<int> given;
  if (!info[6].IsNull() && !info[6].IsUndefined())
    for (const Napi::Value &each : in.Items(info[6], "the list of descriptors", 3))
      given.push_back(static_cast<int>(in.Number(each, "a descriptor", -1, INT32_MAX, true)));
  PortRequest request{};
  if (in.ok() && !given.empty()) in.Refuse(TakeHanded(given, &request.handed));
  if (!in.ok()) return in.Throw();
  request.name = name.c_str();
  const uint32_t none = 0;  // an empty list is one too
  request.queues = all ? nullptr : queues.empty() ? &none : queues.data();
  request.queue_count = static_cast<uint32_t>(queues.size());
  request.options = options.data();
  request.option_count = static_cast<uint32_t>(options.size());
  request.take_all = in.Flag(3);
  request.debug = in.Flag(4);
  request.rules = rules.data();
  request.rule_count = static_cast<uint32_t>(rules.size());
  uint32_t id = 0;
  if (Status status = OpenPort(request, &id); !status) return Throw(info.Env(), status), info.Env().Undefined();
  return Napi::Number::New(info.Env(), id);
}

// portInfo(id) -> what the port is and can do, now
Napi::Value PortInfo(const Napi::CallbackInfo &info) {
  Arguments in(info, "portInfo");
  const uint32_t id = PortId(&in);
  if (!in.ok()) return in.Throw();
  std::lock_guard<std::mutex> lock(ControlLock());
  Port *port = PortById(id);
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
  Arguments in(info, "describePort");
  const uint32_t id = PortId(&in);
  if (!in.ok()) return in.Throw();
  std::lock_guard<std::mutex> lock(ControlLock());
  Port *port = PortById(id);
  if (!port || !port->backend->describe) return info.Env().Null();
  std::string json;
  for (uint32_t need = 4096; json.size() < need;) {  // it may have grown between two calls
    json.resize(need);
    need = port->backend->describe(port, in.Flag(1), json.data(), need);
  }
  return Napi::String::New(info.Env(), json.c_str());
}

// portRuleLayer(id, slot) -> lines as Backend::layer_of gives them, or null where it gives none
Napi::Value PortRuleLayer(const Napi::CallbackInfo &info) {
  Arguments in(info, "portRuleLayer");
  const uint32_t id = PortId(&in);
  const uint32_t slot = in.Whole(1, "the rule's slot", steer::kRulesMax - 1);
  if (!in.ok()) return in.Throw();
  std::lock_guard<std::mutex> lock(ControlLock());
  Port *port = PortById(id);
  if (!port || !port->backend->layer_of) return info.Env().Null();
  std::string text;
  for (uint32_t need = 256; text.size() < need;) {
    text.resize(need);
    need = port->backend->layer_of(port, slot, text.data(), need);
  }
  return Napi::String::New(info.Env(), text.c_str());
}

// setModulePath(backend, file): where the module of a backend lies, or would
Napi::Value SetModulePathCall(const Napi::CallbackInfo &info) {
  Arguments in(info, "setModulePath");
  const std::string backend = in.Text(0, "the backend's name"), file = in.Text(1, "the file");
  if (!in.ok()) return in.Throw();
  SetModulePath(backend.c_str(), file.c_str());
  return info.Env().Undefined();
}

Napi::Value ClosePortCall(const Napi::CallbackInfo &info) {
  Arguments in(info, "closePort");
  const uint32_t id = PortId(&in);
  if (!in.ok()) return in.Throw();
  if (Status status = ClosePort(id); !status) Throw(info.Env(), status);
  return info.Env().Undefined();
}

// setPortRules(id, rules)
Napi::Value SetPortRulesCall(const Napi::CallbackInfo &info) {
  Arguments in(info, "setPortRules");
  const uint32_t id = PortId(&in);
  std::vector<std::string> expressions;
  const std::vector<RuleRequest> rules = Rules(&in, info[1], &expressions);
  if (in.ok()) in.Refuse(SetPortRules(id, rules.data(), static_cast<uint32_t>(rules.size())));
  return in.ok() ? info.Env().Undefined() : in.Throw();
}

// servePort(id, client, queues, rules) -> descriptor of the client's counters, which stays the port's; without rules: no client any more
Napi::Value ServePortCall(const Napi::CallbackInfo &info) {
  Arguments in(info, "servePort");
  const uint32_t id = PortId(&in), client = in.Whole(1, "the client's number");
  const std::vector<uint32_t> queues = in.Wholes(2, "the list of queues", k_queuesMax, k_queuesMax - 1);
  std::vector<std::string> expressions;
  const std::vector<RuleRequest> rules = Rules(&in, info[3], &expressions);
  if (!in.ok()) return in.Throw();
  int counters = -1;
  ClientRequest request{client, queues.data(), static_cast<uint32_t>(queues.size()), rules.data(), static_cast<uint32_t>(rules.size())};
  in.Refuse(ServePort(id, request, &counters));
  return in.ok() ? Napi::Number::New(info.Env(), counters) : in.Throw();
}

// countPortRule(id, slot) -> [packets, bytes, elsewhere]
Napi::Value CountPortRuleCall(const Napi::CallbackInfo &info) {
  Arguments in(info, "countPortRule");
  const uint32_t id = PortId(&in);
  const uint32_t slot = in.Whole(1, "the rule's slot", steer::kRulesMax - 1);
  if (!in.ok()) return in.Throw();
  RuleCounts counts{};
  if (Status status = CountPortRule(id, slot, &counts); !status) return Throw(info.Env(), status), info.Env().Undefined();
  auto out = Napi::Array::New(info.Env(), 3);
  out[0u] = static_cast<double>(counts.packets), out[1u] = static_cast<double>(counts.bytes),
  out[2u] = static_cast<double>(counts.elsewhere);
  return out;
}

Napi::Value AttachPortCall(const Napi::CallbackInfo &info) {
  Arguments in(info, "attachPort");
  const uint32_t id = PortId(&in);
  if (!in.ok()) return in.Throw();
  if (Status status = AttachPort(id); !status) Throw(info.Env(), status);
  return info.Env().Undefined();
}

Napi::Value DetachPortCall(const Napi::CallbackInfo &info) {
  Arguments in(info, "detachPort");
  const uint32_t id = PortId(&in);
  if (!in.ok()) return in.Throw();
  DetachPort(id);
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
  Arguments in(info, "planWorker");
  if (!info[0].IsObject())
    return Throw(info.Env(), Fail(kBadArgument, "planWorker wants a plan, which is an object")), info.Env().Undefined();
  const auto plan = info[0].As<Napi::Object>();
  WorkerRequest request{};
  request.cpu = static_cast<int>(in.Number(in.Get(plan, "cpu"), "cpu", -1, CPU_SETSIZE - 1, true));
  request.burst = in.Whole(in.Get(plan, "burst"), "burst", k_burstMax);
  request.idle = static_cast<Idle>(in.Whole(in.Get(plan, "idle"), "idle", kIdleLast));
  request.debug = in.Flag(in.Get(plan, "debug"));
  request.frames = in.Whole(in.Get(plan, "frames"), "frames", k_framesMax);
  request.columns = in.Whole(in.Get(plan, "columns"), "columns");
  const std::vector<uint32_t> queues = in.Wholes(1, "the list of ports and queues", 2 * k_queuesMax * k_portsMax);
  const std::vector<uint32_t> ports = in.Wholes(2, "the list of ports", k_portsMax * k_queuesMax);
  if (!request.burst) in.Refuse(Fail(kBadArgument, "planWorker: a burst has at least one packet"));
  uint32_t id = 0;
  if (in.ok()) in.Refuse(Plan(&request, queues, ports, &id));
  return in.ok() ? Napi::Number::New(info.Env(), id) : in.Throw();
}

void FinishAtExit(void *worker) {
  current = nullptr;
  FinishWorker(static_cast<Worker *>(worker));
}

// In the worker's own thread. Whatever ends the thread, the cleanup hook closes its queues.
Napi::Value StartWorkerCall(const Napi::CallbackInfo &info) {
  Arguments in(info, "startWorker");
  const uint32_t id = WorkerId(&in);
  if (current) in.Refuse(Fail(kBadArgument, "startWorker: this thread runs worker %u already", current->id));
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
    Throw(env, Fail(kBadArgument, "turn: no worker runs in this thread: call startWorker() first"));
  return nullptr;
}

Napi::Value ForgetWorkerCall(const Napi::CallbackInfo &info) {
  Arguments in(info, "forgetWorker");
  const uint32_t id = WorkerId(&in);
  if (!in.ok()) return in.Throw();
  std::lock_guard<std::mutex> lock(ControlLock());
  ForgetWorker(id);
  return info.Env().Undefined();
}

Napi::Value StopWorkerCall(const Napi::CallbackInfo &info) {
  Arguments in(info, "stopWorker");
  const uint32_t id = WorkerId(&in);
  if (!in.ok()) return in.Throw();
  std::lock_guard<std::mutex> lock(ControlLock());
  if (Worker *worker = WorkerById(id)) worker->stop.store(true, std::memory_order_relaxed);
  return info.Env().Undefined();
}

// requestAudit(id): a running worker checks its books at its next look at the clock.
Napi::Value RequestAudit(const Napi::CallbackInfo &info) {
  Arguments in(info, "requestAudit");
  const uint32_t id = WorkerId(&in);
  if (!in.ok()) return in.Throw();
  std::lock_guard<std::mutex> lock(ControlLock());
  if (Worker *worker = WorkerById(id)) worker->audits_wanted.fetch_add(1, std::memory_order_release);
  return info.Env().Undefined();
}

// auditResult(id) -> null while it is being made
Napi::Value AuditResult(const Napi::CallbackInfo &info) {
  Arguments in(info, "auditResult");
  const uint32_t id = WorkerId(&in);
  if (!in.ok()) return in.Throw();
  std::lock_guard<std::mutex> lock(ControlLock());
  Worker *worker = WorkerById(id);
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
  Arguments in(info, "portLoss");
  const uint32_t id = PortId(&in);
  if (!in.ok()) return in.Throw();
  char why[256] = "";
  Lost loss = PortLoss(id, why, sizeof why);
  if (loss == Lost::kNone) return info.Env().Null();
  auto out = Napi::Array::New(info.Env(), 2);
  out[0u] = why, out[1u] = loss == Lost::kForGood;
  return out;
}

Napi::Value LosePortCall(const Napi::CallbackInfo &info) {
  Arguments in(info, "losePort");
  const uint32_t id = PortId(&in);
  if (!in.ok()) return in.Throw();
  LosePort(id);
  return info.Env().Undefined();
}

// reopenPort(id) -> '', or why it can't be yet
Napi::Value ReopenPortCall(const Napi::CallbackInfo &info) {
  Arguments in(info, "reopenPort");
  const uint32_t id = PortId(&in);
  if (!in.ok()) return in.Throw();
  Status status = ReopenPort(id);
  return Napi::String::New(info.Env(), status.message);
}

// reattachPort(id) -> '', or why it can't be
Napi::Value ReattachPortCall(const Napi::CallbackInfo &info) {
  Arguments in(info, "reattachPort");
  const uint32_t id = PortId(&in);
  if (!in.ok()) return in.Throw();
  Status status = ReattachPort(id);
  return Napi::String::New(info.Env(), status.message);
}

// requestRebind(workerId): a running worker looks after its lost ports at its next look at the clock.
Napi::Value RequestRebind(const Napi::CallbackInfo &info) {
  Arguments in(info, "requestRebind");
  const uint32_t id = WorkerId(&in);
  if (!in.ok()) return in.Throw();
  std::lock_guard<std::mutex> lock(ControlLock());
  if (Worker *worker = WorkerById(id)) worker->rebinds_wanted.fetch_add(1, std::memory_order_release);
  return info.Env().Undefined();
}

// rebindResult(workerId) -> null while it has not looked yet, then '' or what failed; '' of a worker that has ended
Napi::Value RebindResult(const Napi::CallbackInfo &info) {
  Arguments in(info, "rebindResult");
  const uint32_t id = WorkerId(&in);
  if (!in.ok()) return in.Throw();
  std::lock_guard<std::mutex> lock(ControlLock());
  Worker *worker = WorkerById(id);
  if (!worker || worker->state != WorkerState::kRunning) return Napi::String::New(info.Env(), "");
  if (worker->rebinds_done.load(std::memory_order_acquire) != worker->rebinds_wanted.load(std::memory_order_relaxed))
    return info.Env().Null();
  return Napi::String::New(info.Env(), worker->rebind_status.message);
}

// backendOptions(portName) -> the option keys of its backend, or null when there is none of that name
Napi::Value BackendOptions(const Napi::CallbackInfo &info) {
  Arguments in(info, "backendOptions");
  const std::string name = PortName(&in);
  if (!in.ok()) return in.Throw();
  const Backend *backend;
  if (!FindBackend(name.c_str(), &backend)) return info.Env().Null();
  auto out = Napi::Array::New(info.Env());
  for (const char *const *option = backend->options; *option; option++) out[out.Length()] = *option;
  return out;
}

// optionPrefix(portName) -> what our options begin with where the device's name goes on with options of
// its library's own, which are a module's
Napi::Value OptionPrefix(const Napi::CallbackInfo &info) {
  Arguments in(info, "optionPrefix");
  const std::string name = PortName(&in);
  if (!in.ok()) return in.Throw();
  const bool theirs = HasModule(name.substr(0, name.find(':')).c_str());
  return Napi::String::New(info.Env(), theirs ? "rxburst." : "");
}

// ingressOf(portName) -> the interface on whose ingress opening it leaves rules, or ''
Napi::Value IngressOf(const Napi::CallbackInfo &info) {
  Arguments in(info, "ingressOf");
  const std::string name = PortName(&in);
  if (!in.ok()) return in.Throw();
  const Backend *backend;
  char interface[IFNAMSIZ] = "";
  if (FindBackend(name.c_str(), &backend) && backend->writes_ingress)
    backend->writes_ingress(name.c_str() + name.find(':') + 1, interface, sizeof interface);
  return Napi::String::New(info.Env(), interface);
}

// backendProblem(portName) -> why its backend can't be used, or ''
Napi::Value BackendProblem(const Napi::CallbackInfo &info) {
  Arguments in(info, "backendProblem");
  const std::string name = PortName(&in);
  if (!in.ok()) return in.Throw();
  const Backend *backend;
  return Napi::String::New(info.Env(), FindBackend(name.c_str(), &backend).message);
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
  Arguments in(info, "setErrorClass");
  const Napi::Function error_class = in.Function(0, "the class of errors");
  if (!in.ok()) return in.Throw();
  info.Env().GetInstanceData<Environment>()->error_class = Napi::Persistent(error_class);
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
