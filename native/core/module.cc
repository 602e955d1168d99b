// dlopen() of a backend's module, and what to do when that fails.
#include "module.h"

#include <dlfcn.h>
#include <unistd.h>

#include <mutex>
#include <string>

namespace rxb {

namespace {

struct Module {
  const char *backend, *packages, *command, *library;
  std::string path;
  const Backend *loaded;
  uint32_t (*pcap_compiles)();
};
Module modules[] = {
    {"dpdk",
     "apt install libdpdk-dev dpdk-dev pkg-config g++ make python3",
     "npx rxburst build-dpdk",
     "librte_",
     {},
     nullptr,
     nullptr},
};

std::mutex module_lock;  // each environment that loads the addon says where modules lie, at any time

Module *Find(const char *backend) {
  for (Module &module : modules)
    if (!strcmp(module.backend, backend)) return &module;
  return nullptr;
}

Status Open(Module &m) {
  if (access(m.path.c_str(), F_OK) != 0)
    return Fail(kNoBackend,
                "the backend %s: is a module of its own, built against the system's library, and is not built yet. On "
                "Debian: %s; then: %s",
                m.backend, m.packages, m.command);
  // Never closed: the library's threads outlive every port.
  void *library = dlopen(m.path.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (!library) {
    const char *why = dlerror();
    if (strstr(why, m.library))
      return Fail(kNoBackend,
                  "the backend %s: was built against a library that is not here now, or is another version (%s). On "
                  "Debian: %s; then build "
                  "it again: %s",
                  m.backend, why, m.packages, m.command);
    return Fail(kNoBackend, "the backend %s: can't be loaded: %s. Build it again: %s", m.backend, why, m.command);
  }
  auto *table = reinterpret_cast<const Backend *(*)()>(dlsym(library, "rxburst_backend"));
  const Backend *backend = table ? table() : nullptr;
  if (!backend || backend->abi != kBackendAbi)
    return Fail(kNoBackend, "the backend %s: was built for another version of rxburst. Build it again: %s", m.backend,
                m.command);
  m.loaded = backend;
  m.pcap_compiles = reinterpret_cast<uint32_t (*)()>(dlsym(library, "rxburst_pcap_compiles"));
  return {};
}

}  // namespace

void SetModulePath(const char *backend, const char *path) {
  std::lock_guard<std::mutex> lock(module_lock);
  if (Module *module = Find(backend)) module->path = path;
}

bool HasModule(const char *backend) { return Find(backend); }

bool AnyModuleLoaded() {
  std::lock_guard<std::mutex> lock(module_lock);
  for (const Module &module : modules)
    if (module.loaded) return true;
  return false;
}

uint32_t ModulesPcapCompiles() {
  std::lock_guard<std::mutex> lock(module_lock);
  uint32_t sum = 0;
  for (const Module &module : modules)
    if (module.pcap_compiles) sum += module.pcap_compiles();
  return sum;
}

Status LoadModule(const char *backend, const Backend **out) {
  std::lock_guard<std::mutex> lock(module_lock);
  Module &module = *Find(backend);
  if (!module.loaded) RXB_TRY(Open(module));
  *out = module.loaded;
  return {};
}

}  // namespace rxb
