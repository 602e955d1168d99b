// The life of a port as JavaScript calls it: opened, attached, its rules changed, detached, closed.
#include <string>
#include <vector>

#include "../core/registry.h"
#include "../xdp/program.h"
#include "arguments.h"
#include "descriptors.h"
#include "errors.h"
#include "exports.h"

namespace rxb {

namespace {

constexpr uint32_t kOptionsMax = 64;  // words of a port's options, keys and values
constexpr uint32_t kRuleWords = 5;    // of each rule, see Rules()

// [expression, pass, slot, fresh, takes fragments, …] as rules; the strings must outlive them.
std::vector<RuleRequest> Rules(Arguments *in, const Napi::Value &value, std::vector<std::string> *expressions) {
  const std::vector<Napi::Value> words = in->Items(value, "the list of rules", kRuleWords * steer::kRulesMax);
  std::vector<RuleRequest> rules;
  for (size_t at = 0; at + kRuleWords <= words.size(); at += kRuleWords) {
    expressions->push_back(in->Text(words[at], "a rule's filter", kExpressionMax));
    const uint32_t slot = in->Whole(words[at + 2], "a rule's slot", steer::kRulesMax - 1);
    rules.push_back({nullptr, in->Flag(words[at + 1], "a rule's flag"), slot, in->Flag(words[at + 3], "a rule's flag"),
                     in->Flag(words[at + 4], "a rule's flag")});
  }
  for (size_t at = 0; at < rules.size(); at++) rules[at].expression = (*expressions)[at].c_str();
  return rules;
}

// [XSKMAP, counters, broker]: the first two are the port's from now on, whatever comes of it.
Status TakeHanded(const std::vector<int> &given, Handed *handed) {
  if (given.size() != 3) return Fail(kBadArgument, "ports.open: three descriptors are handed over, not %zu", given.size());
  if (given[2] >= 0 && !IsLent(given[2]))
    return Fail(kBadArgument, "ports.open: descriptor %d is none that rxburst has given out", given[2]);
  if (given[0] >= 0) RXB_TRY(TakeLent(given[0]));
  if (given[1] >= 0)
    if (Status status = TakeLent(given[1]); !status) {
      Lend(given[0]);
      return status;
    }
  *handed = {given[0], given[1], given[2]};
  return {};
}

// ports.open(name, queues | null, [key, value, …], takeAll, rules, handed | null) -> id
Napi::Value OpenPortCall(const Napi::CallbackInfo &info) {
  Arguments in(info, "ports.open");
  const std::string name = PortName(&in);
  const bool all = info[1].IsNull();
  const std::vector<uint32_t> queues = all ? std::vector<uint32_t>() : in.Wholes(1, "the list of queues", k_queuesMax);
  const std::vector<std::string> words = in.Texts(2, "the list of options", kOptionsMax);
  std::vector<Option> options;
  for (size_t i = 0; i + 1 < words.size(); i += 2) options.push_back({words[i].c_str(), words[i + 1].c_str()});
  std::vector<std::string> expressions;
  const std::vector<RuleRequest> rules = Rules(&in, info[4], &expressions);
  std::vector<int> given;
  if (!info[5].IsNull() && !info[5].IsUndefined())
    for (const Napi::Value &each : in.Items(info[5], "the list of descriptors", 3))
      given.push_back(static_cast<int>(in.Number(each, "a descriptor", -1, INT32_MAX, true)));
  PortRequest request{};
  if (in.ok() && !given.empty()) in.Refuse(TakeHanded(given, &request.handed));
  if (!in.ok()) return in.Throw();
  request.name = name.c_str();
  const uint32_t none = 0;  // an empty list is one too
  request.queues = all ? nullptr : queues.empty() ? &none : queues.data();
  request.queue_count = static_cast<uint32_t>(queues.size());
  request.options = {options.data(), static_cast<uint32_t>(options.size()), nullptr};
  request.take_all = in.Flag(3, "takeAll");
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

// rules.set(id, rules)
Napi::Value SetPortRulesCall(const Napi::CallbackInfo &info) {
  Arguments in(info, "rules.set");
  const uint32_t id = PortId(&in);
  std::vector<std::string> expressions;
  const std::vector<RuleRequest> rules = Rules(&in, info[1], &expressions);
  if (in.ok()) in.Refuse(SetPortRules(id, rules.data(), static_cast<uint32_t>(rules.size())));
  return in.ok() ? info.Env().Undefined() : in.Throw();
}

// grant.servePort(id, client, queues, rules) -> descriptor of the client's counters, which stays the port's; without rules: no client any
// more
Napi::Value ServePortCall(const Napi::CallbackInfo &info) {
  Arguments in(info, "grant.servePort");
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
}

}  // namespace rxb
