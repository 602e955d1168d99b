// What NICs can be told and asked, as JavaScript calls it.
#include <linux/ethtool.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <unistd.h>

#include <string>
#include <vector>

#include "../bpf/bpf.h"
#include "../filter/compile.h"
#include "../filter/emit_ntuple.h"
#include "../nic/ethtool.h"
#include "../nic/features.h"
#include "../nic/netdev.h"
#include "../nic/qdisc.h"
#include "control.h"
#include "steering.h"

namespace rxb {
namespace nic {

std::string Text(const Napi::Value &value) { return value.IsString() ? value.As<Napi::String>().Utf8Value() : std::string(); }
uint32_t Number(const Napi::Value &value) { return value.IsNumber() ? value.As<Napi::Number>().Uint32Value() : 0; }

Napi::Value Or(const Napi::CallbackInfo &info, const Status &status, const Napi::Value &value) {
  if (status) return value;
  Throw(info.Env(), status);
  return info.Env().Undefined();
}
Napi::Value Rule(Napi::Env env, const ethtool_rx_flow_spec &spec) {
  auto bytes = Napi::Uint8Array::New(env, sizeof spec);
  memcpy(bytes.Data(), &spec, sizeof spec);
  return bytes;
}
Napi::Value Numbers(Napi::Env env, const std::vector<uint32_t> &list) {
  auto out = Napi::Array::New(env, list.size());
  for (uint32_t i = 0; i < list.size(); i++) out[i] = list[i];
  return out;
}

// nicRules(expression, takes fragments) -> {rules: ethtool_rx_flow_spec as bytes, why}
Napi::Value Rules(const Napi::CallbackInfo &info) {
  steer::Filter filter;
  std::vector<ethtool_rx_flow_spec> rules;
  std::string why;
  const auto fragments = info[1].ToBoolean() ? steer::Fragments::kTake : steer::Fragments::kLeave;
  Status status = steer::Compile(Text(info[0]).c_str(), &filter, fragments);
  if (status) status = steer::NicRulesFor(filter, &rules, &why);
  auto out = Napi::Object::New(info.Env());
  auto list = Napi::Array::New(info.Env());
  for (uint32_t i = 0; i < rules.size(); i++) list.Set(i, Rule(info.Env(), rules[i]));
  out["rules"] = list;
  out["why"] = why;
  return Or(info, status, out);
}

// nicInsert(interface, rule, queue) -> location
Napi::Value Insert(const Napi::CallbackInfo &info) {
  ethtool_rx_flow_spec spec{};
  uint32_t location = 0;
  auto bytes = info[1].As<Napi::Uint8Array>();
  Status status = Fail(kBadArgument, "a NIC rule is %zu bytes", sizeof spec);
  if (bytes.ByteLength() == sizeof spec) {
    memcpy(&spec, bytes.Data(), sizeof spec);
    status = ethtool::InsertRule(Text(info[0]).c_str(), spec, Number(info[2]), &location);
  }
  return Or(info, status, Napi::Number::New(info.Env(), location));
}

Napi::Value Delete(const Napi::CallbackInfo &info) {
  return Or(info, ethtool::DeleteRule(Text(info[0]).c_str(), Number(info[1])), info.Env().Undefined());
}

Napi::Value List(const Napi::CallbackInfo &info) {
  std::vector<ethtool_rx_flow_spec> rules;
  Status status = ethtool::ListRules(Text(info[0]).c_str(), &rules);
  auto out = Napi::Array::New(info.Env());
  for (uint32_t i = 0; i < rules.size(); i++) out[i] = Rule(info.Env(), rules[i]);
  return Or(info, status, out);
}

Napi::Value RssGet(const Napi::CallbackInfo &info) {
  std::vector<uint32_t> table;
  Status status = ethtool::GetRss(Text(info[0]).c_str(), &table);
  return Or(info, status, Numbers(info.Env(), table));
}

// rssSet(interface, table); an empty table is the driver's default
Napi::Value RssSet(const Napi::CallbackInfo &info) {
  std::vector<uint32_t> table;
  auto list = info[1].As<Napi::Array>();
  for (uint32_t i = 0; i < list.Length(); i++) table.push_back(Number(list.Get(i)));
  return Or(info, ethtool::SetRss(Text(info[0]).c_str(), table), info.Env().Undefined());
}

Napi::Value ChannelsGet(const Napi::CallbackInfo &info) {
  ethtool::Channels channels{};
  Status status = ethtool::GetChannels(Text(info[0]).c_str(), &channels);
  auto out = Napi::Object::New(info.Env());
  out["rx"] = channels.rx, out["tx"] = channels.tx, out["combined"] = channels.combined;
  out["rxMax"] = channels.rx_max, out["txMax"] = channels.tx_max, out["combinedMax"] = channels.combined_max;
  return Or(info, status, out);
}

// channelsSet(interface, rx, tx, combined)
Napi::Value ChannelsSet(const Napi::CallbackInfo &info) {
  Status status = ethtool::SetChannels(Text(info[0]).c_str(), {Number(info[1]), Number(info[2]), Number(info[3]), 0, 0, 0});
  return Or(info, status, info.Env().Undefined());
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
  uint32_t flags = 0;
  Status status = ethtool::GetFlags(Text(info[0]).c_str(), &flags);
  auto out = Napi::Object::New(info.Env());
  for (auto [name, bit] : kOffloads) out[name] = (flags & bit) != 0;
  return Or(info, status, out);
}

// featuresGet(interface) -> {name: [on, fixed]}
Napi::Value FeaturesGet(const Napi::CallbackInfo &info) {
  std::vector<ethtool::Feature> features;
  Status status = ethtool::GetFeatures(Text(info[0]).c_str(), &features);
  auto out = Napi::Object::New(info.Env());
  for (const auto &[name, on, fixed] : features) {
    auto pair = Napi::Array::New(info.Env(), 2);
    pair[0u] = on, pair[1u] = fixed;
    out.Set(name, pair);
  }
  return Or(info, status, out);
}

// offloadSet(interface, name, on)
Napi::Value OffloadSet(const Napi::CallbackInfo &info) {
  std::string interface = Text(info[0]), wanted = Text(info[1]);
  bool on = info[2].ToBoolean();
  uint32_t flags = 0, bit = 0;
  for (auto [name, each] : kOffloads)
    if (wanted == name) bit = each;
  Status status = bit ? ethtool::GetFlags(interface.c_str(), &flags) : Fail(kBadArgument, "no offload is called '%s'", wanted.c_str());
  if (status && (flags & bit) != (on ? bit : 0)) status = ethtool::SetFlags(interface.c_str(), on ? flags | bit : flags & ~bit);
  if (status) status = ethtool::GetFlags(interface.c_str(), &flags);
  if (status && ((flags & bit) != 0) != on)
    status = Fail(kNotSupported, "%s: the driver keeps %s %s", interface.c_str(), wanted.c_str(), on ? "off" : "on");
  return Or(info, status, info.Env().Undefined());
}

// interfaceInfo(name) -> what rtnetlink and the driver say; needs no privilege
Napi::Value Interface(const Napi::CallbackInfo &info) {
  Netdev dev;
  Status status = FindNetdev(Text(info[0]).c_str(), &dev);
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

// xdpAttached(interface) -> {id, name, off: the command that takes it away} of the XDP program there, or null; name '': not to be seen
Napi::Value XdpAttached(const Napi::CallbackInfo &info) {
  Netdev dev;
  Status status = FindNetdev(Text(info[0]).c_str(), &dev);
  if (status && !dev.xdp_program) return info.Env().Null();
  char name[BPF_OBJ_NAME_LEN] = "", off[160] = "";
  if (status) bpf::ProgramName(dev.xdp_program, name), bpf::XdpOff(dev.name, dev.index, dev.xdp_generic, off, sizeof off);
  auto out = Napi::Object::New(info.Env());
  out["id"] = dev.xdp_program;
  out["name"] = name;
  out["off"] = off;
  return Or(info, status, out);
}

// interfaceName(index) -> name in this network namespace, or ''
Napi::Value InterfaceName(const Napi::CallbackInfo &info) {
  char name[IF_NAMESIZE] = "";
  return Napi::String::New(info.Env(), if_indextoname(Number(info[0]), name) ? name : "");
}

// qdiscs(interface) -> those that somebody has put there, as text, or ''
Napi::Value Qdiscs(const Napi::CallbackInfo &info) {
  std::string list;
  Status status = ListQdiscs(Text(info[0]).c_str(), &list);
  return Or(info, status, Napi::String::New(info.Env(), list));
}

// ingressDelete(interface): what net_tap has left there, and nothing else
Napi::Value IngressDelete(const Napi::CallbackInfo &info) { return Or(info, DeleteIngress(Text(info[0]).c_str()), info.Env().Undefined()); }

// lockFile(fd) -> whether the lock is ours now; it ends with the last descriptor of this open file, however the process ends
Napi::Value LockFile(const Napi::CallbackInfo &info) {
  return Napi::Boolean::New(info.Env(), flock(info[0].As<Napi::Number>().Int32Value(), LOCK_EX | LOCK_NB) == 0);
}

// socketFamily(number) -> whether the kernel knows this address family, or the errno that says otherwise
Napi::Value SocketFamily(const Napi::CallbackInfo &info) {
  int fd = socket(static_cast<int>(Number(info[0])), SOCK_RAW | SOCK_CLOEXEC, 0);
  int error = fd < 0 ? errno : 0;
  if (fd >= 0) close(fd);
  return Napi::Number::New(info.Env(), error);
}

}  // namespace nic

void ExportNic(Napi::Env, Napi::Object exports) {
  auto add = [&](const char *name, Napi::Value (*function)(const Napi::CallbackInfo &)) { Export(exports, name, function); };
  add("nicRules", nic::Rules);
  add("nicInsert", nic::Insert);
  add("nicDelete", nic::Delete);
  add("nicList", nic::List);
  add("rssGet", nic::RssGet);
  add("rssSet", nic::RssSet);
  add("channelsGet", nic::ChannelsGet);
  add("channelsSet", nic::ChannelsSet);
  add("offloadsGet", nic::OffloadsGet);
  add("featuresGet", nic::FeaturesGet);
  add("offloadSet", nic::OffloadSet);
  add("interfaceInfo", nic::Interface);
  add("xdpAttached", nic::XdpAttached);
  add("interfaceName", nic::InterfaceName);
  add("qdiscs", nic::Qdiscs);
  add("ingressDelete", nic::IngressDelete);
  add("lockFile", nic::LockFile);
  add("socketFamily", nic::SocketFamily);
}

}  // namespace rxb
