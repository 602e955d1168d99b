// The backends as JavaScript calls them: their names, what a name of a port means to them, and where their modules lie.
#include <net/if.h>

#include <string>

#include "../../core/module.h"
#include "../../core/registry.h"
#include "../values/errors.h"
#include "../values/exports.h"
#include "../values/fields.h"

namespace rxb {

namespace {

// backends.setModulePath({backend, file}): where the module of a backend lies, or would
Napi::Value SetModulePathCall(const Napi::CallbackInfo &info) {
  Arguments in(info, "backends.setModulePath");
  Fields module(&in, info[0], "the module");
  const std::string backend = module.Text("backend"), file = module.Text("file");
  if (!in.ok()) return in.Throw();
  SetModulePath(backend.c_str(), file.c_str());
  return info.Env().Undefined();
}

const char *KindName(OptionKind kind) {
  switch (kind) {
    case OptionKind::kFlag:
      return "flag";
    case OptionKind::kNumber:
      return "number";
    case OptionKind::kPowerOfTwo:
      return "power of two";
    case OptionKind::kChoice:
      return "choice";
    case OptionKind::kText:
      break;
  }
  return "text";
}

// The default as a user would type it, or in words.
std::string DefaultOf(const OptionRow &row) {
  if (row.fallback) return row.fallback;
  if (row.kind == OptionKind::kFlag) return row.value ? "true" : "false";
  return row.kind == OptionKind::kChoice ? row.choices[row.value] : std::to_string(row.value);
}

Napi::Object RowOf(Napi::Env env, const OptionRow &row) {
  auto out = Napi::Object::New(env);
  out["key"] = row.key;
  out["kind"] = KindName(row.kind);
  out["from"] = row.from;
  out["to"] = row.to;
  auto choices = Napi::Array::New(env);
  for (const char *const *choice = row.choices; *choice; choice++) choices[choices.Length()] = *choice;
  out["choices"] = choices;
  out["fallback"] = DefaultOf(row);
  out["what"] = row.what;
  return out;
}

// backends.of(portName) -> what its backend takes and can do, or null when there is none of that name
Napi::Value BackendOf(const Napi::CallbackInfo &info) {
  Arguments in(info, "backends.of");
  const std::string name = PortName(&in);
  if (!in.ok()) return in.Throw();
  const Backend *backend;
  if (!FindBackend(name.c_str(), &backend)) return info.Env().Null();
  auto out = Napi::Object::New(info.Env());
  auto options = Napi::Array::New(info.Env());
  for (const OptionRow *row = backend->options; row->key; row++) options[options.Length()] = RowOf(info.Env(), *row);
  out["options"] = options;
  // What our options begin with where the device's name goes on with options of its library's own, which are a
  // module's.
  out["prefix"] = HasModule(backend->name) ? "rxburst." : "";
  out["segments"] = backend->transmit_segments != nullptr;
  out["inherits"] = backend->inherits;
  out["namesPeer"] = backend->names_peer;
  return out;
}

// ingressOf(portName) -> the interface on whose ingress opening it leaves rules, or ''
Napi::Value IngressOf(const Napi::CallbackInfo &info) {
  Arguments in(info, "backends.ingressOf");
  const std::string name = PortName(&in);
  if (!in.ok()) return in.Throw();
  const Backend *backend;
  char interface[IFNAMSIZ] = "";
  if (FindBackend(name.c_str(), &backend) && backend->writes_ingress)
    backend->writes_ingress(name.c_str() + name.find(':') + 1, interface, sizeof interface);
  return Napi::String::New(info.Env(), interface);
}

// backends.problem(portName) -> why its backend can't be used, or ''
Napi::Value BackendProblem(const Napi::CallbackInfo &info) {
  Arguments in(info, "backends.problem");
  const std::string name = PortName(&in);
  if (!in.ok()) return in.Throw();
  const Backend *backend;
  return Napi::String::New(info.Env(), FindBackend(name.c_str(), &backend).message);
}

}  // namespace

void ExportBackends(Napi::Env env, Napi::Object exports) {
  Export(exports, "backends.setModulePath", SetModulePathCall);
  Export(exports, "backends.of", BackendOf);
  Export(exports, "backends.problem", BackendProblem);
  Export(exports, "backends.ingressOf", IngressOf);
  auto backends = Napi::Array::New(env);
  for (const std::string &name : BackendNames()) backends[backends.Length()] = name;
  ExportValue(exports, "backends.names", backends);
}

}  // namespace rxb
