// The backends as JavaScript calls them: their names, what a name of a port means to them, and where their modules lie.
#include <net/if.h>

#include <string>

#include "../core/module.h"
#include "../core/registry.h"
#include "arguments.h"
#include "errors.h"
#include "exports.h"

namespace rxb {

namespace {

// backends.setModulePath(backend, file): where the module of a backend lies, or would
Napi::Value SetModulePathCall(const Napi::CallbackInfo &info) {
  Arguments in(info, "backends.setModulePath");
  const std::string backend = in.Text(0, "the backend's name"), file = in.Text(1, "the file");
  if (!in.ok()) return in.Throw();
  SetModulePath(backend.c_str(), file.c_str());
  return info.Env().Undefined();
}

// backends.optionsOf(portName) -> the option keys of its backend, or null when there is none of that name
Napi::Value BackendOptions(const Napi::CallbackInfo &info) {
  Arguments in(info, "backends.optionsOf");
  const std::string name = PortName(&in);
  if (!in.ok()) return in.Throw();
  const Backend *backend;
  if (!FindBackend(name.c_str(), &backend)) return info.Env().Null();
  auto out = Napi::Array::New(info.Env());
  for (const char *const *option = backend->options; *option; option++) out[out.Length()] = *option;
  return out;
}

// backends.optionPrefix(portName) -> what our options begin with where the device's name goes on with options of
// its library's own, which are a module's
Napi::Value OptionPrefix(const Napi::CallbackInfo &info) {
  Arguments in(info, "backends.optionPrefix");
  const std::string name = PortName(&in);
  if (!in.ok()) return in.Throw();
  const bool theirs = HasModule(name.substr(0, name.find(':')).c_str());
  return Napi::String::New(info.Env(), theirs ? "rxburst." : "");
}

// backends.ingressOf(portName) -> the interface on whose ingress opening it leaves rules, or ''
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
  Export(exports, "backends.optionsOf", BackendOptions);
  Export(exports, "backends.problem", BackendProblem);
  Export(exports, "backends.ingressOf", IngressOf);
  Export(exports, "backends.optionPrefix", OptionPrefix);
  auto backends = Napi::Array::New(env);
  for (const std::string &name : BackendNames()) backends[backends.Length()] = name;
  ExportValue(exports, "backends.names", backends);
}

}  // namespace rxb
