// Finds libpcap's functions that read capture files.
#include "libpcap.h"

#include <dlfcn.h>

#include <type_traits>

namespace rxb::pcap {

Status LoadReader(const Reader **out) {
  static Reader reader;
  static bool loaded;
  *out = &reader;
  if (loaded) return {};
  void *library = dlopen("libpcap.so.0.8", RTLD_NOW | RTLD_LOCAL);
  if (!library) library = dlopen("libpcap.so.1", RTLD_NOW | RTLD_LOCAL);
  auto find = [library](auto &function, const char *name) {
    function = reinterpret_cast<std::decay_t<decltype(function)>>(dlsym(library, name));
    return function != nullptr;
  };
  if (!library || !find(reader.open, "pcap_open_offline_with_tstamp_precision") || !find(reader.next, "pcap_next_ex") ||
      !find(reader.datalink, "pcap_datalink") || !find(reader.datalink_name, "pcap_datalink_val_to_name") ||
      !find(reader.error, "pcap_geterr") || !find(reader.close, "pcap_close"))
    return Fail(
        kNotSupported,
        "pcap: ports want libpcap 1.5 or later, and this machine has none (%s). Install it: apt-get install libpcap0.8",
        dlerror());
  loaded = true;
  return {};
}

}  // namespace rxb::pcap
