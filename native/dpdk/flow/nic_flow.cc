// Rules of the device for single flows: DROP with COUNT, or MARK on the way to the queues. They lie beside the rules of
// flow.cc, and are the layer below a table of flows.
#include "../eal/eal.h"
#include "../port.h"
#include "flow.h"

namespace rxb::dpdk {

namespace {

// Before net_tap has its queues it can't be asked; there rules cost a filter of the kernel's each.
Status Probe(const DpdkPort &port) {
  if (port.flow_rules) return {};
  return Fail(kNotSupported,
              "layer: 'nic': %s has no rules of a NIC for flows: its driver %s knows no rte_flow that could serve. "
              "layer: 'worker' is possible",
              port.name, port.driver);
}

Status Carry(DpdkPort *port, const NicFlowRequest &asked, NicFlowAnswer *answer) {
  RteFlowOffload &offload = port->flow_offload;
  switch (asked.call) {
    case NicFlowCall::kProbe:
      return Probe(*port);
    case NicFlowCall::kAdd: {
      const offload::FlowRule rule{*asked.match, BoundQueues(*port), !asked.marks, asked.marks, asked.mark};
      return port->started ? offload.Add(rule, &answer->place) : Fail(kNotSupported, "%s is stopped", port->name);
    }
    case NicFlowCall::kCount:
      return offload.Count(asked.place, &answer->packets, &answer->bytes);
    case NicFlowCall::kRemove:
      (void)offload.Count(asked.place, &answer->packets, &answer->bytes);  // a rule that marks counts nothing
      return offload.RemoveAt(asked.place);
  }
  return {};
}

}  // namespace

Status NicFlow(Port *port, const NicFlowRequest &asked, NicFlowAnswer *answer) {
  Status status;
  OnEalThread([&] { status = Carry(static_cast<DpdkPort *>(port), asked, answer); });
  return status;
}

}  // namespace rxb::dpdk
