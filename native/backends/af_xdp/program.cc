// The XDP program of a port: the rules it has of the port and of the programs that a broker serves, and the metadata it writes.
#include "../../bpf/bpf.h"
#include "port.h"

namespace rxb::af_xdp {

namespace {

Status BuildProgram(const XskPort *port, const std::vector<steer::Rule> &rules, const std::vector<XskClient> &clients,
                    const steer::Metadata &metadata, int *program) {
  steer::XdpProgramRequest request{kProgramName, port->sockets_map, port->segments > 1, {}};
  for (const XskClient &client : clients)
    if (!client.queues.empty()) request.parts.push_back({&client.rules, &rules, client.counters, &client.queues, {}, metadata});
  // A client alone has its rules on every queue, so that they count what arrives elsewhere.
  if (request.parts.size() == 1)
    request.parts[0].queues = nullptr;
  else if (request.parts.empty() || !rules.empty())
    request.parts.push_back({&rules, nullptr, port->counters_map, nullptr, {}, metadata});
  return steer::BuildXdpProgram(request, program);
}

// A program of these rules that writes these metadata takes the place of the one there is: in the link between two packets.
Status ReplaceProgram(XskPort *port, const std::vector<steer::Rule> &rules, const std::vector<XskClient> &clients,
                      const steer::Metadata &metadata) {
  int program = -1;
  RXB_TRY(BuildProgram(port, rules, clients, metadata, &program));
  if (port->link >= 0 && bpf::UpdateLink(port->link, program)) {
    Status status = FailErrno("replacing the XDP program");
    CloseFd(program);
    return status;
  }
  CloseFd(port->program);
  port->program = program;
  return {};
}

// Has the program write what these columns take, and nothing else.
Status SetColumns(XskPort *port, uint32_t columns) {
  columns &= ~uint32_t{kColumn_checksum};  // which is computed here
  if (columns == port->metadata.columns) return {};
  steer::Metadata metadata;
  RXB_TRY(steer::PlanMetadata(columns, port->device_clock, port->netdev.index, &metadata));
  RXB_TRY(ReplaceProgram(port, port->rules, port->clients, metadata));
  port->metadata = metadata;
  return {};
}

Status SetRules(Port *base, const RuleRequest *requests, uint32_t count) {
  auto *port = static_cast<XskPort *>(base);
  if (port->is_handed())
    return Fail(kNotSupported, "%s: the program was attached by another process, and its rules are that one's", port->name);
  std::vector<steer::Rule> rules;
  RXB_TRY(steer::CompileRules(requests, count, &rules));
  for (uint32_t i = 0; i < count; i++)
    if (requests[i].fresh) RXB_TRY(steer::ClearCounters(port->counters_map, requests[i].slot));
  // While the port is lost a program bound to its interface can't be loaded: reopen() makes the one that will be attached.
  RXB_TRY(ReplaceProgram(port, rules, port->clients, port->lost ? steer::Metadata{} : port->metadata));
  port->rules = std::move(rules);
  return {};
}

Status CountRule(Port *base, uint32_t slot, RuleCounts *counts) {
  auto *port = static_cast<XskPort *>(base);
  return port->counters_map < 0 ? Status{} : steer::ReadCounters(port->counters_map, slot, counts);
}

// Without queues the rules are tried only: they take nothing until the client has a socket.
Status TryRules(XskPort *port, std::vector<XskClient> clients, size_t at) {
  for (const Queue *queue : port->queues)
    if (queue) clients[at].queues.push_back(queue->index);
  int program = -1;
  RXB_TRY(BuildProgram(port, port->rules, {clients[at]}, port->metadata, &program));
  CloseFd(program);
  return {};
}

Status Serve(Port *base, const ClientRequest &request, int *counters) {
  auto *port = static_cast<XskPort *>(base);
  std::vector<XskClient> next = port->clients;
  size_t at = 0;
  while (at < next.size() && next[at].number != request.client) at++;
  bool known = at < next.size(), installed = known && !next[at].queues.empty();
  if (!request.rule_count) {
    if (!known) return {};
    CloseFd(next[at].counters);
    next.erase(next.begin() + static_cast<ptrdiff_t>(at));
    port->clients = std::move(next);
    return installed ? ReplaceProgram(port, port->rules, port->clients, port->metadata) : Status{};
  }
  if (!known) next.push_back({request.client, -1, {}, {}});
  XskClient &client = next[at];
  client.queues.assign(request.queues, request.queues + request.queue_count);
  RXB_TRY(steer::CompileRules(request.rules, request.rule_count, &client.rules));
  if (client.counters < 0) RXB_TRY(steer::CreateCounters(&client.counters));
  Status status;
  for (uint32_t i = 0; i < request.rule_count && status; i++)
    if (request.rules[i].fresh) status = steer::ClearCounters(client.counters, request.rules[i].slot);
  if (status)
    status = client.queues.empty() && !installed ? TryRules(port, next, at) : ReplaceProgram(port, port->rules, next, port->metadata);
  if (!status) {
    if (!known) CloseFd(client.counters);
    return status;
  }
  *counters = client.counters;
  port->clients = std::move(next);
  return {};
}

}  // namespace

}  // namespace rxb::af_xdp
