// Flows in the driver's layer without an interface, for tests: packets through the block of flows, beside what a worker
// would make of them.
#include <unistd.h>

#include <algorithm>
#include <numeric>

#include "../../xdp/flows/driver_steps.h"
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
constexpr uint32_t kLoopback = 1, kPacketMax = 3000;
constexpr uint8_t kUnfit = 255;  // a packet that has no key, or that the worker would show

// A flow of a table, by the key of its packet.
struct TriedFlow {
  uint32_t table, slot, action;
  uint64_t param;
  FlowKey key;
  KeyKind kind;
  bool below;  // the driver executes it; else it knows the key alone
};

struct DriverTrial {
  std::vector<steer::FlowMapRequest> tables;
  uint8_t watch = 0;
  std::vector<uint8_t> flows, packets, code;
  std::vector<uint32_t> flow_lengths, flow_tables, flow_actions, params, code_lengths, lengths;
  bool ruled = false;
  std::vector<std::shared_ptr<steer::FlowMaps>> maps = {};
  std::vector<Action> actions = {};
  std::vector<TriedFlow> tried = {};
  std::vector<uint8_t> by_driver = {}, by_worker = {}, differs = {}, driver_made = {}, worker_made = {};

  KeyKind Key(uint32_t table, const uint8_t *packet, uint32_t length, ParsedPacket *parsed, FlowKey *key) const {
    Parse(packet, length, parsed);
    *key = {};
    return MakeKey(tables[table].shape, kPlaceTried, packet, *parsed, key);
  }
  uint8_t Find(uint32_t table, const FlowKey &key, KeyKind kind) const {
    const size_t bytes = kind == KeyKind::kIpv4 ? steer::kFlowKey4 : steer::kFlowKey6;
    for (size_t i = 0; i < tried.size(); i++)
      if (tried[i].table == table && tried[i].kind == kind && !memcmp(tried[i].key.w, key.w, bytes))
        return static_cast<uint8_t>(i + 1);
    return 0;
  }
  const steer::DriverSlot &SlotOf(const TriedFlow &flow) const { return maps[flow.table]->slot(flow.slot); }

  Status MakeActions() {
    const uint8_t *at = code.data();
    for (uint32_t length : code_lengths) {
      RXB_TRY(CompileAction(at, length, &actions.emplace_back()));
      at += length;
    }
    return {};
  }

  Status MakeTables() {
    for (steer::FlowMapRequest &request : tables) {
      RXB_TRY(steer::FlowMaps::Make(request, &maps.emplace_back()));
      maps.back()->words().queue[0] = {kGenerationTried, 1234, uint64_t{kPlaceTried} << 56};
      maps.back()->words().action[kActionTried] = 1;
      if (maps.back()->TakeTarget(kLoopback)) return FailErrno("adding the loopback to the map of targets");
    }
    return {};
  }

  Status AddFlows() {
    const uint8_t *packet = flows.data();
    for (size_t i = 0; i < flow_lengths.size(); packet += flow_lengths[i++]) {
      TriedFlow flow{
          flow_tables[i], 0, flow_actions[i], params[2 * i] | uint64_t{params[2 * i + 1]} << 32, {}, {}, true};
      ParsedPacket parsed;
      flow.kind = Key(flow.table, packet, flow_lengths[i], &parsed, &flow.key);
      if (flow.kind == KeyKind::kNone || Find(flow.table, flow.key, flow.kind)) continue;
      flow.slot = maps[flow.table]->TakeSlot();
      steer::DriverSlot &slot = maps[flow.table]->slot(flow.slot);
      const Action &a = actions[flow.action];
      slot = {};
      slot.generation = kGenerationTried + 1;
      slot.action = kActionTried;
      flow.below = steer::DescribeSteps(a, flow.param, &slot);
      if (!flow.below) slot.generation = 0;
      if (IsTx(a.verdict)) slot.verdict = a.verdict == kVerdict_TX ? XDP_TX : XDP_REDIRECT;
      if (!maps[flow.table]->Put(flow.kind, &flow.key, &flow.slot, 1)) return FailErrno("adding a flow");
      tried.push_back(flow);
    }
    return {};
  }

  // The first flow that the worker's tables have of the packet, and what it makes of it.
  uint8_t ByWorker(uint8_t *packet, uint32_t length, uint32_t *xdp) {
    bool fit = false;
    for (uint32_t t = 0; t < tables.size(); t++) {
      ParsedPacket parsed;
      FlowKey key;
      const KeyKind kind = Key(t, packet, length, &parsed, &key);
      if (kind == KeyKind::kNone) continue;
      const uint8_t flow = Find(t, key, kind);
      if (parsed.tcp_flags & watch && (flow || tables.size() == 1)) return kUnfit;
      fit = true;
      if (!flow) continue;
      Action &a = actions[tried[flow - 1].action];
      const Outcome out = Execute({0, false}, a, parsed, {packet, 0, length, 0, length}, tried[flow - 1].param);
      *xdp = out.verdict == kVerdict_DROP   ? XDP_DROP
             : out.verdict == kVerdict_PASS ? XDP_PASS
             : out.verdict == kVerdict_TX   ? XDP_TX
                                            : XDP_REDIRECT;
      return out.verdict == kShow ? kUnfit : flow;
    }
    return fit ? 0 : kUnfit;
  }

