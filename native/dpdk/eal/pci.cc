// PCI network devices as sysfs shows them, and whether DPDK can take one as it is bound now.
#include "pci.h"

#include <dirent.h>
#include <limits.h>
#include <unistd.h>

#include <cctype>

namespace rxb::dpdk {

namespace {

constexpr const char *kPciDevices = "/sys/bus/pci/devices/";

std::string LinkTarget(const std::string &path) {
  char target[PATH_MAX];
  ssize_t n = readlink(path.c_str(), target, sizeof target - 1);
  if (n < 0) return "";
  target[n] = 0;
  const char *slash = strrchr(target, '/');
  return slash ? slash + 1 : target;
}

std::string FirstEntry(const std::string &path) {
  std::string name;
  if (DIR *dir = opendir(path.c_str())) {
    while (dirent *entry = readdir(dir))
      if (entry->d_name[0] != '.') name = entry->d_name;
    closedir(dir);
  }
  return name;
}

// The kernel's interface on a PCI device; virtio's hangs on a device of its own below.
std::string InterfaceOf(const std::string &path) {
  std::string name = FirstEntry(path + "/net");
  if (DIR *dir = name.empty() ? opendir(path.c_str()) : nullptr) {
    while (dirent *entry = readdir(dir))
      if (!strncmp(entry->d_name, "virtio", 6)) name = FirstEntry(path + "/" + entry->d_name + "/net");
    closedir(dir);
  }
  return name;
}

std::string ReadLine(const std::string &path) {
  char line[128] = "";
  if (FILE *file = fopen(path.c_str(), "re")) {
    if (!fgets(line, sizeof line, file)) line[0] = 0;
    fclose(file);
  }
  line[strcspn(line, "\n")] = 0;
  return line;
}

// PCI network devices of this machine, with their drivers.
std::string NetworkDevices() {
  std::string list;
  if (DIR *dir = opendir(kPciDevices)) {
    while (dirent *entry = readdir(dir)) {
      std::string path = std::string(kPciDevices) + entry->d_name;
      if (entry->d_name[0] == '.' || ReadLine(path + "/class").compare(0, 4, "0x02")) continue;
      std::string driver = LinkTarget(path + "/driver");
      list += (list.empty() ? "" : ", ") + std::string(entry->d_name) + " (" + (driver.empty() ? "no driver" : driver) +
              ")";
    }
    closedir(dir);
  }
  return list.empty() ? "none" : list;
}

const char kDevbind[] = "On Debian dpdk-devbind.py is in the package dpdk: apt install dpdk";

}  // namespace

bool IsPciAddress(const std::string &name) {
  static const char shape[] = "xxxx:xx:xx.x";
  if (name.size() != sizeof shape - 1) return false;
  for (size_t i = 0; i < name.size(); i++)
    if (shape[i] == 'x' ? !isxdigit(static_cast<unsigned char>(name[i])) : name[i] != shape[i]) return false;
  return true;
}

std::string PciDriver(const std::string &address) { return LinkTarget(kPciDevices + address + "/driver"); }

Status CheckPci(const char *port, const std::string &address, bool *physical_iova) {
  std::string path = kPciDevices + address;
  if (access(path.c_str(), F_OK) != 0)
    return Fail(kNoInterface, "%s: this machine has no PCI device %s; its network devices are: %s", port,
                address.c_str(), NetworkDevices().c_str());
  std::string driver = LinkTarget(path + "/driver"), interface = InterfaceOf(path);
  *physical_iova = driver == "igb_uio" || driver == "uio_pci_generic";
  if (driver == "vfio-pci") {
    std::string group = LinkTarget(path + "/iommu_group");
    *physical_iova = !group.empty() && access(("/dev/vfio/noiommu-" + group).c_str(), F_OK) == 0;
    return {};
  }
  if (*physical_iova || driver == "mlx4_core" || driver == "mlx5_core") return {};
  if (driver == "virtio-pci")
    return Fail(kDriver,
                "%s is bound to the kernel's virtio-pci%s%s; DPDK needs vfio-pci. %s. Take it from the kernel "
                "yourself, if nothing depends on it: "
                "dpdk-devbind.py --bind=vfio-pci %s",
                address.c_str(), interface.empty() ? "" : ", as interface ", interface.c_str(), kDevbind,
                address.c_str());
  return Fail(
      kDriver,
      "%s is bound to %s%s%s%s; DPDK needs vfio-pci. %s. Take it from the kernel yourself, if nothing depends on it: "
      "modprobe vfio-pci && dpdk-devbind.py --bind=vfio-pci %s. (Not so for mlx4 and mlx5: their devices stay with the "
      "kernel's driver.)",
      address.c_str(), driver.empty() ? "no driver" : "the kernel's driver ", driver.c_str(),
      interface.empty() ? "" : ", as interface ", interface.c_str(), kDevbind, address.c_str());
}

std::string WholeAddress(const std::string &name) { return IsPciAddress("0000:" + name) ? "0000:" + name : name; }

}  // namespace rxb::dpdk
