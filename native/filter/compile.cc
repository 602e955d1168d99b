// Filter expressions in tcpdump's language, compiled by the system's libpcap to classic BPF.
#include "compile.h"

#include <dlfcn.h>

#include <atomic>
#include <mutex>

#include "fragments.h"
#include "validate.h"

namespace rxb::steer {
namespace {

// The part of libpcap's ABI that is used here: the same since 0.8. Instructions are laid out like the kernel's
// sock_filter.
struct PcapProgram {
  unsigned count;
  sock_filter *code;
};
constexpr int kEthernet = 1;  // DLT_EN10MB
constexpr int kSnapBytes = 65535;
constexpr unsigned kMaskUnknown = ~0u;  // PCAP_NETMASK_UNKNOWN

struct Libpcap {
  void *(*open_dead)(int, int);
  int (*compile)(void *, PcapProgram *, const char *, int, unsigned);
  char *(*geterr)(void *);
  void (*freecode)(PcapProgram *);
  void (*close)(void *);
  unsigned (*filter)(const sock_filter *, const uint8_t *, unsigned, unsigned);
};

// pcap_compile keeps state in globals before libpcap 1.8.
std::mutex g_libpcap_lock;
Libpcap g_libpcap;
bool g_libpcap_loaded;
std::atomic<uint32_t> g_compiles;

Status LoadLibpcap() {
  if (g_libpcap_loaded) return {};
  void *library = dlopen("libpcap.so.0.8", RTLD_NOW | RTLD_LOCAL);
  if (!library) library = dlopen("libpcap.so.1", RTLD_NOW | RTLD_LOCAL);
  if (!library)
    return Fail(
        kSteer,
        "filters are compiled by libpcap, and this machine has none (%s). Install it: apt-get install libpcap0.8",
        dlerror());
  Libpcap found;
  auto find = [library](auto &function, const char *name) {
    function = reinterpret_cast<std::decay_t<decltype(function)>>(dlsym(library, name));
    return function != nullptr;
  };
  if (!find(found.open_dead, "pcap_open_dead") || !find(found.compile, "pcap_compile") ||
      !find(found.geterr, "pcap_geterr") || !find(found.freecode, "pcap_freecode") ||
      !find(found.close, "pcap_close") || !find(found.filter, "bpf_filter"))
    return Fail(
        kSteer,
        "this machine's libpcap lacks a function that compiles filters (%s). Install it: apt-get install libpcap0.8",
        dlerror());
  g_libpcap = found;
  g_libpcap_loaded = true;
  return {};
}

bool IsBlank(const char *expression) { return expression[strspn(expression, " \t\n\r")] == 0; }

}  // namespace

Status Compile(const char *expression, Filter *filter, Fragments fragments) {
  *filter = {expression, {}};
  if (!*expression) {
    filter->code.push_back({BPF_RET | BPF_K, 0, 0, kSnapBytes});
    return {};
  }
  if (IsBlank(expression))
    return Fail(kSteer, "a blank filter would match every packet. Name what is meant: 'udp dst port 4321'.");
  RXB_TRY(ValidateWords(expression));
  std::lock_guard<std::mutex> hold(g_libpcap_lock);
  RXB_TRY(LoadLibpcap());
  void *handle = g_libpcap.open_dead(kEthernet, kSnapBytes);
  if (!handle) return Fail(kNoMemory, "libpcap has no memory to compile the filter `%s`.", expression);
  PcapProgram program{};
  Status status;
  g_compiles++;
  if (g_libpcap.compile(handle, &program, expression, 1, kMaskUnknown)) {
    status = Fail(kSteer, "libpcap refuses the filter `%s`: %s. `man pcap-filter` describes the language.", expression,
                  g_libpcap.geterr(handle));
  } else {
    filter->code.assign(program.code, program.code + program.count);
    g_libpcap.freecode(&program);
    status = ValidateCode(expression, filter->code);
  }
  g_libpcap.close(handle);
  return status ? ApplyFragments(fragments, filter) : status;
}

Status FromCompiled(const char *expression, const sock_filter *code, uint32_t code_count, Fragments fragments,
                    Filter *filter) {
  *filter = {expression, {code, code + code_count}};
  if (!*expression) return {};
  {
    std::lock_guard<std::mutex> hold(g_libpcap_lock);
    RXB_TRY(LoadLibpcap());  // for its interpreter: the compiler may have been another module's
  }
  return ApplyFragments(fragments, filter);
}

uint32_t PcapCompiles() { return g_compiles; }

bool MatchInterpreted(const Filter &filter, const uint8_t *packet, uint32_t wire_bytes, uint32_t captured_bytes) {
  if (filter.code.size() == 1) return filter.code[0].k != 0;  // also before libpcap was needed
  return g_libpcap.filter(filter.code.data(), packet, wire_bytes, captured_bytes) != 0;
}

}  // namespace rxb::steer
