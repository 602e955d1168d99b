// Rules of a NIC as JavaScript sees them: text to show, and keys that it does not look into.
#include "../../filter/fragments.h"
#include "../../offload/ntuple.h"
#include "../values/arguments.h"
#include "../values/errors.h"
#include "../values/exports.h"
#include "../values/fields.h"
#include "../values/filter_object.h"

namespace rxb {
namespace flows {

using offload::FlowRule, offload::NtupleOffload;

constexpr size_t kKeyMax = 1024;  // characters; keys have 320

Napi::Value Or(const Napi::CallbackInfo &info, const Status &status, const Napi::Value &value) {
  if (status) return value;
  Throw(info.Env(), status);
  return info.Env().Undefined();
}

// nic.flowMatches({filter, takesFragments}) -> {matches: keys, why}
Napi::Value Matches(const Napi::CallbackInfo &info) {
  Arguments in(info, "nic.flowMatches");
  Fields fields(&in, info[0], "what is asked");
  const SharedFilter compiled = FilterOf(&in, fields.Get("filter"));
  const bool takes_fragments = fields.Flag("takesFragments");
  if (!in.ok()) return in.Throw();
  std::vector<offload::FlowMatch> matches;
  std::string why;
  steer::Filter filter = *compiled;
  Status status = steer::ApplyFragments(takes_fragments ? steer::Fragments::kTake : steer::Fragments::kLeave, &filter);
  if (status) status = offload::FlowMatchesOf(filter, &matches, &why);
  auto out = Napi::Object::New(info.Env());
  auto keys = Napi::Array::New(info.Env(), matches.size());
  for (uint32_t i = 0; i < matches.size(); i++) keys.Set(i, NtupleOffload("").Key({matches[i], {0}}));
  out["matches"] = keys;
  out["why"] = why;
  return Or(info, status, out);
}

// nic.flowRule({match, queue}) -> {key, text}
Napi::Value Rule(const Napi::CallbackInfo &info) {
  Arguments in(info, "nic.flowRule");
  Fields fields(&in, info[0], "what is asked");
  const std::string match = fields.Text("match", kKeyMax);
  const uint32_t queue = fields.Whole("queue", UINT16_MAX);
  FlowRule rule;
  if (in.ok()) in.Refuse(offload::ReadNtupleKey(match, &rule));
  if (!in.ok()) return in.Throw();
  rule.queues = {static_cast<uint16_t>(queue)};
  auto out = Napi::Object::New(info.Env());
  out["key"] = NtupleOffload("").Key(rule);
  out["text"] = NtupleOffload("").Text(rule);
  return out;
}

// nic.addFlow({interface, key}) -> place
Napi::Value Add(const Napi::CallbackInfo &info) {
  Arguments in(info, "nic.addFlow");
  Fields fields(&in, info[0], "what is asked");
  const std::string interface = fields.Text("interface"), key = fields.Text("key", kKeyMax);
  FlowRule rule;
  if (in.ok()) in.Refuse(offload::ReadNtupleKey(key, &rule));
  if (!in.ok()) return in.Throw();
  uint32_t place = 0;
  const Status status = NtupleOffload(interface).Add(rule, &place);  // first: it says where
  return Or(info, status, Napi::Number::New(info.Env(), place));
}

// nic.removeFlow({interface, key, place})
Napi::Value Remove(const Napi::CallbackInfo &info) {
  Arguments in(info, "nic.removeFlow");
  Fields fields(&in, info[0], "what is asked");
  const std::string interface = fields.Text("interface"), key = fields.Text("key", kKeyMax);
  const uint32_t place = fields.Whole("place");
  if (!in.ok()) return in.Throw();
  return Or(info, NtupleOffload(interface).Remove(key, place), info.Env().Undefined());
}

// nic.flowPlaces({interface, key}) -> places
Napi::Value Places(const Napi::CallbackInfo &info) {
  Arguments in(info, "nic.flowPlaces");
  Fields fields(&in, info[0], "what is asked");
  const std::string interface = fields.Text("interface"), key = fields.Text("key", kKeyMax);
  if (!in.ok()) return in.Throw();
  std::vector<uint32_t> places;
  const Status status = NtupleOffload(interface).Places(key, &places);
  auto out = Napi::Array::New(info.Env(), places.size());
  for (uint32_t i = 0; i < places.size(); i++) out[i] = places[i];
  return Or(info, status, out);
}

// nic.flows(interface) -> [{key, place, queue}, …]
Napi::Value List(const Napi::CallbackInfo &info) {
  Arguments in(info, "nic.flows");
  const std::string interface = in.Text(0, "the interface's name");
  if (!in.ok()) return in.Throw();
  std::vector<NtupleOffload::Listed> rules;
  const Status status = NtupleOffload(interface).List(&rules);
  auto out = Napi::Array::New(info.Env(), rules.size());
  for (uint32_t i = 0; i < rules.size(); i++) {
    auto rule = Napi::Object::New(info.Env());
    rule["key"] = rules[i].key, rule["place"] = rules[i].place, rule["queue"] = rules[i].queue;
    out[i] = rule;
  }
  return Or(info, status, out);
}

}  // namespace flows

void ExportFlows(Napi::Env, Napi::Object exports) {
  Export(exports, "nic.flowMatches", flows::Matches);
  Export(exports, "nic.flowRule", flows::Rule);
  Export(exports, "nic.addFlow", flows::Add);
  Export(exports, "nic.removeFlow", flows::Remove);
  Export(exports, "nic.flowPlaces", flows::Places);
  Export(exports, "nic.flows", flows::List);
}

}  // namespace rxb
