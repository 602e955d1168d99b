// What NICs can be told and asked, as JavaScript calls it.
#include <linux/ethtool.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <unistd.h>

#include <string>
#include <vector>

#include "../../bpf/bpf.h"
#include "../../nic/ethtool.h"
#include "../../nic/features.h"
#include "../../nic/netdev.h"
#include "../../nic/qdisc.h"
#include "../values/errors.h"
#include "../values/exports.h"
#include "../values/fields.h"

namespace rxb {
namespace nic {

constexpr uint32_t kTableMax = 65536;  // entries of an RSS table; NICs have up to 2048

// The call's only argument, or its first: an interface's name. Empty when that is no string, and refused then as every
// empty name.
std::string NameOf(Arguments *in) { return in->Text(0, "the interface's name"); }

Napi::Value Or(const Napi::CallbackInfo &info, const Status &status, const Napi::Value &value) {
  if (status) return value;
  Throw(info.Env(), status);
  return info.Env().Undefined();
}
Napi::Value Numbers(Napi::Env env, const std::vector<uint32_t> &list) {
  auto out = Napi::Array::New(env, list.size());
  for (uint32_t i = 0; i < list.size(); i++) out[i] = list[i];
  return out;
}

Napi::Value RssGet(const Napi::CallbackInfo &info) {
  Arguments in(info, "nic.rss");
  const std::string name = NameOf(&in);
  if (!in.ok()) return in.Throw();
  std::vector<uint32_t> table;
  Status status = ethtool::GetRss(name.c_str(), &table);
  return Or(info, status, Numbers(info.Env(), table));
}

// nic.setRss({interface, table}); an empty table is the driver's default
Napi::Value RssSet(const Napi::CallbackInfo &info) {
  Arguments in(info, "nic.setRss");
  Fields wanted(&in, info[0], "the request");
  const std::string name = wanted.Text("interface");
  const std::vector<uint32_t> table = wanted.Wholes("table", kTableMax);
  if (!in.ok()) return in.Throw();
  return Or(info, ethtool::SetRss(name.c_str(), table), info.Env().Undefined());
}

Napi::Value ChannelsGet(const Napi::CallbackInfo &info) {
  Arguments in(info, "nic.channels");
  const std::string name = NameOf(&in);
  if (!in.ok()) return in.Throw();
  ethtool::Channels channels{};
  Status status = ethtool::GetChannels(name.c_str(), &channels);
  auto out = Napi::Object::New(info.Env());
  out["rx"] = channels.rx, out["tx"] = channels.tx, out["combined"] = channels.combined;
  out["rxMax"] = channels.rx_max, out["txMax"] = channels.tx_max, out["combinedMax"] = channels.combined_max;
  return Or(info, status, out);
}

constexpr struct {
  const char *name;
  uint32_t bit;
} kOffloads[] = {{"lro", ETH_FLAG_LRO},
                 {"rxvlan", ETH_FLAG_RXVLAN},
                 {"txvlan", ETH_FLAG_TXVLAN},
                 {"ntuple", ETH_FLAG_NTUPLE},
                 {"rxhash", ETH_FLAG_RXHASH}};

Napi::Value OffloadsGet(const Napi::CallbackInfo &info) {
  Arguments in(info, "nic.offloads");
  const std::string interface = NameOf(&in);
  if (!in.ok()) return in.Throw();
  uint32_t flags = 0;
  Status status = ethtool::GetFlags(interface.c_str(), &flags);
  auto out = Napi::Object::New(info.Env());
  for (auto [name, bit] : kOffloads) out[name] = (flags & bit) != 0;
  return Or(info, status, out);
}

// nic.features(interface) -> {name: {on, fixed}}
Napi::Value FeaturesGet(const Napi::CallbackInfo &info) {
  Arguments in(info, "nic.features");
  const std::string interface = NameOf(&in);
  if (!in.ok()) return in.Throw();
  std::vector<ethtool::Feature> features;
  Status status = ethtool::GetFeatures(interface.c_str(), &features);
  auto out = Napi::Object::New(info.Env());
  for (const auto &[name, on, fixed] : features) {
    auto state = Napi::Object::New(info.Env());
    state["on"] = on;
    state["fixed"] = fixed;
    out.Set(name, state);
  }
  return Or(info, status, out);
}

// nic.setOffload({interface, offload, on})
Napi::Value OffloadSet(const Napi::CallbackInfo &info) {
  Arguments in(info, "nic.setOffload");
  Fields request(&in, info[0], "the request");
  const std::string interface = request.Text("interface"), wanted = request.Text("offload");
  const bool on = request.Flag("on");
  if (!in.ok()) return in.Throw();
  uint32_t flags = 0, bit = 0;
  for (auto [name, each] : kOffloads)
    if (wanted == name) bit = each;
  Status status = bit ? ethtool::GetFlags(interface.c_str(), &flags)
                      : Fail(kBadArgument, "there is no offload '%s'", wanted.c_str());
  if (status && (flags & bit) != (on ? bit : 0))
    status = ethtool::SetFlags(interface.c_str(), on ? flags | bit : flags & ~bit);
  if (status) status = ethtool::GetFlags(interface.c_str(), &flags);
  if (status && ((flags & bit) != 0) != on)
    status = Fail(kNotSupported, "%s: the driver keeps %s %s", interface.c_str(), wanted.c_str(), on ? "off" : "on");
  return Or(info, status, info.Env().Undefined());
}

// nic.info(name) -> what rtnetlink and the driver say; needs no privilege
Napi::Value Interface(const Napi::CallbackInfo &info) {
  Arguments in(info, "nic.info");
  const std::string name = NameOf(&in);
  if (!in.ok()) return in.Throw();
  Netdev dev;
  Status status = FindNetdev(name.c_str(), &dev);
  auto out = Napi::Object::New(info.Env());
  out["name"] = dev.name;
  out["index"] = dev.index;
  out["mtu"] = dev.mtu;
  out["up"] = dev.up;
  out["carrier"] = dev.carrier;
  out["rxQueues"] = dev.rx_queues;
  out["txQueues"] = dev.tx_queues;
  out["driver"] = dev.driver;
  out["xdpProgram"] = dev.xdp_program;
  uint64_t features = 0;
  if (status && steer::XdpFeatures(dev.index, &features)) {
    auto xdp = Napi::Object::New(info.Env());
    xdp["native"] = (features & steer::kXdpBasic) != 0;
    xdp["redirect"] = (features & steer::kXdpRedirect) != 0;
    xdp["zeroCopy"] = (features & steer::kXdpZeroCopy) != 0;
    xdp["fragments"] = (features & steer::kXdpFragments) != 0;
    out["xdp"] = xdp;
  }
  return Or(info, status, out);
}

// nic.xdpAttached(interface) -> {id, name, off: the command that takes it away} of the XDP program there, or null; name
// '': not to be seen
Napi::Value XdpAttached(const Napi::CallbackInfo &info) {
  Arguments in(info, "nic.xdpAttached");
  const std::string interface = NameOf(&in);
  if (!in.ok()) return in.Throw();
  Netdev dev;
  Status status = FindNetdev(interface.c_str(), &dev);
  if (status && !dev.xdp_program) return info.Env().Null();
  char name[BPF_OBJ_NAME_LEN] = "", off[160] = "";
  if (status)
    bpf::ProgramName(dev.xdp_program, name), bpf::XdpOff(dev.name, dev.index, dev.xdp_generic, off, sizeof off);
  auto out = Napi::Object::New(info.Env());
  out["id"] = dev.xdp_program;
  out["name"] = name;
  out["off"] = off;
  return Or(info, status, out);
}

// nic.nameOf(index) -> name in this network namespace, or ''
Napi::Value InterfaceName(const Napi::CallbackInfo &info) {
  Arguments in(info, "nic.nameOf");
  const uint32_t index = in.Whole(0, "the interface's index");
  if (!in.ok()) return in.Throw();
  char name[IF_NAMESIZE] = "";
  return Napi::String::New(info.Env(), if_indextoname(index, name) ? name : "");
}

// nic.qdiscs(interface) -> those that somebody has put there, as text, or ''
Napi::Value Qdiscs(const Napi::CallbackInfo &info) {
  Arguments in(info, "nic.qdiscs");
  const std::string name = NameOf(&in);
  if (!in.ok()) return in.Throw();
  std::string list;
  Status status = ListQdiscs(name.c_str(), &list);
  return Or(info, status, Napi::String::New(info.Env(), list));
}

// nic.deleteIngress(interface): what net_tap has left there, and nothing else
Napi::Value IngressDelete(const Napi::CallbackInfo &info) {
  Arguments in(info, "nic.deleteIngress");
  const std::string name = NameOf(&in);
  if (!in.ok()) return in.Throw();
  return Or(info, DeleteIngress(name.c_str()), info.Env().Undefined());
}

// nic.statistics(interface) -> by the driver's names
Napi::Value StatisticsGet(const Napi::CallbackInfo &info) {
  Arguments in(info, "nic.statistics");
  const std::string name = NameOf(&in);
  if (!in.ok()) return in.Throw();
  std::vector<ethtool::Statistic> statistics;
  Status status = ethtool::GetStatistics(name.c_str(), &statistics);
  auto out = Napi::Object::New(info.Env());
  for (const auto &[key, value] : statistics) out[key] = static_cast<double>(value);
  return Or(info, status, out);
}

// system.lockFile(fd) -> whether the lock is ours now; it ends with the last descriptor of this open file, however the
// process ends
Napi::Value LockFile(const Napi::CallbackInfo &info) {
  Arguments in(info, "system.lockFile");
  const int fd = in.Descriptor(0, "the file's descriptor");
  if (!in.ok()) return in.Throw();
  return Napi::Boolean::New(info.Env(), flock(fd, LOCK_EX | LOCK_NB) == 0);
}

// system.socketFamily(number) -> whether the kernel knows this address family, or the errno that says otherwise
Napi::Value SocketFamily(const Napi::CallbackInfo &info) {
  Arguments in(info, "system.socketFamily");
  const uint32_t family = in.Whole(0, "the address family", INT32_MAX);
  if (!in.ok()) return in.Throw();
  int fd = socket(static_cast<int>(family), SOCK_RAW | SOCK_CLOEXEC, 0);
  int error = fd < 0 ? errno : 0;
  if (fd >= 0) close(fd);
  return Napi::Number::New(info.Env(), error);
}

}  // namespace nic

void ExportNic(Napi::Env, Napi::Object exports) {
  Export(exports, "nic.rss", nic::RssGet);
  Export(exports, "nic.setRss", nic::RssSet);
  Export(exports, "nic.channels", nic::ChannelsGet);
  Export(exports, "nic.offloads", nic::OffloadsGet);
  Export(exports, "nic.features", nic::FeaturesGet);
  Export(exports, "nic.statistics", nic::StatisticsGet);
  Export(exports, "nic.setOffload", nic::OffloadSet);
  Export(exports, "nic.info", nic::Interface);
  Export(exports, "nic.xdpAttached", nic::XdpAttached);
  Export(exports, "nic.nameOf", nic::InterfaceName);
  Export(exports, "nic.qdiscs", nic::Qdiscs);
  Export(exports, "nic.deleteIngress", nic::IngressDelete);
  Export(exports, "system.lockFile", nic::LockFile);
  Export(exports, "system.socketFamily", nic::SocketFamily);
}

}  // namespace rxb
