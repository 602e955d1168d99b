// The ports this process has open, and the lock of everything that is not per packet.
#pragma once
#include <mutex>
#include <string>
#include <vector>

#include "backend.h"

namespace rxb {

std::mutex &ControlLock();

// Opens `backend:device`; the request's name is the whole of it. Ids are never used twice.
Status OpenPort(const PortRequest &, uint32_t *id);
Port *PortById(uint32_t id);  // null once closed; under the control lock
Status ClosePort(uint32_t id);
// Counted: a port lets packets in from the first attach to the last detach.
Status AttachPort(uint32_t id);
void DetachPort(uint32_t id);
// Closes every port, when the thread that they belong to ends. Nothing polls then. Under the control lock.
void CloseAllPorts();
Status SetPortRules(uint32_t id, const RuleRequest *, uint32_t count);
Status ServePort(uint32_t id, const ClientRequest &, int *counters);
Status CountPortRule(uint32_t id, uint32_t slot, RuleCounts *);
// The backend that a port name begins with; a module of its own is loaded for it.
Status FindBackend(const char *port_name, const Backend **);

// Of the core's backends and of that which is a module.
std::vector<std::string> BackendNames();

}  // namespace rxb
