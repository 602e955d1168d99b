// Flows on their way into a NIC, as the worker hands them to the main thread, and rules as the main thread makes them.
#include "../../offload/nic_flows.h"

#include "../../core/registry.h"
#include "../../offload/ntuple.h"
#include "../values/arguments.h"
#include "../values/errors.h"
#include "../values/exports.h"
#include "../values/fields.h"
#include "current.h"

namespace rxb {
namespace flow_calls {

Flows *Running(Arguments *);
FlowTable *TableOf(Arguments *, Flows *, uint32_t table);

constexpr size_t kMatchMax = 1024;  // characters
constexpr double kCountMax = 9007199254740991.0;
const char *const kRefusals[] = {"", "full", "rules", "driver", "port"};

// Of a table whose layer is the NIC; null for any other.
offload::NicFlows *NicOf(FlowTable *table) {
  const bool nic = table && table->lower && !strcmp(table->lower->Name(), "nic");
  return nic ? static_cast<offload::NicFlows *>(table->lower.get()) : nullptr;
}

// workers.flows.nicOrders(table) -> [{id, port, match, mark}, …]; match '': the rule goes; mark -1: it drops
Napi::Value NicOrders(const Napi::CallbackInfo &info) {
  Arguments in(info, "workers.flows.nicOrders");
  const uint32_t number = in.Whole(0, "the table");
  Flows *flows = in.ok() ? Running(&in) : nullptr;
  FlowTable *table = TableOf(&in, flows, number);
  if (!in.ok()) return in.Throw();
  auto out = Napi::Array::New(info.Env());
  offload::NicFlows *nic = NicOf(table);
  uint32_t n = 0;
  for (const offload::NicOrder &order : nic ? nic->TakeOrders() : std::vector<offload::NicOrder>()) {
    auto each = Napi::Object::New(info.Env());
    each["id"] = order.id, each["port"] = order.port;
    each["match"] = order.add ? offload::NtupleOffload("").Key({order.match, {0}}) : "";
    each["mark"] = order.marks ? static_cast<double>(order.mark) : -1;
    out[n++] = each;
  }
  return out;
}

// workers.flows.nicPlaced({table, id, counts, why}): the rule is there; or why not, a word
Napi::Value NicPlaced(const Napi::CallbackInfo &info) {
  Arguments in(info, "workers.flows.nicPlaced");
  Fields fields(&in, info[0], "the answer");
  const uint32_t number = fields.Whole("table"), id = fields.Whole("id");
  const bool counts = fields.Flag("counts");
  const std::string why = fields.Text("why");
  const char *word = nullptr;
  for (const char *each : kRefusals)
    if (why == each) word = each;
  if (!word) in.Refuse(Fail(kBadArgument, "workers.flows.nicPlaced: why is none of the known words"));
  Flows *flows = in.ok() ? Running(&in) : nullptr;
  FlowTable *table = TableOf(&in, flows, number);
  if (!in.ok()) return in.Throw();
  if (offload::NicFlows *nic = NicOf(table)) nic->Placed(id, counts, word);
  return info.Env().Undefined();
}

// workers.flows.nicCounted({table, id, packets, bytes, gone})
Napi::Value NicCounted(const Napi::CallbackInfo &info) {
  Arguments in(info, "workers.flows.nicCounted");
  Fields fields(&in, info[0], "the counts");
  const uint32_t number = fields.Whole("table"), id = fields.Whole("id");
  const auto packets = static_cast<uint64_t>(fields.Number("packets", 0, kCountMax));
  const auto bytes = static_cast<uint64_t>(fields.Number("bytes", 0, kCountMax));
  const bool gone = fields.Flag("gone");
  Flows *flows = in.ok() ? Running(&in) : nullptr;
  FlowTable *table = TableOf(&in, flows, number);
  if (!in.ok()) return in.Throw();
  if (offload::NicFlows *nic = NicOf(table)) nic->Counted(id, packets, bytes, gone);
  return info.Env().Undefined();
}

// workers.flows.nicGiveUp(table): no answer is waited for any more.
Napi::Value NicGiveUp(const Napi::CallbackInfo &info) {
  Arguments in(info, "workers.flows.nicGiveUp");
  const uint32_t number = in.Whole(0, "the table");
  Flows *flows = in.ok() ? Running(&in) : nullptr;
  FlowTable *table = TableOf(&in, flows, number);
  if (!in.ok()) return in.Throw();
  if (offload::NicFlows *nic = NicOf(table)) nic->GiveUp();
  return info.Env().Undefined();
}

// nic.dropRule(match) -> {key, text}: the rule that drops the packets of a match
Napi::Value DropRule(const Napi::CallbackInfo &info) {
  Arguments in(info, "nic.dropRule");
  const std::string match = in.Text(0, "the match");
  offload::FlowRule rule;
  if (in.ok()) in.Refuse(offload::ReadNtupleKey(match, &rule));
  if (!in.ok()) return in.Throw();
  rule.drops = true;
  auto out = Napi::Object::New(info.Env());
  out["key"] = offload::NtupleOffload("").Key(rule);
  out["text"] = offload::NtupleOffload("").Text(rule);
  return out;
}

// ports.nicFlow({port, call, match, mark, place}) -> {place, packets, bytes}; call: 1 makes, 2 counts, 3 takes away;
// mark -1: it drops
Napi::Value NicFlow(const Napi::CallbackInfo &info) {
  Arguments in(info, "ports.nicFlow");
  Fields fields(&in, info[0], "what is asked");
  const uint32_t id = fields.Whole("port"), call = fields.Whole("call", uint32_t(NicFlowCall::kRemove));
  const std::string match = fields.Text("match", kMatchMax);
  const double mark = fields.Number("mark", -1, UINT32_MAX);
  const uint32_t place = fields.Whole("place");
  offload::FlowRule rule;
  if (in.ok() && static_cast<NicFlowCall>(call) == NicFlowCall::kAdd) in.Refuse(offload::ReadNtupleKey(match, &rule));
  if (!in.ok()) return in.Throw();
  NicFlowAnswer answer;
  {
    std::lock_guard<std::mutex> lock(ControlLock());
    Port *port = PortById(id);
    if (!port)
      in.Refuse(Fail(kClosed, "the port is closed"));
    else if (!port->backend->nic_flow)
      in.Refuse(Fail(kNotSupported, "%s reaches no rules of a NIC", port->name));
    else
      in.Refuse(port->backend->nic_flow(
          port,
          {static_cast<NicFlowCall>(call), &rule.match, mark >= 0, mark >= 0 ? static_cast<uint32_t>(mark) : 0, place},
          &answer));
  }
  if (!in.ok()) return in.Throw();
  auto out = Napi::Object::New(info.Env());
  out["place"] = answer.place;
  out["packets"] = static_cast<double>(answer.packets), out["bytes"] = static_cast<double>(answer.bytes);
  return out;
}

}  // namespace flow_calls

void ExportNicFlows(Napi::Env, Napi::Object exports) {
  using namespace flow_calls;
  Export(exports, "workers.flows.nicOrders", NicOrders);
  Export(exports, "workers.flows.nicPlaced", NicPlaced);
  Export(exports, "workers.flows.nicCounted", NicCounted);
  Export(exports, "workers.flows.nicGiveUp", NicGiveUp);
  Export(exports, "nic.dropRule", DropRule);
  Export(exports, "ports.nicFlow", NicFlow);
}

}  // namespace rxb
