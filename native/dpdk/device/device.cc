// From what the user typed to an ethdev: plugged when the port opens, taken out when it closes.
#include "device.h"

#include <limits.h>
#include <linux/capability.h>
#include <rte_bus_vdev.h>
#include <rte_dev.h>
#include <rte_devargs.h>
#include <rte_eal.h>
#include <rte_errno.h>
#include <rte_ethdev.h>
#include <rte_ring.h>
#include <rte_version.h>
#include <rte_vfio.h>
#include <signal.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <string>

#include "../eal/eal.h"
#include "../eal/log.h"
#include "../eal/pci.h"
#include "../port.h"
#include "rings.h"

namespace rxb::dpdk {

// EAL loads its drivers from one folder, so any of them shows the place.
std::string DriverFolder() {
  std::string folder;
  if (FILE *maps = fopen("/proc/self/maps", "re")) {
    char line[PATH_MAX + 128];
    while (folder.empty() && fgets(line, sizeof line, maps))
      if (const char *name = strstr(line, "/librte_net_"))
        folder.assign(strchr(line, '/'), name + 1 - strchr(line, '/'));
    fclose(maps);
  }
  return folder;
}

namespace {

constexpr uint32_t kRingQueues = 16;  // RTE_PMD_RING_MAX_RX_RINGS

bool HasCapability(unsigned capability) {
  __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
  __user_cap_data_struct data[2]{};
  return syscall(SYS_capget, &header, data) == 0 && data[capability / 32].effective >> capability % 32 & 1;
}

// The letters of a virtual device's name, without its number: net_null of net_null0.
std::string DriverOfName(const std::string &name) {
  size_t end = name.find_last_not_of("0123456789");
  return end == std::string::npos ? name : name.substr(0, end + 1);
}

// The value of one of a device's parameters, or an empty string.
std::string Parameter(const std::string &args, const std::string &key) {
  for (size_t from = 0; from < args.size();) {
    size_t comma = args.find(',', from);
    if (comma == std::string::npos) comma = args.size();
    if (!args.compare(from, key.size() + 1, key + "="))
      return args.substr(from + key.size() + 1, comma - from - key.size() - 1);
    from = comma + 1;
  }
  return "";
}

// net_af_packet cuts what is longer than its ring's frames, and wants an mbuf to hold one of them whole: so they are
// made as long as the interface's packets, and DPDK's default of 2048 does not fit a frame of 2048 with headroom.
void FitAfPacket(DpdkPort *port, std::string *args) {
  // what the kernel leaves before a packet; what of it the driver counts
  constexpr uint32_t kBefore = 66, kHeader = 32, kDefault = 2048;
  // of a multiple of 16 bytes: whole pages, and half of the driver's 512 frames
  constexpr uint32_t kFramesPerBlock = 256;
  std::string given = Parameter(*args, "framesz");
  uint32_t size = given.empty() ? kDefault : static_cast<uint32_t>(atoi(given.c_str()));
  if (given.empty() && port->arena->frame_size < kDefault + RTE_PKTMBUF_HEADROOM) {
    uint32_t mtu = port->netdev.mtu;
    size = (mtu + kEthernetHeader + kVlanTag + kBefore + 15) / 16 * 16;
    *args += ",framesz=" + std::to_string(size);
    // The kernel starts each block with a new frame, the driver counts on frames without a gap: so blocks end where a
    // frame does.
    if (Parameter(*args, "blocksz").empty()) *args += ",blocksz=" + std::to_string(size * kFramesPerBlock);
  }
  port->room = size - kHeader;
}

// The kernel tells net_tap of packets by a real-time signal, and sends SIGIO where more of those wait than may
// (fcntl(2), F_SETSIG): it would end the process.
void IgnoreSigio() {
  struct sigaction now {};
  if (sigaction(SIGIO, nullptr, &now) || now.sa_handler != SIG_DFL) return;
  now.sa_handler = SIG_IGN;
  sigaction(SIGIO, &now, nullptr);
}

std::string VirtualDrivers(const std::string &folder) {
  static const char *const kVirtual[] = {"af_packet", "af_xdp", "bond",    "failsafe", "memif", "null",
                                         "pcap",      "ring",   "softnic", "tap",      "vhost", "virtio"};
  std::string list;
  for (const char *driver : kVirtual)
    if (access((folder + "librte_net_" + driver + ".so").c_str(), F_OK) == 0)
      list += (list.empty() ? "net_" : ", net_") + std::string(driver);
  return list;
}

// The parameters a driver takes, which its library carries as text for dpdk-pmdinfo.py: {"name": …, "params": "…"}.
std::string ParametersOf(const std::string &driver) {
  FILE *file = fopen((DriverFolder() + "librte_" + driver + ".so").c_str(), "re");
  if (!file) return "";
  std::string text;
  char bytes[4096];
  for (size_t n; (n = fread(bytes, 1, sizeof bytes, file)) > 0;) text.append(bytes, n);
  fclose(file);
  size_t at = text.find("PMD_INFO_STRING= {\"name\": \"" + driver + "\"");
  if (at == std::string::npos) return "";
  static const char key[] = "\"params\": \"";
  size_t from = text.find(key, at), end = from == std::string::npos ? from : text.find('"', from + sizeof key - 1);
  return end == std::string::npos ? "" : text.substr(from + sizeof key - 1, end - from - (sizeof key - 1));
}

// The first of a device's parameters that its driver does not take, with the reason, or an empty string. Where nothing
// is known of the driver's parameters, it takes them all.
std::string WrongParameter(const std::string &args, const std::string &takes) {
  if (takes.empty()) return "";
  for (size_t from = 0; from < args.size();) {
    size_t comma = std::min(args.find(',', from), args.size()), equals = args.find('=', from);
    if (equals >= comma && comma > from &&
        (takes + " ").find(" " + args.substr(from, comma - from) + " ") != std::string::npos) {
      from = comma + 1;  // one that is a word by itself
      continue;
    }
    if (equals >= comma && comma > from) return "'" + args.substr(from, comma - from) + "' has no value";
    std::string key = args.substr(from, equals - from + 1),
                value = comma > from ? args.substr(equals + 1, comma - equals - 1) : "";
    size_t known = takes.find(key);
    if (comma > from && known == std::string::npos)
      return "it has no parameter '" + key.substr(0, key.size() - 1) + "'";
    char *end;
    if (comma > from && !takes.compare(known + key.size(), 5, "<int>") &&
        (strtoul(value.c_str(), &end, 0), value.empty() || *end || !isdigit(static_cast<unsigned char>(value[0]))))
      return key + " wants a number, not '" + value + "'";
    from = comma + 1;
  }
  return "";
}

Status NoDriver(const PortRequest &request, const std::string &driver) {
  std::string folder = DriverFolder();
  Netdev netdev;
  if (FindNetdev(request.device, &netdev))
    return Fail(kNoDriver,
                "%s: %s is an interface of the kernel's, not a device of DPDK. Name it afxdp:%s, or "
                "dpdk:net_af_packet0,iface=%s.",
                request.name, request.device, request.device, request.device);
  return Fail(kNoDriver,
              "%s: DPDK has no driver '%s'. Virtual ones in %s: %s. Others come with Debian's packages librte-net-*.",
              request.name, driver.c_str(), folder.c_str(), VirtualDrivers(folder).c_str());
}

// Drivers say -1 for whatever went wrong, so their words count for more than their number.
Status NotProbed(const PortRequest &request, const DpdkPort &port, const std::string &driver, int error,
                 uint64_t first_line) {
  std::string said = LogSince(first_line, 4, " | "),
              reason = error == -1 ? "" : std::string(" (") + rte_strerror(error < 0 ? -error : error) + ")";
  std::string takes = port.is_virtual ? ParametersOf(driver) : "", wrong = WrongParameter(port.args, takes);
  auto mentions = [&](const char *text) { return said.find(text) != std::string::npos; };
  if (error == -EEXIST)
    return Fail(kPortOpen, "%s: the device %s is open already in this process", request.name, port.device.c_str());
  if (!port.is_virtual && mentions("no driver found"))
    return Fail(kNoDriver, "%s: DPDK has no driver for this device. It said: %s", request.name, said.c_str());
  if (mentions("ermission denied") || mentions("not permitted") ||
      (port.netdev.index && wrong.empty() && !HasCapability(CAP_NET_RAW)))
    return Fail(kNoCapability,
                "%s: DPDK lacks a permission for this device. Run as root, or give the process CAP_NET_RAW and "
                "CAP_NET_ADMIN. It said: %s",
                request.name, said.c_str());
  if (!port.is_virtual && PciDriver(port.device) == "vfio-pci" && !rte_vfio_is_enabled("vfio"))
    return Fail(kEal,
                "%s: the device is bound to vfio-pci, but EAL found no VFIO that it can use when it started. Start the "
                "process anew; if it "
                "happens again, a module is missing: modprobe vfio_iommu_type1. It said: %s",
                request.name, said.c_str());
  if (!wrong.empty()) reason = ": " + wrong;
  return Fail(kBadOption, "%s: %s refused the device%s.%s%s%s%s", request.name,
              port.is_virtual ? driver.c_str() : "DPDK", reason.c_str(), said.empty() ? "" : " It said: ", said.c_str(),
              takes.empty() ? "" : " Its parameters: ", takes.c_str());
}

// Whether any of DPDK's drivers answers to the name.
bool HasDriver(const std::string &device) {
  rte_devargs parsed{};
  bool has = rte_devargs_parse(&parsed, device.c_str()) == 0;
  if (has) rte_devargs_reset(&parsed);
  return has;
}

bool FindPort(const std::string &device, uint16_t *port_id) {
  if (rte_eth_dev_get_port_by_name(device.c_str(), port_id) == 0) return true;
  uint16_t id;
  RTE_ETH_FOREACH_DEV(id) {
    rte_eth_dev_info info;
    if (rte_eth_dev_info_get(id, &info) == 0 && info.device && device == rte_dev_name(info.device)) {
      *port_id = id;
      return true;
    }
  }
  return false;
}

// net_ring of 22.11 frees only the rings of configured queues, and can't make the others a second time.
void FreeLeftRings(const std::string &device) {
  for (uint32_t i = 0; i < kRingQueues; i++)
    if (rte_ring *ring = rte_ring_lookup(("ETH_RXTX" + std::to_string(i) + "_" + device).c_str())) rte_ring_free(ring);
}

Status MapForDma(DpdkPort *port, const rte_eth_dev_info &info) {
  const Arena *arena = port->arena;
  if (rte_eal_iova_mode() == RTE_IOVA_PA) return {};  // the device sees memory as it lies, so there is nothing to map
  if (rte_dev_dma_map(info.device, arena->frames, reinterpret_cast<uint64_t>(arena->frames), arena->frame_bytes) == 0) {
    port->dma_mapped = true;
    return {};
  }
  if (rte_errno == ENOTSUP) return {};  // the bus needs none
  return Fail(kEal,
              "%s: packet memory can't be mapped for the device: %s. VFIO counts it against the limit on locked "
              "memory: ulimit -l unlimited.",
              port->name, rte_strerror(rte_errno));
}

}  // namespace

Status ProbeDevice(const PortRequest &request, DpdkPort *port) {
  std::string text = request.device, args;
  if (size_t comma = text.find(','); comma != std::string::npos) {
    args = text.substr(comma + 1);
    text.resize(comma);
  }
  text = WholeAddress(text);
  port->device = text;
  port->is_virtual = !IsPciAddress(text);
  port->vdev = text;
  EalRequest eal{FindOption(request.options, "eal"), !port->is_virtual, false};
  if (!port->is_virtual) RXB_TRY(CheckPci(request.name, text, &eal.physical_iova));
  RXB_TRY(StartEal(eal));
  if (!port->is_virtual && !EalHasPci())
    return Fail(kEal, "%s: EAL runs without PCI in this process, because --no-pci was among its options", request.name);
  if (eal.physical_iova && rte_eal_iova_mode() != RTE_IOVA_PA)
    return Fail(kEal,
                "%s can only use physical addresses and EAL runs with virtual ones. Open it first, or start with eal: "
                "'--iova-mode=pa'.",
                request.name);

  std::string driver = port->is_virtual ? DriverOfName(text) : "";
  if (driver == "net_af_packet" || driver == "net_af_xdp" || driver == "net_pcap")
    for (const char *key : {"iface", "rx_iface", "rx_iface_in", "tx_iface"})
      if (std::string name = Parameter(args, key); !name.empty()) {
        RXB_TRY(FindNetdev(name.c_str(), &port->netdev));
        if (!port->netdev.up)
          return Fail(kInterfaceDown, "%s: %s is down. Set it up: ip link set %s up", request.name, name.c_str(),
                      name.c_str());
      }
  // The driver's chunks cross pages, and the kernel takes none that crosses two pages which aren't neighbours in
  // memory (xp_desc_crosses_non_contig_pg() in net/xdp): no packet would ever arrive.
  if (driver == "net_af_xdp" && !rte_eal_has_hugepages())
    return Fail(kRequire,
                "%s: net_af_xdp moves no packet without hugepages, and EAL runs without. Reserve some before the "
                "program starts: sysctl -w vm.nr_hugepages=128",
                request.name);
  if (driver == "net_af_packet") FitAfPacket(port, &args);
  port->args = args;
  if (driver == "net_tap") IgnoreSigio();
  if (driver == "net_ring") port->peer = Parameter(args, "peer");
  if (bool wired = driver == "net_ring" && args.find("peer=") == 0; wired && DriverOfName(port->peer) != "net_ring")
    return Fail(kBadOption, "%s: a net_ring is wired to another one, such as peer=net_ring1; not to '%s'", request.name,
                port->peer.c_str());
  if (driver == "net_ring" || driver == "net_tap" || driver == "net_memif" || driver == "net_null") {
    // These drivers ignore a parameter that they don't know, and their help lacks the ones in `more`.
    const char *more = driver == "net_ring" ? " peer=<device>" : driver == "net_tap" ? " persist" : "";
    std::string takes = ParametersOf(driver) + more, wrong = WrongParameter(args, takes);
    if (!wrong.empty())
      return Fail(kBadOption, "%s: %s refused the device: %s. Its parameters: %s", request.name, driver.c_str(),
                  wrong.c_str(), takes.c_str());
  }

  Status status;
  OnEalThread([&] {
    if (!(status = RegisterFrames(port->arena))) return;
    if (port->is_virtual && !HasDriver(text)) {
      status = NoDriver(request, driver);
      return;
    }
    uint64_t first_line = LogLines();
    int error = 0;
    if (!port->peer.empty()) {
      ClosedOnExec descriptors;
      port->vdev = RingVdev(text);
      status = MakeRingDevice(request.name, text, port->peer, &port->port_id);
    } else {
      ClosedOnExec descriptors;
      error = port->is_virtual ? rte_vdev_init(text.c_str(), args.c_str())
                               : rte_eal_hotplug_add("pci", text.c_str(), args.c_str());
    }
    if (!status) return;
    if (error) {
      status = NotProbed(request, *port, driver, error, first_line);
      return;
    }
    rte_eth_dev_info info;
    if (!FindPort(port->is_virtual ? port->vdev : text, &port->port_id) ||
        (error = rte_eth_dev_info_get(port->port_id, &info)) != 0) {
      port->is_virtual ? rte_vdev_uninit(port->vdev.c_str()) : rte_eal_hotplug_remove("pci", text.c_str());
      status = Fail(kNotSupported, "%s: DPDK made no network port of this device", request.name);
      return;
    }
    snprintf(port->driver, sizeof port->driver, "%s", info.driver_name);
    port->traits = &DriverOf(info.driver_name, port->is_virtual);
    snprintf(port->name, sizeof port->name, "%s", request.name);
    if (!port->is_virtual && !(status = MapForDma(port, info))) RemoveDevice(port);
  });
  return status;
}

bool WritesIngress(const char *device, char *interface, uint32_t size) {
  const char *comma = strchr(device, ',');
  std::string name(device, comma ? static_cast<size_t>(comma - device) : strlen(device));
  std::string remote = comma && DriverOfName(name) == "net_tap" ? Parameter(comma + 1, "remote") : "";
  snprintf(interface, size, "%s", remote.c_str());
  return !remote.empty();
}

void RemoveDevice(DpdkPort *port) {
  rte_eth_dev_info info;
  bool known = rte_eth_dev_info_get(port->port_id, &info) == 0;
  if (known && port->dma_mapped)
    rte_dev_dma_unmap(info.device, port->arena->frames, reinterpret_cast<uint64_t>(port->arena->frames),
                      port->arena->frame_bytes);
  rte_eth_dev_close(port->port_id);
  if (port->is_virtual)
    rte_vdev_uninit(port->vdev.c_str());
  else
    rte_eal_hotplug_remove("pci", port->device.c_str());
  if (!port->peer.empty())
    ForgetRings(port->device);
  else if (!strcmp(port->driver, "net_ring"))
    FreeLeftRings(port->device);
}

Status ReplugDevice(DpdkPort *port) {
  rte_eth_dev_close(port->port_id);
  rte_vdev_uninit(port->vdev.c_str());
  uint64_t first_line = LogLines();
  int error;
  {
    ClosedOnExec descriptors;
    error = rte_vdev_init(port->vdev.c_str(), port->args.c_str());
  }
  if (error || !FindPort(port->vdev, &port->port_id))
    return Fail(kNotSupported,
                "%s can't be opened a second time: close the port and open it again. The driver said: %s", port->name,
                LogSince(first_line, 3, " | ").c_str());
  for (Queue *queue : port->queues)
    if (queue) static_cast<DpdkQueue *>(queue)->port_id = port->port_id;
  return {};
}

}  // namespace rxb::dpdk
