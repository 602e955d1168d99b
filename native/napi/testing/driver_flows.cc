// Flows in the driver's layer without an interface, for tests: packets through the block of flows, beside what a worker
// would say of them.
#include <unistd.h>

#include "../../xdp/flows/flow_maps.h"
#include "../../xdp/program.h"
#include "../values/arguments.h"
#include "../values/errors.h"
#include "../values/exports.h"
#include "../values/fields.h"

namespace rxb {
namespace {

constexpr size_t kDriverBytesMax = 16u << 20;  // of all packets of a call
constexpr uint32_t kDriverFlowsMax = 64, kPlaceTried = 7, kGenerationTried = 41, kActionTried = 3;
constexpr uint8_t kUnfit = 255;  // a packet that has no key

struct DriverTrial {
  steer::FlowMapRequest request;
  std::vector<uint8_t> flows, packets;
  std::vector<uint32_t> flow_lengths, lengths;
  bool ruled = false;
  std::shared_ptr<steer::FlowMaps> maps = {};
  std::vector<FlowKey> keys = {};
  std::vector<KeyKind> kinds = {};
  std::vector<uint8_t> by_driver = {}, by_worker = {};

  KeyKind Key(const uint8_t *packet, uint32_t length, ParsedPacket *parsed, FlowKey *key) const {
    Parse(packet, length, parsed);
    *key = {};
    return MakeKey(request.shape, kPlaceTried, packet, *parsed, key);
  }
  uint8_t Find(const FlowKey &key, KeyKind kind) const {
    for (size_t i = 0; i < keys.size(); i++)
      if (kinds[i] == kind && !memcmp(keys[i].w, key.w, kind == KeyKind::kIpv4 ? steer::kFlowKey4 : steer::kFlowKey6))
        return static_cast<uint8_t>(i + 1);
    return 0;
  }

  Status AddFlows() {
    RXB_TRY(steer::FlowMaps::Make(request, &maps));
    maps->words().queue[0] = {kGenerationTried, 1234, uint64_t{kPlaceTried} << 56};
    maps->words().action[kActionTried] = 1;
    const uint8_t *packet = flows.data();
    for (size_t i = 0; i < flow_lengths.size(); packet += flow_lengths[i++]) {
      ParsedPacket parsed;
      FlowKey key;
      const KeyKind kind = Key(packet, flow_lengths[i], &parsed, &key);
      if (kind == KeyKind::kNone || Find(key, kind)) continue;
      const uint32_t slot = maps->TakeSlot();
      maps->slot(slot) = {};
      maps->slot(slot).generation = kGenerationTried + 1;
      maps->slot(slot).action = kActionTried;
      maps->slot(slot).verdict = XDP_DROP;
      if (!maps->Put(kind, &key, &slot, 1)) return FailErrno("adding a flow");
      keys.push_back(key);
      kinds.push_back(kind);
    }
    return {};
  }

  Status Run(int program) {
    const uint8_t *packet = packets.data();
    for (size_t i = 0; i < lengths.size(); packet += lengths[i++]) {
      ParsedPacket parsed;
      FlowKey key;
      const KeyKind kind = Key(packet, lengths[i], &parsed, &key);
      by_worker.push_back(kind == KeyKind::kNone || parsed.tcp_flags & request.watch ? kUnfit : Find(key, kind));
      uint64_t before[kDriverFlowsMax];
      for (size_t f = 0; f < keys.size(); f++) before[f] = maps->slot(static_cast<uint32_t>(f)).packets;
      uint32_t result = 0;
      if (bpf::TestRun(program, packet, lengths[i], 1, &result)) return FailErrno("running BPF_PROG_TEST_RUN");
      uint8_t hit = 0;
      for (size_t f = 0; f < keys.size(); f++)
        if (maps->slot(static_cast<uint32_t>(f)).packets != before[f]) hit = static_cast<uint8_t>(f + 1);
      if ((hit != 0) != (result == XDP_DROP))
        return Fail(kSystem, "a packet was counted and not dropped, or the other way round");
      by_driver.push_back(hit);
    }
    return {};
  }

  Status All() {
    RXB_TRY(AddFlows());
    int sockets = bpf::CreateMap(BPF_MAP_TYPE_XSKMAP, 4, 4, 1, "rxburst_xsks"), counters = -1, program = -1;
    if (sockets < 0) return FailErrno("creating an XSKMAP");
    std::vector<steer::Rule> rules;
    Status status;
    if (ruled) {
      rules.push_back({{}, false, 0});
      status = steer::Compile("", &rules[0].filter);
      if (status) status = steer::CreateCounters(&counters);
    }
    steer::PartRequest part{&rules, nullptr, counters, nullptr, {}, {}, maps.get()};
    if (status) status = steer::BuildXdpProgram({"rxburst", sockets, false, {part}}, &program);
    if (status) status = Run(program);
    for (int fd : {sockets, counters, program})
      if (fd >= 0) close(fd);
    return status;
  }
};

uint64_t SumOf(const std::vector<uint32_t> &lengths) {
  uint64_t sum = 0;
  for (uint32_t length : lengths) sum += length;
  return sum;
}

// testing.driverFlows({shape, watch, ruled, flows, flowLengths, packets, lengths}) -> {driver, worker, packets, bytes,
// seen}
Napi::Value DriverFlows(const Napi::CallbackInfo &info) {
  Arguments in(info, "testing.driverFlows");
  Fields asked(&in, info[0], "the trial");
  DriverTrial trial;
  trial.request.shape = static_cast<FlowShape>(asked.Whole("shape", uint32_t(FlowShape::kCount) - 1));
  trial.request.watch = static_cast<uint8_t>(asked.Whole("watch", 255));
  trial.request.capacity = kDriverFlowsMax;
  trial.ruled = asked.Flag("ruled");
  trial.flows = asked.Bytes("flows", kDriverBytesMax);
  trial.flow_lengths = asked.Words("flowLengths", kDriverFlowsMax);
  trial.packets = asked.Bytes("packets", kDriverBytesMax);
  trial.lengths = asked.Words("lengths", kDriverBytesMax);
  if (SumOf(trial.flow_lengths) > trial.flows.size() || SumOf(trial.lengths) > trial.packets.size())
    in.Refuse(Fail(kBadArgument, "testing.driverFlows: the lengths add up to more bytes than there are"));
  if (in.ok()) in.Refuse(trial.All());
  if (!in.ok()) return in.Throw();
  auto env = info.Env();
  auto bytes = [&](const std::vector<uint8_t> &from) {
    auto out = Napi::Uint8Array::New(env, from.size());
    std::copy(from.begin(), from.end(), out.Data());
    return out;
  };
  auto out = Napi::Object::New(env);
  out["driver"] = bytes(trial.by_driver);
  out["worker"] = bytes(trial.by_worker);
  uint64_t packets = 0, all = 0;
  bool seen = true;
  for (uint32_t f = 0; f < trial.keys.size(); f++) {
    const steer::DriverSlot &slot = trial.maps->slot(f);
    packets += slot.packets;
    all += slot.bytes;
    seen &= !slot.packets || slot.seen == 1234;
  }
  out["packets"] = static_cast<double>(packets);
  out["bytes"] = static_cast<double>(all);
  out["seen"] = seen;
  return out;
}

}  // namespace

void ExportDriverFlows(Napi::Env, Napi::Object exports) { Export(exports, "testing.driverFlows", DriverFlows); }

}  // namespace rxb
