// A table of flows without packets, for tests: a list of operations on numbers as keys, with a clock of its own.
#include <memory>

#include "../../flows/table.h"
#include "../values/arguments.h"
#include "../values/errors.h"
#include "../values/exports.h"
#include "../values/fields.h"

namespace rxb {

namespace {

constexpr uint32_t kOperationsMax = 1 << 22, kCapacityMax = 1 << 20, kActions = 4;
constexpr uint32_t kSweepMs = 10, kAdvanceMs = 600000;

enum Operation : uint32_t { kAdd, kHit, kRemove, kAdvance, kInvalidate, kInvalidateAction, kJoin, kTakeEnded };

void KeyOf(uint32_t number, FlowKey *key, KeyKind *kind) {
  *key = {{number, number * 0x9e3779b97f4a7c15ull, number + 1ull, number + 2ull, number ^ ~0ull}};
  *kind = number >> 31 ? KeyKind::kIpv6 : KeyKind::kIpv4;
}

struct Driver {
  ActionPool actions;
  FlowTable table;
  uint32_t generation = 0;
  std::vector<uint32_t> ended;  // key, reason, packets, first, last

  uint32_t Find(uint32_t number) {
    FlowKey key;
    KeyKind kind;
    KeyOf(number, &key, &kind);
    return table.Find(key, kind, table.Hash(key, kind));
  }
  uint32_t Add(uint32_t number, uint32_t action) {
    uint32_t at = Find(number);
    if (at != kNoEntry) {
      table.SetAction(at, action, 0, generation);
      return at;
    }
    if (!table.MayAdd()) return kNoEntry;
    FlowKey key;
    KeyKind kind;
    KeyOf(number, &key, &kind);
    at = table.Insert(key, kind, table.Hash(key, kind), action, 0, generation);
    if (at != kNoEntry) table.entry(at).packets = 1;
    return at;
  }
  // 0: no entry that is good.
  uint32_t Hit(uint32_t number) {
    const uint32_t at = Find(number);
    if (at == kNoEntry) return 0;
    FlowEntry &e = table.entry(at);
    if (table.IsStale(e, generation)) {
      table.End(at, EndReason::kGeneration);
      return 0;
    }
    e.seen = table.now;
    return static_cast<uint32_t>(++e.packets);
  }
  void TakeEnded() {
    for (EndedRecord r; table.ring.Pop(&r);)
      ended.insert(ended.end(), {static_cast<uint32_t>(r.key.w[0]), uint32_t(r.reason),
                                 static_cast<uint32_t>(r.packets), r.first, r.last});
  }
  uint32_t Run(uint32_t operation, uint32_t a, uint32_t b) {
    switch (operation) {
      case kAdd:
        return Add(a, b % kActions) != kNoEntry;
      case kHit:
        return Hit(a);
      case kRemove: {
        const uint32_t at = Find(a);
        if (at != kNoEntry) table.End(at, EndReason::kRemoved);
        return at != kNoEntry;
      }
      case kAdvance:
        for (uint32_t ms = 0; ms < a % kAdvanceMs; ms += kSweepMs) table.Sweep(table.now + kSweepMs, generation);
        return table.size();
      case kInvalidate:
        return ++generation;
      case kInvalidateAction:
        return ++actions.all[a % kActions].generation;
      case kJoin: {
        const uint32_t one = Find(a), other = Find(b);
        if (one == kNoEntry || other == kNoEntry || one == other) return 0;
        if (table.entry(one).twin != kNoEntry || table.entry(other).twin != kNoEntry) return 0;
        table.Join(one, other);
        return 1;
      }
      case kTakeEnded:
        TakeEnded();
        return table.size();
      default:
        return 0;
    }
  }
};

// testing.flowTable({capacity, refuse, idleMs, hardMs, activeMs, newPerSecond, records, operations}) -> {results,
// ended, entries, memory}
Napi::Value RunFlowTable(const Napi::CallbackInfo &info) {
  Arguments in(info, "testing.flowTable");
  Fields fields(&in, info[0], "the table");
  FlowTableOptions options;
  options.capacity = fields.Whole("capacity", kCapacityMax);
  options.refuse = fields.Flag("refuse");
  options.idle_ms = fields.Whole("idleMs");
  options.hard_ms = fields.Whole("hardMs");
  options.active_ms = fields.Whole("activeMs");
  options.new_per_second = fields.Whole("newPerSecond");
  const uint32_t records = fields.Whole("records", kCapacityMax);
  const std::vector<uint32_t> operations = fields.Words("operations", kOperationsMax);
  if (!options.capacity || options.capacity & (options.capacity - 1))
    in.Refuse(Fail(kBadArgument, "testing.flowTable: capacity is a power of two"));
  if (!in.ok()) return in.Throw();
  auto driver = std::make_unique<Driver>();
  in.Refuse(driver->actions.Make());
  if (in.ok()) {
    driver->actions.used = kActions;
    for (uint32_t i = 0; i < kActions; i++) driver->actions.all[i].references = 1;
    in.Refuse(driver->table.Make(options, &driver->actions, {{1, 2, 3, 4, 5, 6}}));
  }
  if (in.ok() && records) in.Refuse(driver->table.Record(records));
  if (!in.ok()) return in.Throw();
  auto results = Napi::Uint32Array::New(info.Env(), operations.size() / 3);
  for (size_t i = 0; i < results.ElementLength(); i++)
    results[i] = driver->Run(operations[3 * i], operations[3 * i + 1], operations[3 * i + 2]);
  auto ended = Napi::Uint32Array::New(info.Env(), driver->ended.size());
  std::copy(driver->ended.begin(), driver->ended.end(), ended.Data());
  auto out = Napi::Object::New(info.Env());
  out["results"] = results;
  out["ended"] = ended;
  out["entries"] = driver->table.size();
  out["evicted"] = static_cast<double>(driver->table.stats.evicted);
  out["memory"] = static_cast<double>(driver->table.memory());
  // Every action has as many references as entries name it, and one of its own.
  uint32_t references = 0;
  for (uint32_t i = 0; i < kActions; i++) references += driver->actions.all[i].references - 1;
  out["references"] = references;
  return out;
}

}  // namespace

void ExportFlowTable(Napi::Env, Napi::Object exports) { Export(exports, "testing.flowTable", RunFlowTable); }

}  // namespace rxb
