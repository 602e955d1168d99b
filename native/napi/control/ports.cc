// The life of a port as JavaScript calls it: opened, attached, its rules changed, detached, closed.
#include <string>
#include <vector>

#include "../../core/registry.h"
#include "../../xdp/program.h"
#include "../values/descriptors.h"
#include "../values/errors.h"
#include "../values/exports.h"
#include "../values/fields.h"
#include "../values/filter_object.h"

namespace rxb {

namespace {

constexpr uint32_t kOptionsMax = 32;  // of a port

// [{filter, pass, slot, fresh, takesFragments}, …] as rules; the filters must outlive them.
std::vector<RuleRequest> Rules(Arguments *in, Fields *from, std::vector<SharedFilter> *filters) {
  std::vector<RuleRequest> rules;
  for (const Napi::Value &item : from->Items("rules", steer::kRulesMax)) {
    Fields rule(in, item, "a rule");
    SharedFilter filter = FilterOf(in, rule.Get("filter"));
    const bool pass = rule.Flag("pass");
    const uint32_t slot = rule.Whole("slot", steer::kRulesMax - 1);
    const bool fresh = rule.Flag("fresh"), takes_fragments = rule.Flag("takesFragments");
    if (!filter) return {};
    const auto count = static_cast<uint32_t>(filter->code.size());
    rules.push_back({filter->expression.c_str(), filter->code.data(), count, pass, slot, fresh, takes_fragments});
    filters->push_back(std::move(filter));
  }
  return rules;
}

// The XSKMAP and the counters are the port's from now on, whatever comes of it.
Status TakeHanded(const Handed &given) {
  if (given.broker >= 0 && !IsLent(given.broker))
    return Fail(kBadArgument, "ports.open: descriptor %d was not given out by rxburst", given.broker);
  if (given.sockets_map >= 0) RXB_TRY(TakeLent(given.sockets_map));
  if (given.counters_map < 0) return {};
  const Status status = TakeLent(given.counters_map);
  if (!status) Lend(given.sockets_map);
  return status;
}

// [[key, value], …]: words that must outlive the options.
void ReadOptions(Arguments *in, Fields *wanted, std::vector<std::string> *words) {
  for (const Napi::Value &item : wanted->Items("options", kOptionsMax)) {
    Fields option(in, item, "an option");
    words->push_back(option.Text("key"));
    words->push_back(option.Text("value"));
  }
}

// ports.open({name, queues, options: [{key, value}], takeAll, rules, handed: {xskmap, counters, broker}}) -> id
Napi::Value OpenPortCall(const Napi::CallbackInfo &info) {
  Arguments in(info, "ports.open");
  Fields wanted(&in, info[0], "the request");
  PortRequest request{};
  const std::string name = wanted.Text("name");
  const bool some = wanted.Has("queues");
  const std::vector<uint32_t> queues = some ? wanted.Wholes("queues", k_queuesMax) : std::vector<uint32_t>();
  std::vector<std::string> words;
  std::vector<SharedFilter> filters;
  ReadOptions(&in, &wanted, &words);
  request.take_all = wanted.Flag("takeAll");
  const std::vector<RuleRequest> rules = Rules(&in, &wanted, &filters);
  const Napi::Value handed = wanted.Get("handed");
  if (in.ok() && !handed.IsNull()) {
    Fields given(&in, handed, "handed");
    request.handed = {given.Descriptor("xskmap"), given.Descriptor("counters"), given.Descriptor("broker")};
    if (in.ok()) in.Refuse(TakeHanded(request.handed));
  }
  if (!in.ok()) return in.Throw();
  std::vector<Option> options;
  for (size_t i = 0; i + 1 < words.size(); i += 2) options.push_back({words[i].c_str(), words[i + 1].c_str()});
  request.name = name.c_str();
  const uint32_t none = 0;  // an empty list is one too
  request.queues = !some ? nullptr : queues.empty() ? &none : queues.data();
  request.queue_count = static_cast<uint32_t>(queues.size());
  request.options = {options.data(), static_cast<uint32_t>(options.size()), nullptr};
  request.rules = rules.data();
  request.rule_count = static_cast<uint32_t>(rules.size());
  uint32_t id = 0;
  if (Status status = OpenPort(request, &id); !status) return Throw(info.Env(), status), info.Env().Undefined();
  return Napi::Number::New(info.Env(), id);
}

Napi::Value ClosePortCall(const Napi::CallbackInfo &info) {
  Arguments in(info, "ports.close");
  const uint32_t id = PortId(&in);
  if (!in.ok()) return in.Throw();
  if (Status status = ClosePort(id); !status) Throw(info.Env(), status);
  return info.Env().Undefined();
}

// rules.set({port, rules})
Napi::Value SetPortRulesCall(const Napi::CallbackInfo &info) {
  Arguments in(info, "rules.set");
  Fields wanted(&in, info[0], "the request");
  const uint32_t id = wanted.Whole("port");
  std::vector<SharedFilter> filters;
  const std::vector<RuleRequest> rules = Rules(&in, &wanted, &filters);
  if (in.ok()) in.Refuse(SetPortRules(id, rules.data(), static_cast<uint32_t>(rules.size())));
  return in.ok() ? info.Env().Undefined() : in.Throw();
}

// grant.servePort({port, client, queues, rules}) -> descriptor of the client's counters, which stays the port's;
// without rules: no client any more
Napi::Value ServePortCall(const Napi::CallbackInfo &info) {
  Arguments in(info, "grant.servePort");
  Fields wanted(&in, info[0], "the request");
  const uint32_t id = wanted.Whole("port"), client = wanted.Whole("client");
  const std::vector<uint32_t> queues = wanted.Wholes("queues", k_queuesMax, k_queuesMax - 1);
  std::vector<SharedFilter> filters;
  const std::vector<RuleRequest> rules = Rules(&in, &wanted, &filters);
  if (!in.ok()) return in.Throw();
  int counters = -1;
  ClientRequest request{client, queues.data(), static_cast<uint32_t>(queues.size()), rules.data(),
                        static_cast<uint32_t>(rules.size())};
  in.Refuse(ServePort(id, request, &counters));
  return in.ok() ? Napi::Number::New(info.Env(), counters) : in.Throw();
}

struct FlowsWanted {
  uint32_t port;
  steer::FlowMapRequest request;
};

// What {port, client, shape, watch, capacity, table} describes. Not under the control lock: to read a field may run
// JavaScript.
FlowsWanted ReadFlows(Fields *fields) {
  Fields &wanted = *fields;
  FlowsWanted of{wanted.Whole("port"), {}};
  of.request.client = wanted.Whole("client", UINT32_MAX - 1) + 1;
  of.request.shape = static_cast<FlowShape>(wanted.Whole("shape", uint32_t(FlowShape::kCount) - 1));
  of.request.watch = static_cast<uint8_t>(wanted.Whole("watch", 255));
  of.request.capacity = wanted.Whole("capacity");
  of.request.table = wanted.Whole("table", k_flowTablesMax - 1);
  return of;
}

struct ServedFlows {
  Port *port = nullptr;
  std::shared_ptr<steer::FlowMaps> maps = {};
};

// The maps of a client. Under the control lock.
ServedFlows FlowsOf(Arguments *in, const FlowsWanted &wanted) {
  ServedFlows found;
  if (!in->ok()) return found;
  found.port = PortById(wanted.port);
  if (!found.port)
    in->Refuse(Fail(kClosed, "the port is closed"));
  else if (!found.port->backend->flow_maps)
    in->Refuse(Fail(kNotSupported, "%s has no XDP program that could execute flows", found.port->name));
  else
    in->Refuse(found.port->backend->flow_maps(found.port, wanted.request, &found.maps));
  return found;
}

// grant.flowMaps({port, client, shape, watch, capacity, table}) -> {words, slots, keys4, keys6}: descriptors, which
// stay the port's; -1: none
Napi::Value FlowMapsCall(const Napi::CallbackInfo &info) {
  Arguments in(info, "grant.flowMaps");
  Fields fields(&in, info[0], "the request");
  const FlowsWanted wanted = ReadFlows(&fields);
  std::lock_guard<std::mutex> lock(ControlLock());
  const ServedFlows found = FlowsOf(&in, wanted);
  if (!in.ok()) return in.Throw();
  const steer::FlowDescriptors &fds = found.maps->descriptors();
  const int all[] = {fds.words, fds.slots, fds.keys4, fds.keys6};
  auto out = Napi::Object::New(info.Env());
  for (uint32_t i = 0; i < 4; i++) out[steer::kFlowMapNames[i]] = all[i];
  return out;
}

// grant.flowTarget({port, client, shape, watch, capacity, table, to}) -> the place of that port among the targets of
// the client's flows, or the word that says why it has none
Napi::Value FlowTargetCall(const Napi::CallbackInfo &info) {
  Arguments in(info, "grant.flowTarget");
  Fields fields(&in, info[0], "the request");
  const uint32_t to = fields.Whole("to");
  const FlowsWanted wanted = ReadFlows(&fields);
  std::lock_guard<std::mutex> lock(ControlLock());
  const ServedFlows found = FlowsOf(&in, wanted);
  Port *target = in.ok() ? PortById(to) : nullptr;
  if (in.ok() && !target) in.Refuse(Fail(kClosed, "the port is closed"));
  if (!in.ok()) return in.Throw();
  uint32_t place = 0;
  const char *why = found.port->backend->flow_target
                        ? found.port->backend->flow_target(found.port, *found.maps, target, &place)
                        : "target";
  if (why) return Napi::String::New(info.Env(), why);
  return Napi::Number::New(info.Env(), place);
}

Napi::Value AttachPortCall(const Napi::CallbackInfo &info) {
  Arguments in(info, "ports.attach");
  const uint32_t id = PortId(&in);
  if (!in.ok()) return in.Throw();
  if (Status status = AttachPort(id); !status) Throw(info.Env(), status);
  return info.Env().Undefined();
}

Napi::Value DetachPortCall(const Napi::CallbackInfo &info) {
  Arguments in(info, "ports.detach");
  const uint32_t id = PortId(&in);
  if (!in.ok()) return in.Throw();
  DetachPort(id);
  return info.Env().Undefined();
}

}  // namespace

void ExportPorts(Napi::Env, Napi::Object exports) {
  Export(exports, "ports.open", OpenPortCall);
  Export(exports, "ports.close", ClosePortCall);
  Export(exports, "ports.attach", AttachPortCall);
  Export(exports, "ports.detach", DetachPortCall);
  Export(exports, "rules.set", SetPortRulesCall);
  Export(exports, "grant.servePort", ServePortCall);
  Export(exports, "grant.flowMaps", FlowMapsCall);
  Export(exports, "grant.flowTarget", FlowTargetCall);
}

}  // namespace rxb
