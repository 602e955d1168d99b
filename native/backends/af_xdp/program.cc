// A port's part in the XDP program of its interface: its rules, those of the programs that a broker serves, and the
// metadata it writes.
#include <algorithm>

#include "port.h"

namespace rxb::af_xdp {

namespace {

// Has the program write what these columns take, and nothing else.
Status SetColumns(XskPort *port, uint32_t columns) {
  columns &= ~uint32_t{kColumn_checksum};  // which is computed here
  if (columns == port->client.share.metadata.columns) return {};
  steer::Share next = port->client.share;
  RXB_TRY(steer::PlanMetadata(columns, port->device_clock, port->netdev.index, &next.metadata));
  return port->owner->Change(&port->client, std::move(next));
}

Status SetRules(Port *base, const RuleRequest *requests, uint32_t count) {
  auto *port = static_cast<XskPort *>(base);
  if (port->is_handed())
    return Fail(kNotSupported, "%s: the program was attached by another process, and its rules are that one's",
                port->name);
  steer::Share next = port->client.share;
  RXB_TRY(steer::MakeRules(requests, count, &next.rules));
  for (uint32_t i = 0; i < count; i++)
    if (requests[i].fresh) RXB_TRY(steer::ClearCounters(port->counters_map, requests[i].slot));
  // While the port is lost a program bound to its interface can't be loaded: attach() asks for the columns again.
  if (port->lost) next.metadata = {};
  return port->owner->Change(&port->client, std::move(next));
}

Status CountRule(Port *base, uint32_t slot, RuleCounts *counts) {
  auto *port = static_cast<XskPort *>(base);
  return port->counters_map < 0 ? Status{} : steer::ReadCounters(port->counters_map, slot, counts);
}

// Without queues the rules are tried only: they take nothing until the program has a socket.
Status TryRules(XskPort *port, const steer::Served &served) {
  steer::Share alone = port->client.share;
  alone.served = {served};
  alone.served[0].queues = port->client.queues;
  return port->owner->Try(&port->client, std::move(alone));
}

Status Serve(Port *base, const ClientRequest &request, int *counters) {
  auto *port = static_cast<XskPort *>(base);
  steer::Share next = port->client.share;
  auto at = std::find_if(next.served.begin(), next.served.end(),
                         [&](const auto &each) { return each.number == request.client; });
  const bool known = at != next.served.end(), installed = known && !at->queues.empty();
  if (!request.rule_count) {
    if (!known) return {};
    CloseFd(at->counters);
    next.served.erase(at);
    if (installed) return port->owner->Change(&port->client, std::move(next));
    port->client.share = std::move(next);
    return {};
  }
  if (!known) at = next.served.insert(next.served.end(), {request.client});
  at->queues.assign(request.queues, request.queues + request.queue_count);
  RXB_TRY(steer::MakeRules(request.rules, request.rule_count, &at->rules));
  if (!known) RXB_TRY(steer::CreateCounters(&at->counters));
  const int made = at->counters;
  Status status;
  for (uint32_t i = 0; i < request.rule_count && status; i++)
    if (request.rules[i].fresh) status = steer::ClearCounters(made, request.rules[i].slot);
  if (status && at->queues.empty() && !installed) {
    status = TryRules(port, *at);
    if (status) port->client.share = std::move(next);
  } else if (status) {
    status = port->owner->Change(&port->client, std::move(next));
  }
  if (!status && !known) close(made);
  if (status) *counters = made;
  return status;
}

}  // namespace

}  // namespace rxb::af_xdp
