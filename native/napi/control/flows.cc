// The flows of a worker as JavaScript calls them: tables before it starts, the rest in its own thread.
#include <cmath>

#include "../../core/registry.h"
#include "../../flows/list/list.h"
#include "../../offload/nic_flows.h"
#include "../../xdp/flows/driver_flows.h"
#include "../values/arguments.h"
#include "../values/errors.h"
#include "../values/exports.h"
#include "../values/fields.h"
#include "current.h"

namespace rxb {
namespace flow_calls {

constexpr size_t kStepsBytesMax = 4096;
constexpr uint32_t kRecordsMax = 256;  // that one call takes
constexpr uint32_t kKeyBytes = 40;

// What takeEnded() writes: columns one behind the other, each of kRecordsMax.
struct EndedColumns {
  double packets[kRecordsMax], bytes[kRecordsMax], first[kRecordsMax], last[kRecordsMax];
  uint64_t key[kRecordsMax][5];
  uint8_t reason[kRecordsMax], family[kRecordsMax];
};

// Of the worker that this thread runs.
Flows *Running(Arguments *in) {
  Worker *worker = CurrentWorker();
  if (!worker || !worker->flows) {
    in->Refuse(Fail(
        kClosed, "flows belong to a worker that runs: this thread runs none, or its processor has no table of flows"));
    return nullptr;
  }
  return static_cast<Flows *>(worker->flows);
}

FlowTable *TableOf(Arguments *in, Flows *flows, uint32_t table) {
  if (!flows) return nullptr;
  if (table < flows->table_count) return flows->table[table].get();
  in->Refuse(Fail(kBadArgument, "there is no table %u of flows: this worker has %u", table, flows->table_count));
  return nullptr;
}

// Under the control lock: the flows of a worker that has not started, made at its first table.
Status Planned(uint32_t id, Flows **out) {
  Worker *worker = WorkerById(id);
  if (!worker || worker->member || worker->state != WorkerState::kPlanned)
    return Fail(kBadArgument, "shapes belong to the factory: worker %u is not planned, or has started", id);
  if (!worker->flows) {
    std::unique_ptr<Flows> made;
    RXB_TRY(Flows::Make(*worker, &made));
    worker->flows = made.release();
  }
  *out = static_cast<Flows *>(worker->flows);
  return {};
}

// workers.flows.shape({worker, shape, anyPort, capacity, refuse, watch, after, idleMs, hardMs, activeMs, newPerSecond,
// layer, promoteAt})
// -> table
Napi::Value Shape(const Napi::CallbackInfo &info) {
  Arguments in(info, "workers.flows.shape");
  Fields fields(&in, info[0], "the shape");
  FlowTableOptions options;
  const uint32_t worker = fields.Whole("worker");
  options.shape = static_cast<FlowShape>(fields.Whole("shape", uint32_t(FlowShape::kCount) - 1));
  options.any_port = fields.Flag("anyPort");
  options.capacity = fields.Whole("capacity", kFlowsMax);
  options.refuse = fields.Flag("refuse");
  options.watch = fields.Flag("watch") ? kTcpWatched : 0;
  options.after = fields.Whole("after");
  options.idle_ms = fields.Whole("idleMs");
  options.hard_ms = fields.Whole("hardMs");
  options.active_ms = fields.Whole("activeMs");
  options.new_per_second = fields.Whole("newPerSecond");
  const std::string layer = fields.Text("layer");
  const uint32_t promote_at = fields.Whole("promoteAt");
  if (!options.capacity || options.capacity & (options.capacity - 1))
    in.Refuse(Fail(kBadArgument, "workers.flows.shape: capacity is a power of two"));
  if (!in.ok()) return in.Throw();
  uint32_t table = 0;
  std::lock_guard<std::mutex> lock(ControlLock());
  Flows *flows = nullptr;
  Status status = Planned(worker, &flows);
  if (status) status = flows->AddTable(options, &table);
  if (status) {
    std::unique_ptr<LowerLayer> *lower = &flows->table[table]->lower;
    if (layer == "nic") status = offload::MakeNicFlows(*WorkerById(worker), *flows, table, lower);
    if (layer == "xdp" || layer == "auto")
      status = steer::MakeDriverFlows(*WorkerById(worker), *flows, table, {layer == "xdp", promote_at}, lower);
    if (!status) flows->RemoveLastTable();  // a factory may catch the error and go on with another layer
  }
  in.Refuse(status);
  return in.ok() ? Napi::Number::New(info.Env(), table) : in.Throw();
}

// workers.flows.action({worker, steps}) -> action; in a factory too
Napi::Value MakeAction(const Napi::CallbackInfo &info) {
  Arguments in(info, "workers.flows.action");
  Fields fields(&in, info[0], "the action");
  const uint32_t worker = fields.Whole("worker");
  const std::vector<uint8_t> steps = fields.Bytes("steps", kStepsBytesMax);
  if (!in.ok()) return in.Throw();
  uint32_t action = 0;
  if (CurrentWorker()) {
    Flows *flows = Running(&in);
    if (flows) in.Refuse(flows->actions.Add(steps.data(), steps.size(), &action));
  } else {
    std::lock_guard<std::mutex> lock(ControlLock());
    Flows *flows = nullptr;
    Status status = Planned(worker, &flows);
    if (status) status = flows->actions.Add(steps.data(), steps.size(), &action);
    in.Refuse(status);
  }
  return in.ok() ? Napi::Number::New(info.Env(), action) : in.Throw();
}

// workers.flows.setAction({action, steps}): for all its flows.
Napi::Value SetAction(const Napi::CallbackInfo &info) {
  Arguments in(info, "workers.flows.setAction");
  Fields fields(&in, info[0], "the action");
  const uint32_t action = fields.Whole("action");
  const std::vector<uint8_t> steps = fields.Bytes("steps", kStepsBytesMax);
  Flows *flows = in.ok() ? Running(&in) : nullptr;
  if (flows && !flows->actions.Has(action))
    in.Refuse(Fail(kBadArgument, "workers.flows.setAction: there is no action %u", action));
  if (!in.ok()) return in.Throw();
  Action made = flows->actions.all[action];
  in.Refuse(CompileAction(steps.data(), steps.size(), &made));
  Worker &w = *CurrentWorker();
  if (in.ok() && IsTx(made.verdict)) in.Refuse(flows->MayEnd(w, w.slots[0], made));
  if (!in.ok()) return in.Throw();
  flows->SetAction(action, made);
  return info.Env().Undefined();
}

// workers.flows.invalidateAction(action): its flows ask again.
Napi::Value InvalidateAction(const Napi::CallbackInfo &info) {
  Arguments in(info, "workers.flows.invalidateAction");
  const uint32_t action = in.Whole(0, "the action");
  Flows *flows = in.ok() ? Running(&in) : nullptr;
  if (flows && flows->actions.Has(action)) flows->InvalidateAction(action);
  return in.ok() ? info.Env().Undefined() : in.Throw();
}

// workers.flows.actionCounts(action) -> {flows, metered, unfit}
Napi::Value ActionCounts(const Napi::CallbackInfo &info) {
  Arguments in(info, "workers.flows.actionCounts");
  const uint32_t action = in.Whole(0, "the action");
  Flows *flows = in.ok() ? Running(&in) : nullptr;
  if (flows && !flows->actions.Has(action))
    in.Refuse(Fail(kBadArgument, "workers.flows.actionCounts: there is no action %u", action));
  if (!in.ok()) return in.Throw();
  const Action &a = flows->actions.all[action];
  auto out = Napi::Object::New(info.Env());
  out["flows"] = a.references - 1;
  out["metered"] = static_cast<double>(a.metered);
  out["unfit"] = static_cast<double>(a.unfit);
  return out;
}

// workers.flows.invalidate(): every flow asks again.
Napi::Value Invalidate(const Napi::CallbackInfo &info) {
  Arguments in(info, "workers.flows.invalidate");
  if (Flows *flows = Running(&in)) flows->Invalidate();
  return in.ok() ? info.Env().Undefined() : in.Throw();
}

// workers.flows.apply(): requests are carried out now, because there is no room for more.
Napi::Value Apply(const Napi::CallbackInfo &info) {
  Arguments in(info, "workers.flows.apply");
  if (Flows *flows = Running(&in)) flows->TakeRequests(*CurrentWorker());
  return in.ok() ? info.Env().Undefined() : in.Throw();
}

Napi::Value ShowEntry(Napi::Env env, Flows &flows, FlowTable &table, uint32_t i) {
  if (i == kNoEntry) return env.Null();
  if (table.lower) table.lower->Sync(i);
  const FlowEntry &e = table.entry(i);
  if (table.IsStale(e, flows.generation)) return env.Null();
  FlowKey key;
  KeyKind kind;
  table.KeyOf(i, &key, &kind);
  auto words = Napi::Uint8Array::New(env, kKeyBytes);
  memcpy(words.Data(), key.w, kKeyBytes);
  auto out = Napi::Object::New(env);
  out["key"] = words;
  out["family"] = kind == KeyKind::kIpv6 ? 6 : 4;
  out["action"] = e.action;
  const bool counts = !table.lower || table.lower->Counts(i);
  out["packets"] = counts ? Napi::Number::New(env, static_cast<double>(e.packets)) : env.Null();
  out["bytes"] = counts ? Napi::Number::New(env, static_cast<double>(e.bytes)) : env.Null();
  out["firstMs"] = flows.UnixMs(e.created);
  out["lastMs"] = flows.UnixMs(e.seen);
  out["param"] = static_cast<double>(e.param);
  out["twin"] = e.twin != kNoEntry;
  out["layer"] = LayerOf(table, i);
  out["why"] = WhyOf(table, i);
  return out;
}

// workers.flows.find({table, slot, place}): of the packet in front of the handler; what was asked for so far is done
// first.
Napi::Value FindFlow(const Napi::CallbackInfo &info) {
  Arguments in(info, "workers.flows.find");
  Fields fields(&in, info[0], "the packet");
  const uint32_t number = fields.Whole("table"), at = fields.Whole("slot"), place = fields.Whole("place");
  Flows *flows = in.ok() ? Running(&in) : nullptr;
  FlowTable *table = TableOf(&in, flows, number);
  if (!in.ok()) return in.Throw();
  Worker &w = *CurrentWorker();
  flows->TakeRequests(w);
  if (at >= w.slot_count || place >= w.slots[at].count) return info.Env().Null();
  const FlowSlot &f = flows->slot[at];
  if (f.kind[number][place] == KeyKind::kNone) return info.Env().Null();
  return ShowEntry(info.Env(), *flows, *table,
                   table->Find(f.key[number][place], f.kind[number][place], f.hash[number][place]));
}

struct GivenKey {
  FlowKey key;
  KeyKind kind;
};

GivenKey ReadKey(Arguments *in, Fields *fields) {
  GivenKey given{{}, KeyKind::kNone};
  const std::vector<uint8_t> bytes = fields->Bytes("key", kKeyBytes);
  const uint32_t family = fields->Whole("family", 6);
  if (bytes.size() != kKeyBytes || (family != 4 && family != 6)) {
    in->Refuse(Fail(kBadArgument, "a key is 40 bytes, of family 4 or 6"));
    return given;
  }
  memcpy(given.key.w, bytes.data(), kKeyBytes);
  given.kind = family == 6 ? KeyKind::kIpv6 : KeyKind::kIpv4;
  return given;
}

// workers.flows.addKey({table, key, family, action, param}) -> whether it has an entry
Napi::Value AddKey(const Napi::CallbackInfo &info) {
  Arguments in(info, "workers.flows.addKey");
  Fields fields(&in, info[0], "the flow");
  FlowRequest request{fields.Whole("table"), fields.Whole("action"), 0, 0};
  request.param = static_cast<uint64_t>(fields.Number("param", 0, 9007199254740991.0));
  const GivenKey given = ReadKey(&in, &fields);
  Flows *flows = in.ok() ? Running(&in) : nullptr;
  FlowTable *table = TableOf(&in, flows, request.table);
  if (table && !flows->actions.Has(request.action))
    in.Refuse(Fail(kBadArgument, "workers.flows.addKey: there is no action %u", request.action));
  if (!in.ok()) return in.Throw();
  flows->Wake(*CurrentWorker());
  const uint32_t entry = flows->AddKey(request, given.key, given.kind);
  if (entry == kNoEntry) table->stats.refused++;
  return Napi::Boolean::New(info.Env(), entry != kNoEntry);
}

// workers.flows.removeKey({table, key, family}) -> whether there was one; flows.findKey(…) -> the flow or null
Napi::Value OneKey(const Napi::CallbackInfo &info, const char *name, bool remove) {
  Arguments in(info, name);
  Fields fields(&in, info[0], "the flow");
  const uint32_t number = fields.Whole("table");
  const GivenKey given = ReadKey(&in, &fields);
  Flows *flows = in.ok() ? Running(&in) : nullptr;
  FlowTable *table = TableOf(&in, flows, number);
  if (!in.ok()) return in.Throw();
  const uint32_t entry = table->Find(given.key, given.kind, table->Hash(given.key, given.kind));
  if (!remove) return ShowEntry(info.Env(), *flows, *table, entry);
  if (entry != kNoEntry) table->End(entry, EndReason::kRemoved);
  return Napi::Boolean::New(info.Env(), entry != kNoEntry);
}
Napi::Value RemoveKey(const Napi::CallbackInfo &info) { return OneKey(info, "workers.flows.removeKey", true); }
Napi::Value FindKey(const Napi::CallbackInfo &info) { return OneKey(info, "workers.flows.findKey", false); }

// workers.flows.stats(table)
Napi::Value Stats(const Napi::CallbackInfo &info) {
  Arguments in(info, "workers.flows.stats");
  const uint32_t number = in.Whole(0, "the table");
  Flows *flows = in.ok() ? Running(&in) : nullptr;
  FlowTable *table = TableOf(&in, flows, number);
  if (!in.ok()) return in.Throw();
  auto out = Napi::Object::New(info.Env());
  flows->CountRested(*CurrentWorker());
  const FlowStats &s = table->stats;
#define NUMBER(name, value) out[name] = static_cast<double>(value)
  NUMBER("entries", table->size()), NUMBER("hits", s.hits), NUMBER("misses", s.misses), NUMBER("unfit", s.unfit);
  NUMBER("refused", s.refused), NUMBER("evicted", s.evicted), NUMBER("ended", s.ended), NUMBER("stopped", s.stopped);
  const LowerLayer *lower = table->lower.get();
  const bool nic = lower && !strcmp(lower->Name(), "nic");
  NUMBER("xdp", lower && !nic ? lower->size() : 0), NUMBER("nic", nic ? lower->size() : 0);
  NUMBER("memory", table->memory()), NUMBER("unmirrored", flows->unmirrored);
#undef NUMBER
  return out;
}

// workers.flows.record(table): ended flows are kept from now on.
Napi::Value RecordEnded(const Napi::CallbackInfo &info) {
  Arguments in(info, "workers.flows.record");
  const uint32_t number = in.Whole(0, "the table");
  if (!in.ok()) return in.Throw();
  Flows *flows = Running(&in);
  FlowTable *table = TableOf(&in, flows, number);
  if (table) in.Refuse(table->Record(kEndedRecords));
  return in.ok() ? info.Env().Undefined() : in.Throw();
}

// workers.flows.takeEnded({table, into}) -> how many records `into` has now
Napi::Value TakeEnded(const Napi::CallbackInfo &info) {
  Arguments in(info, "workers.flows.takeEnded");
  Fields fields(&in, info[0], "the columns");
  const uint32_t number = fields.Whole("table");
  const Napi::Value into = fields.Get("into");
  bool fits = into.IsTypedArray() && into.As<Napi::TypedArray>().TypedArrayType() == napi_uint8_array;
  fits = fits && into.As<Napi::Uint8Array>().ByteLength() >= sizeof(EndedColumns) &&
         into.As<Napi::Uint8Array>().ByteOffset() % 8 == 0;
  if (!fits)
    in.Refuse(Fail(kBadArgument, "workers.flows.takeEnded: into is a Uint8Array of %zu bytes, at a multiple of 8",
                   sizeof(EndedColumns)));
  Flows *flows = in.ok() ? Running(&in) : nullptr;
  FlowTable *table = TableOf(&in, flows, number);
  if (!in.ok()) return in.Throw();
  auto &columns = *reinterpret_cast<EndedColumns *>(into.As<Napi::Uint8Array>().Data());
  uint32_t n = 0;
  for (EndedRecord r; n < kRecordsMax && table->ring.Pop(&r); n++) {
    const bool counted = r.packets != kUncounted;
    columns.packets[n] = counted ? static_cast<double>(r.packets) : NAN;
    columns.bytes[n] = counted ? static_cast<double>(r.bytes) : NAN;
    columns.first[n] = flows->UnixMs(r.first);
    columns.last[n] = flows->UnixMs(r.last);
    memcpy(columns.key[n], r.key.w, sizeof r.key.w);
    columns.reason[n] = static_cast<uint8_t>(r.reason);
    columns.family[n] = r.kind == KeyKind::kIpv6 ? 6 : 4;
  }
  return Napi::Number::New(info.Env(), n);
}

// workers.flows.end(): every flow ends, as far as there is room for records. How many are left.
Napi::Value EndFlows(const Napi::CallbackInfo &info) {
  Arguments in(info, "workers.flows.end");
  Flows *flows = Running(&in);
  if (!flows) return in.Throw();
  double left = 0;
  for (uint32_t t = 0; t < flows->table_count; t++) {
    if (flows->table[t]->lower) flows->table[t]->lower->Stop();
    flows->table[t]->EndAll(EndReason::kClosed);
    left += flows->table[t]->held();
  }
  return Napi::Number::New(info.Env(), left);
}

// workers.flows.release(action): JavaScript has no handle of it any more.
Napi::Value ReleaseAction(const Napi::CallbackInfo &info) {
  Arguments in(info, "workers.flows.release");
  const uint32_t action = in.Whole(0, "the action");
  Flows *flows = in.ok() ? Running(&in) : nullptr;
  if (flows && flows->actions.Has(action)) flows->actions.Drop(action);
  return in.ok() ? info.Env().Undefined() : in.Throw();
}

}  // namespace flow_calls

void ExportFlowTables(Napi::Env, Napi::Object exports) {
  using namespace flow_calls;
  Export(exports, "workers.flows.shape", Shape);
  Export(exports, "workers.flows.action", MakeAction);
  Export(exports, "workers.flows.setAction", SetAction);
  Export(exports, "workers.flows.invalidateAction", InvalidateAction);
  Export(exports, "workers.flows.actionCounts", ActionCounts);
  Export(exports, "workers.flows.release", ReleaseAction);
  Export(exports, "workers.flows.invalidate", Invalidate);
  Export(exports, "workers.flows.apply", Apply);
  Export(exports, "workers.flows.find", FindFlow);
  Export(exports, "workers.flows.addKey", AddKey);
  Export(exports, "workers.flows.removeKey", RemoveKey);
  Export(exports, "workers.flows.findKey", FindKey);
  Export(exports, "workers.flows.stats", Stats);
  Export(exports, "workers.flows.record", RecordEnded);
  Export(exports, "workers.flows.takeEnded", TakeEnded);
  Export(exports, "workers.flows.end", EndFlows);
}

}  // namespace rxb
