// What DPDK does not say about its poll-mode drivers and this backend has to know, in one table.
#pragma once
#include <rte_version.h>

#include <cstring>
#include <string>

namespace rxb::dpdk {

enum class Memory : uint8_t {
  kSplit,  // bare mbuf headers whose buf_addr lies in the arena: fastest, for drivers that never look for a header from
           // its data
  kExternal,  // pinned external buffers: right for every driver that takes foreign memory
  kOwn,       // the driver wants DPDK's own memory: one counted copy
};

struct Driver {
  const char *name;  // as rte_eth_dev_info says it
  Memory memory;
  bool zero_copy;         // the driver moves descriptors, not bytes
  bool by_reference;      // hands the sender's mbufs to the receiver, so that another worker's may arrive
  bool kernel_interface;  // works on an interface that the kernel keeps: its settings outlive the process
  bool over_socket;       // sends through a packet socket of the kernel's, where it works on an interface
  bool takes_packets;     // and what it receives the kernel no longer sees
  bool by_signal;         // receives only after a signal of the kernel's
  bool isolates_late;     // rte_flow_isolate() does nothing before the queues are set up
  uint32_t timestamp_ns;  // nanoseconds in one unit of its timestamps; 0: none, or ticks of a clock of its own
};

// Split only where the tests and the conformance suite have passed with it.
constexpr uint32_t kPcapTimestampNs = RTE_VERSION >= RTE_VERSION_NUM(26, 7, 0, 0) ? 1 : 1000;
constexpr Driver kDrivers[] = {
    // name, memory, zero-copy, by reference, kernel's interface, over a socket, takes packets, by signal, isolates
    // late, timestamp
    {"net_null", Memory::kSplit, true, false, false, false, false, false, false, 0},
    {"net_ring", Memory::kSplit, true, true, false, false, false, false, false, 0},
    {"net_pcap", Memory::kSplit, false, false, false, true, false, false, false, kPcapTimestampNs},
    {"net_af_packet", Memory::kSplit, false, false, true, true, false, false, false, 0},
    {"net_tap", Memory::kExternal, false, false, false, false, false, true, true, 0},
    {"net_memif", Memory::kOwn, false, false, false, false, false, false, false, 0},
    {"net_af_xdp", Memory::kOwn, false, false, true, false, true, false, false,
     0},  // finds the header before the buffer, or wants its umem there
    // vhost is told of DPDK's own pages only
    {"net_virtio_user", Memory::kOwn, false, false, false, false, false, false, false, 0},
    {"net_vhost", Memory::kOwn, false, false, false, false, false, false, false, 0},
};
constexpr Driver kPhysical = {"", Memory::kExternal, true, false, false, false, false, false, false, 0};
// unknown: what always works
constexpr Driver kOtherVirtual = {"", Memory::kOwn, false, false, false, false, false, false, false, 0};

inline const Driver &DriverOf(const char *name, bool is_virtual) {
  for (const Driver &driver : kDrivers)
    if (!strcmp(driver.name, name)) return driver;
  return is_virtual ? kOtherVirtual : kPhysical;
}

// Its device is the kernel's too, which keeps what flow rules in isolated mode do not send to us. A net_tap is one
// beside `remote`.
inline bool IsBifurcated(const char *name, const std::string &args) {
  return !strcmp(name, "net_mlx4") || !strcmp(name, "mlx5_pci") ||
         (!strcmp(name, "net_tap") && args.find("remote=") != std::string::npos);
}

// Receives into several mbufs and sends from several, but has neither among its offloads.
inline bool ScattersUntold(const char *name) { return !strcmp(name, "net_pcap"); }

}  // namespace rxb::dpdk
