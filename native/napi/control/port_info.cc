// What JavaScript can ask an open port: what it is, what its device says, what its rules have counted.
#include <string>

#include "../../core/registry.h"
#include "../../xdp/program.h"
#include "../values/errors.h"
#include "../values/exports.h"
#include "../values/fields.h"

namespace rxb {

namespace {

const char *ModeName(Mode mode) {
  return mode == Mode::kZeroCopy ? "zero-copy" : mode == Mode::kCopy ? "copy" : "none";
}
const char *XdpName(Xdp xdp) { return xdp == Xdp::kNative ? "native" : xdp == Xdp::kGeneric ? "generic" : "none"; }

// ports.info(id) -> what the port is and can do, now
Napi::Value PortInfo(const Napi::CallbackInfo &info) {
  Arguments in(info, "ports.info");
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
  out["framesPerQueue"] = port->frames_per_queue;
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

// ports.describe({port, linkOnly}) -> JSON text, or null where the backend has no more to say
Napi::Value DescribePort(const Napi::CallbackInfo &info) {
  Arguments in(info, "ports.describe");
  Fields asked(&in, info[0], "the question");
  const uint32_t id = asked.Whole("port");
  const bool link_only = asked.Flag("linkOnly");
  if (!in.ok()) return in.Throw();
  std::lock_guard<std::mutex> lock(ControlLock());
  Port *port = PortById(id);
  if (!port || !port->backend->describe) return info.Env().Null();
  std::string json;
  for (uint32_t need = 4096; json.size() < need;) {  // it may have grown between two calls
    json.resize(need);
    need = port->backend->describe(port, link_only, json.data(), need);
  }
  return Napi::String::New(info.Env(), json.c_str());
}

// rules.layerOf({port, slot}) -> lines as Backend::layer_of gives them, or null where it gives none
Napi::Value PortRuleLayer(const Napi::CallbackInfo &info) {
  Arguments in(info, "rules.layerOf");
  Fields rule(&in, info[0], "the rule");
  const uint32_t id = rule.Whole("port"), slot = rule.Whole("slot", steer::kRulesMax - 1);
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

// rules.count({port, slot}) -> {packets, bytes, elsewhere}
Napi::Value CountPortRuleCall(const Napi::CallbackInfo &info) {
  Arguments in(info, "rules.count");
  Fields rule(&in, info[0], "the rule");
  const uint32_t id = rule.Whole("port"), slot = rule.Whole("slot", steer::kRulesMax - 1);
  if (!in.ok()) return in.Throw();
  RuleCounts counts{};
  if (Status status = CountPortRule(id, slot, &counts); !status)
    return Throw(info.Env(), status), info.Env().Undefined();
  auto out = Napi::Object::New(info.Env());
  out["packets"] = static_cast<double>(counts.packets);
  out["bytes"] = static_cast<double>(counts.bytes);
  out["elsewhere"] = static_cast<double>(counts.elsewhere);
  return out;
}

}  // namespace

void ExportPortInfo(Napi::Env, Napi::Object exports) {
  Export(exports, "ports.info", PortInfo);
  Export(exports, "ports.describe", DescribePort);
  Export(exports, "rules.layerOf", PortRuleLayer);
  Export(exports, "rules.count", CountPortRuleCall);
}

}  // namespace rxb
