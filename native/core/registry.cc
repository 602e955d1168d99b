// Opens ports by name and keeps the list of them.
#include "registry.h"

#include <unistd.h>

#include <algorithm>
#include <string>
#include <vector>

#include "module.h"

namespace rxb {

extern const Backend kLoopBackend, kAfXdpBackend, kPacketBackend, kPcapBackend, kSocketBackend;

namespace {

const Backend *const kBackends[] = {&kLoopBackend, &kAfXdpBackend, &kPacketBackend, &kPcapBackend, &kSocketBackend};
std::vector<Port *> ports;  // by id

// A queue's number is where its pointer stands in Port::queues.
Status CheckQueues(const PortRequest &request) {
  uint64_t taken = 0;
  static_assert(k_queuesMax <= 64, "a bit for each queue");
  if (request.queues && !request.queue_count) return Fail(kBadArgument, "%s: no queue was named", request.name);
  for (uint32_t i = 0; request.queues && i < request.queue_count; i++) {
    const uint32_t queue = request.queues[i];
    if (queue >= k_queuesMax || taken >> queue & 1)
      return Fail(kBadArgument, "%s: queues are numbers from 0 to %u, each once; %u is not", request.name,
                  k_queuesMax - 1, queue);
    taken |= uint64_t{1} << queue;
  }
  return {};
}

// Where a process with privilege holds the program of the interface, no owner here compares the queues of its ports.
Status CheckApart(const PortRequest &request, const Port &other) {
  for (const Queue *queue : other.queues) {
    if (!queue) continue;
    const uint32_t *end = request.queues + request.queue_count;
    if (!request.queues || std::find(request.queues, end, queue->index) != end)
      return Fail(kQueueTaken,
                  "queue %u of %s belongs to another port of this process: open each with queues of its own, as in "
                  "queues: [0] and "
                  "queues: [1]",
                  queue->index, request.name);
  }
  return {};
}

Status CheckRequest(const PortRequest &request, const Backend **backend) {
  if (!TheArena()) return Fail(kBadArgument, "ports.open() comes after arena.create()");
  if (strlen(request.name) >= sizeof Port::name)
    return Fail(kBadPortName, "a port name has at most %zu bytes; '%.40s…' has %zu", sizeof Port::name - 1,
                request.name, strlen(request.name));
  RXB_TRY(FindBackend(request.name, backend));
  RXB_TRY(CheckOptions(request.name, {request.options.given, request.options.count, (*backend)->options}));
  RXB_TRY(CheckQueues(request));
  if (!strchr(request.name, ':')[1]) return Fail(kBadPortName, "'%s' names no device", request.name);
  for (Port *port : ports) {
    if (!port || strcmp(port->name, request.name)) continue;
    if (!port->shares_device || port->handed_over != request.handed.any())
      return Fail(kPortOpen, "%s is open already in this process: open it once, with every queue it needs",
                  request.name);
    if (port->handed_over) RXB_TRY(CheckApart(request, *port));
  }
  if (request.rule_count && !(*backend)->set_rules)
    return Fail(kNotSupported,
                "%s: the backend %s: can't filter yet; open it without steer, and drop what you don't want",
                request.name, (*backend)->name);
  return {};
}

}  // namespace

std::mutex &ControlLock() {
  static std::mutex lock;
  return lock;
}

Status FindBackend(const char *name, const Backend **out) {
  const char *colon = strchr(name, ':');
  std::string prefix(name, colon ? colon - name : 0);
  for (const Backend *backend : kBackends)
    if (prefix == backend->name) {
      *out = backend;
      return {};
    }
  if (HasModule(prefix.c_str())) return LoadModule(prefix.c_str(), out);
  std::string known;
  for (const Backend *b : kBackends) known += std::string(b->name) + ":, ";
  return Fail(colon ? kNoBackend : kBadPortName,
              "'%s' is not a port name: it begins with one of %sdpdk: and goes on with a device, as in afxdp:eth0",
              name, known.c_str());
}

std::vector<std::string> BackendNames() {
  std::vector<std::string> names = {"dpdk"};
  for (const Backend *backend : kBackends) names.push_back(backend->name);
  return names;
}

Status OpenPort(const PortRequest &request, uint32_t *id) {
  std::lock_guard<std::mutex> lock(ControlLock());
  const Backend *backend;
  if (Status status = CheckRequest(request, &backend); !status) {
    for (int fd : {request.handed.sockets_map, request.handed.counters_map})  // else they are the port's from open() on
      if (fd >= 0) close(fd);
    return status;
  }
  PortRequest inner = request;
  inner.device = strchr(request.name, ':') + 1;
  inner.options.rows = backend->options;
  Port *port = nullptr;
  RXB_TRY(backend->open(TheArena(), inner, &port));
  port->backend = backend;
  port->handed_over = request.handed.any();
  snprintf(port->name, sizeof port->name, "%s", request.name);
  *id = static_cast<uint32_t>(ports.size());
  ports.push_back(port);
  return {};
}

Port *PortById(uint32_t id) { return id < ports.size() ? ports[id] : nullptr; }

Status ClosePort(uint32_t id) {
  std::lock_guard<std::mutex> lock(ControlLock());
  Port *port = PortById(id);
  if (!port) return {};
  for (Queue *queue : port->queues)
    if (queue && queue->owner)
      return Fail(kPortBusy, "%s is used by a running data plane: stop that first", port->name);
  if (port->attached) port->backend->detach(port);
  port->backend->close(port);
  ports[id] = nullptr;
  return {};
}

Status AttachPort(uint32_t id) {
  std::lock_guard<std::mutex> lock(ControlLock());
  Port *port = PortById(id);
  if (!port) return Fail(kClosed, "the port is closed");
  if (port->attached++ == 0)
    if (Status status = port->backend->attach(port); !status) {
      port->attached = 0;
      port->backend->detach(port);
      return status;
    }
  return {};
}

void DetachPort(uint32_t id) {
  std::lock_guard<std::mutex> lock(ControlLock());
  Port *port = PortById(id);
  if (port && port->attached && --port->attached == 0) port->backend->detach(port);
}

void CloseAllPorts() {
  for (Port *&port : ports) {
    if (!port) continue;
    if (port->attached) port->backend->detach(port);
    port->backend->close(port);
    port = nullptr;
  }
}

Status SetPortRules(uint32_t id, const RuleRequest *rules, uint32_t count) {
  std::lock_guard<std::mutex> lock(ControlLock());
  Port *port = PortById(id);
  if (!port) return Fail(kClosed, "the port is closed");
  if (!port->backend->set_rules)
    return Fail(kNotSupported, "%s: the backend %s: can't filter yet", port->name, port->backend->name);
  return port->backend->set_rules(port, rules, count);
}

Status ServePort(uint32_t id, const ClientRequest &request, int *counters) {
  std::lock_guard<std::mutex> lock(ControlLock());
  Port *port = PortById(id);
  if (!port) return Fail(kClosed, "the port is closed");
  if (!port->backend->serve)
    return Fail(kNotSupported, "%s: the backend %s can't be granted", port->name, port->backend->name);
  return port->backend->serve(port, request, counters);
}

Status CountPortRule(uint32_t id, uint32_t slot, RuleCounts *counts) {
  std::lock_guard<std::mutex> lock(ControlLock());
  Port *port = PortById(id);
  if (!port) return Fail(kClosed, "the port is closed");
  if (!port->backend->count_rule)
    return Fail(kNotSupported, "%s: %s counts no packets per rule", port->name, port->filtered_by);
  return port->backend->count_rule(port, slot, counts);
}

}  // namespace rxb
