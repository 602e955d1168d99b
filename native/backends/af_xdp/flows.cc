// The maps of flows in the XDP program of a port: made for the first worker that wants them, and gone when nobody has
// them any more.
#include <algorithm>
#include <cstdio>
#include <string>

#include "../../grant/plugin_socket.h"
#include "../../xdp/test_run/probe.h"
#include "port.h"

namespace rxb::af_xdp {

namespace {

// tables of programs that a broker serves on a port: the kernel keeps 16 MiB for the flows of each
constexpr int kServedTablesMax = 8;

// Whether a worker holds the maps: the port does too.
bool InUse(const std::shared_ptr<steer::FlowMaps> &maps) { return maps && maps.use_count() > 1; }

bool Serves(const steer::FlowMapRequest &there, const steer::FlowMapRequest &wanted) {
  return there.shape == wanted.shape && there.watch == wanted.watch && there.capacity >= wanted.capacity;
}

Status Differs(const XskPort *port) {
  return Fail(kNotSupported,
              "layer: 'xdp': %s has flows of another shape, tcp option or smaller capacity in its driver, for another "
              "worker. The same options "
              "are possible, and layer: 'worker' is",
              port->name);
}

// As the broker reads them.
std::string WordsOf(const steer::FlowMapRequest &request) {
  char words[64];
  snprintf(words, sizeof words, "%u,%u,%u,%u", uint32_t(request.shape), uint32_t(request.watch), request.capacity,
           request.table);
  return words;
}

// A program without privilege writes into maps that its broker has made for it alone, behind its grant.
Status AskForFlows(XskPort *port, const steer::FlowMapRequest &request, std::shared_ptr<steer::FlowMaps> *maps) {
  if (port->handed.broker < 0)
    return Fail(kNotSupported, "layer: 'xdp': the XDP program of %s is another process's; layer: 'worker' is possible",
                port->name);
  steer::FlowDescriptors fds;
  int *const places[] = {&fds.words, &fds.slots, &fds.keys4, &fds.keys6};
  Status status;
  for (uint32_t i = 0; i < 4 && status; i++) {
    if (i == 3 && request.shape == FlowShape::kMac) continue;
    char words[128];
    snprintf(words, sizeof words, "/flow_map,%s,%s,%s", port->netdev.name, WordsOf(request).c_str(),
             steer::kFlowMapNames[i]);
    std::string answer;
    status = plugin_socket::Ask(port->handed.broker, words, &answer, places[i]);
    if (status && *places[i] < 0)
      status = Fail(
          kNotSupported,
          "layer: 'xdp': the broker of %s gives no maps of %u flows (%s); fewer are possible, and layer: 'worker' is",
          port->name, request.capacity, answer.c_str());
  }
  if (status) return steer::FlowMaps::TakeOver(request, fds, maps);
  for (int *fd : places) CloseFd(*fd);
  return status;
}

// The same where the program is ours: for one that we serve, or for our own workers.
Status MakeFlows(XskPort *port, const steer::FlowMapRequest &request, std::shared_ptr<steer::FlowMaps> *maps) {
  steer::Share next = port->client.share;
  std::shared_ptr<steer::FlowMaps> *place = &next.flows[request.table];
  bool in_force = true;
  if (request.client) {
    auto at = std::find_if(next.served.begin(), next.served.end(),
                           [&](const auto &each) { return each.number == request.client - 1; });
    if (at == next.served.end())
      return Fail(kGrant, "%s serves no program of number %u", port->name, request.client - 1);
    place = &at->flows[request.table];
    in_force = !at->queues.empty();
  }
  size_t served = 0;
  for (const steer::Served &each : next.served) served += steer::ThoseOf(each.flows).size();
  if (request.client && !*place && served >= kServedTablesMax)
    return Fail(kLimit, "%d tables of programs have flows in the driver of %s already, and no more can",
                kServedTablesMax, port->name);
  if (!*place || !Serves((*place)->request(), request)) {
    RXB_TRY(steer::FlowMaps::Make(request, place));
    *maps = *place;
    if (in_force) return port->owner->Change(&port->client, std::move(next));
    port->client.share = std::move(next);
    return {};
  }
  *maps = *place;
  return {};
}

Status FlowMaps(Port *base, const steer::FlowMapRequest &request, std::shared_ptr<steer::FlowMaps> *maps) {
  auto *port = static_cast<XskPort *>(base);
  const bool handed = port->is_handed();
  std::shared_ptr<steer::FlowMaps> &there = (handed ? port->handed_flows : port->client.share.flows)[request.table];
  if (!request.client && InUse(there)) {
    if (!Serves(there->request(), request)) return Differs(port);
    *maps = there;
    return {};
  }
  if (!handed) return MakeFlows(port, request, maps);
  there.reset();
  RXB_TRY(AskForFlows(port, request, &there));
  *maps = there;
  return {};
}

// A data plane that has ended leaves no block behind.
Status ForgetFlows(XskPort *port) {
  bool unused[k_flowTablesMax], any = false;
  for (uint32_t t = 0; t < k_flowTablesMax; t++) {
    const auto &there = port->client.share.flows[t];
    any |= unused[t] = there && !InUse(there);
  }
  if (!any) return {};
  steer::Share next = port->client.share;
  for (uint32_t t = 0; t < k_flowTablesMax; t++)
    if (unused[t]) next.flows[t].reset();
  return port->owner->Change(&port->client, std::move(next));
}

// Only the broker may put an interface into the map of targets: one that it has granted.
const char *AskForTarget(XskPort *port, const steer::FlowMaps &maps, const XskPort *to, uint32_t *place) {
  std::string answer;
  int none = -1;
  const std::string words =
      std::string("/flow_target,") + port->netdev.name + "," + to->netdev.name + "," + WordsOf(maps.request());
  const Status status = plugin_socket::Ask(port->handed.broker, words, &answer, &none);
  CloseFd(none);
  unsigned given;
  if (!status || sscanf(answer.c_str(), "/target,%u", &given) != 1 || given > steer::kFlowTargets)
    return status && answer == "/nak,peer-without-napi" ? "peer-without-napi" : "target";
  *place = given;
  return nullptr;
}

const char *FlowTarget(Port *base, steer::FlowMaps &maps, Port *to_base, uint32_t *place) {
  if (strcmp(to_base->backend->name, base->backend->name)) return "target";
  auto *port = static_cast<XskPort *>(base), *to = static_cast<XskPort *>(to_base);
  if (port->is_handed()) return port->handed.broker < 0 ? "target" : AskForTarget(port, maps, to, place);
  const bool native = !port->owner->generic();
  if (native && !steer::TakesXdpFrames(to->netdev)) return "peer-without-napi";
  // After XDP_TX a veth wakes a peer only that has an XDP program; one with GRO alone would find the frames much later
  // (drivers/net/veth.c:veth_xdp_flush). After a redirect it wakes both.
  *place = steer::kFlowTargets;
  if (port == to && !(native && !strcmp(to->netdev.driver, "veth"))) return nullptr;
  *place = maps.TakeTarget(to->netdev.index);
  return *place == steer::kFlowTargets ? "target" : nullptr;
}

}  // namespace

}  // namespace rxb::af_xdp