  Status RunOne(int program, const uint8_t *packet, uint32_t length) {
    uint8_t worker[kPacketMax], driver[kPacketMax];
    memcpy(worker, packet, length);
    uint32_t wanted = 0;
    by_worker.push_back(ByWorker(worker, length, &wanted));
    uint64_t before[kDriverFlowsMax];
    for (size_t f = 0; f < tried.size(); f++) before[f] = SlotOf(tried[f]).packets;
    union bpf_attr attr {};
    attr.test.prog_fd = static_cast<uint32_t>(program);
    attr.test.data_in = reinterpret_cast<uint64_t>(packet);
    attr.test.data_size_in = length;
    attr.test.data_out = reinterpret_cast<uint64_t>(driver);
    attr.test.data_size_out = sizeof driver;
    if (bpf::Call(BPF_PROG_TEST_RUN, &attr)) return FailErrno("running BPF_PROG_TEST_RUN");
    uint8_t hit = 0;
    for (size_t f = 0; f < tried.size(); f++)
      if (SlotOf(tried[f]).packets != before[f]) hit = static_cast<uint8_t>(f + 1);
    by_driver.push_back(hit);
    // The socket's queue has no socket, so what is not decided is passed, and as it came.
    const uint8_t *same = hit ? worker : packet;
    const uint32_t verdict = hit ? wanted : uint32_t{XDP_PASS};
    const bool differ =
        attr.test.retval != verdict || attr.test.data_size_out != length || memcmp(driver, same, length);
    differs.push_back(differ);
    if (differ && driver_made.empty()) {
      driver_made.assign(driver, driver + attr.test.data_size_out);
      worker_made.assign(same, same + length);
    }
    return {};
  }

  Status All() {
    RXB_TRY(MakeActions());
    RXB_TRY(MakeTables());
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
    steer::PartRequest part{&rules, nullptr, counters, nullptr, {}, {}, {}};
    for (const auto &each : maps) part.flows.push_back(each.get());
    if (status) status = steer::BuildXdpProgram({"rxburst", sockets, false, {part}}, &program);
    const uint8_t *packet = packets.data();
    for (size_t i = 0; i < lengths.size() && status; packet += lengths[i++])
      status = RunOne(program, packet, lengths[i]);
    for (int fd : {sockets, counters, program})
      if (fd >= 0) close(fd);
    return status;
  }

  // Whether the lists fit together.
  Status Check() const {
    const size_t n = flow_lengths.size();
    const auto sum = [](const std::vector<uint32_t> &all) {
      return std::accumulate(all.begin(), all.end(), uint64_t{0});
    };
    const auto below = [](const std::vector<uint32_t> &all, size_t end) {
      return std::all_of(all.begin(), all.end(), [&](uint32_t each) { return each < end; });
    };
    if (sum(flow_lengths) > flows.size() || sum(lengths) > packets.size() || sum(code_lengths) > code.size())
      return Fail(kBadArgument, "testing.driverFlows: the lengths add up to more bytes than there are");
    if (!below(lengths, kPacketMax + 1) || flow_tables.size() != n || flow_actions.size() != n ||
        params.size() != 2 * n || !below(flow_tables, tables.size()) || !below(flow_actions, code_lengths.size()))
      return Fail(kBadArgument, "testing.driverFlows: each flow has a table, an action and two words of a parameter");
    return {};
  }
};

// testing.driverFlows({shapes, watch, ruled, flows, flowLengths, flowTables, flowActions, params, code, codeLengths,
// packets, lengths})
// -> {driver, worker, differs, driverMade, workerMade, packets, bytes, seen}
Napi::Value DriverFlows(const Napi::CallbackInfo &info) {
  Arguments in(info, "testing.driverFlows");
  Fields asked(&in, info[0], "the trial");
  DriverTrial trial;
  trial.watch = static_cast<uint8_t>(asked.Whole("watch", 255));
  for (uint32_t shape : asked.Words("shapes", k_flowTablesMax)) {
    if (shape >= uint32_t(FlowShape::kCount)) {
      in.Refuse(Fail(kBadArgument, "testing.driverFlows: there is no shape %u", shape));
      break;
    }
    steer::FlowMapRequest request;
    request.shape = static_cast<FlowShape>(shape);
    request.watch = trial.watch;
    request.capacity = kDriverFlowsMax;
    trial.tables.push_back(request);
  }
  trial.ruled = asked.Flag("ruled");
  trial.flows = asked.Bytes("flows", kDriverBytesMax);
  trial.flow_lengths = asked.Words("flowLengths", kDriverFlowsMax);
  trial.flow_tables = asked.Words("flowTables", kDriverFlowsMax);
  trial.flow_actions = asked.Words("flowActions", kDriverFlowsMax);
  trial.params = asked.Words("params", 2 * kDriverFlowsMax);
  trial.code = asked.Bytes("code", kDriverBytesMax);
  trial.code_lengths = asked.Words("codeLengths", kDriverFlowsMax);
  trial.packets = asked.Bytes("packets", kDriverBytesMax);
  trial.lengths = asked.Words("lengths", kDriverBytesMax);
  if (in.ok()) in.Refuse(trial.Check());
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
  out["differs"] = bytes(trial.differs);
  out["driverMade"] = bytes(trial.driver_made);
  out["workerMade"] = bytes(trial.worker_made);
  uint64_t packets = 0, all = 0;
  bool seen = true;
  for (const TriedFlow &flow : trial.tried) {
    const steer::DriverSlot &slot = trial.SlotOf(flow);
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
