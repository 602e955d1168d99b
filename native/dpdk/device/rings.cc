// Each device receives from a set of rings of its own and sends into its peer's; net_ring is given both.
#include "rings.h"

#include <dlfcn.h>
#include <rte_errno.h>
#include <rte_ethdev.h>
#include <rte_ring.h>

#include <map>

#include "../queue/pool.h"
#include "device.h"

namespace rxb::dpdk {

namespace {

constexpr uint32_t kRings = 16;          // RTE_PMD_RING_MAX_RX_RINGS
constexpr uint32_t kRingPackets = 1024;  // as net_ring makes them

struct Wire {
  rte_ring *ring[kRings] = {};
  uint32_t ends = 0;  // devices that use it
};
std::map<std::string, Wire> wires;  // by the device that receives from it; EAL's thread alone looks at it
std::map<std::string, std::string> peer_of;

Status Make(const char *port, const std::string &device, Wire *wire) {
  static uint32_t made = 0;
  for (rte_ring *&ring : wire->ring) {
    if (ring) continue;
    char name[RTE_RING_NAMESIZE];
    snprintf(name, sizeof name, "rxb_wire_%u", made++);
    ring = rte_ring_create(name, kRingPackets, SOCKET_ID_ANY, RING_F_SP_ENQ | RING_F_SC_DEQ);
    if (!ring)
      return Fail(kNoMemory, "%s: DPDK has no memory for the rings of %s: %s", port, device.c_str(),
                  rte_strerror(rte_errno));
  }
  return {};
}

void Empty(const Wire &wire) {
  for (rte_ring *ring : wire.ring) {
    void *m;
    while (ring && rte_ring_dequeue(ring, &m) == 0) FreeForeign(static_cast<rte_mbuf *>(m));
  }
}

void Release(const std::string &device) {
  auto at = wires.find(device);
  if (at == wires.end() || --at->second.ends) return;
  Empty(at->second);
  for (rte_ring *ring : at->second.ring) rte_ring_free(ring);
  wires.erase(at);
}

}  // namespace

std::string RingVdev(const std::string &device) { return "net_ring_" + device; }

Status MakeRingDevice(const char *port, const std::string &device, const std::string &peer, uint16_t *port_id) {
  using FromRings = int (*)(const char *, rte_ring *const *, unsigned, rte_ring *const *, unsigned, unsigned);
  void *library = dlopen((DriverFolder() + "librte_net_ring.so").c_str(), RTLD_NOW | RTLD_NOLOAD);
  auto from_rings = library ? reinterpret_cast<FromRings>(dlsym(library, "rte_eth_from_rings")) : nullptr;
  if (!from_rings)
    return Fail(kNoDriver, "%s: DPDK's net_ring is not installed. On Debian: apt install 'librte-net-ring*'", port);
  if (peer_of.count(device))
    return Fail(kPortOpen, "%s: the device %s is open already in this process", port, device.c_str());
  Wire &rx = wires[device], &tx = wires[peer];
  rx.ends++;
  tx.ends++;
  peer_of[device] = peer;
  Status status = Make(port, device, &rx);
  if (status) status = Make(port, peer, &tx);
  if (status) {
    int id = from_rings(device.c_str(), rx.ring, kRings, tx.ring, kRings, 0);
    if (id >= 0)
      *port_id = static_cast<uint16_t>(id);
    else
      status = Fail(kNotSupported, "%s: net_ring refused the rings: %s", port, rte_strerror(rte_errno));
  }
  if (!status) ForgetRings(device);
  return status;
}

void DrainRings(const std::string &device, bool peer_reads) {
  auto peer = peer_of.find(device);
  if (peer == peer_of.end()) return;
  Empty(wires[device]);
  if (!peer_reads) Empty(wires[peer->second]);
}

void ForgetRings(const std::string &device) {
  auto peer = peer_of.find(device);
  if (peer == peer_of.end()) return;
  Release(peer->second);
  Release(device);
  peer_of.erase(peer);
}

}  // namespace rxb::dpdk
