// Finds the addon that this process has loaded, and calls of it what a loop in C needs.
#include <dlfcn.h>
#include <sys/stat.h>

#include <atomic>
#include <string>

#include "../napi/values/arguments.h"
#include "../napi/values/errors.h"
#include "../napi/values/exports.h"
#include "bench.h"

namespace rxb {

namespace {

std::atomic<const CoreTable *> core;

Status Attach(const char *path) {
  // Only looks: the addon is there already, for it has to be the one that the worker threads use. dlopen() reads what
  // stands at a path that it doesn't know, and a terminal or a pipe has nothing to read for long.
  struct stat what;
  void *addon = !stat(path, &what) && S_ISREG(what.st_mode) ? dlopen(path, RTLD_LAZY | RTLD_NOLOAD) : nullptr;
  if (!addon) return Fail(kBadArgument, "attach: '%s' is no library that this process has loaded", path);
  auto *table_of = reinterpret_cast<const CoreTable *(*)()>(dlsym(addon, "rxburst_core"));
  const CoreTable *table = table_of ? table_of() : nullptr;
  dlclose(addon);
  if (!table || !IsOurs(*table))
    return Fail(kBuild,
                "the benchmark's module and the addon are of different builds. Build both: npm run build:native");
  core = table;
  return {};
}

// attach(path of the addon): cLoop() needs it
Napi::Value AttachCall(const Napi::CallbackInfo &info) {
  Arguments in(info, "attach");
  const std::string path = in.Text(0, "the addon's path");
  if (in.ok()) in.Refuse(Attach(path.c_str()));
  return in.ok() ? info.Env().Undefined() : in.Throw();
}

}  // namespace

const CoreTable *TheCore() { return core.load(std::memory_order_relaxed); }

void ExportCore(Napi::Env, Napi::Object exports) { Export(exports, "attach", AttachCall); }

}  // namespace rxb
