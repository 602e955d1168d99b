// Lets packets in: attaches the XDP program to the interface, or has the process that attached it let the sockets in.
#include <linux/if_link.h>

#include "../../bpf/bpf.h"
#include "port.h"

namespace rxb::af_xdp {

namespace {

Status BePromiscuous(XskPort *port) {
  port->holds_promiscuous = HoldPromiscuous(port->netdev.index);
  if (port->holds_promiscuous >= 0) return {};
  return FailErrno("making the interface promiscuous");
}

Status AttachHanded(XskPort *port) {
  Netdev now;
  RXB_TRY(FindNetdev(port->netdev.name, &now));
  port->xdp = now.xdp_generic ? Xdp::kGeneric : Xdp::kNative;
  std::vector<uint32_t> bound;
  for (Queue *base : port->queues)
    if (base && base->bound) bound.push_back(base->index);
  if (port->handed.broker >= 0) return AskBroker(port, "/xsk_attach", bound);
  for (uint32_t queue : bound) RXB_TRY(LetIn(static_cast<XskQueue *>(port->queues[queue]), port));
  return {};
}

// The kernel would not have the program on the interface.
Status Refused(const XskPort *port, int error) {
  const char *name = port->netdev.name;
  if (error == EBUSY || error == EEXIST) {
    char off[160];
    bpf::XdpOff(name, port->netdev.index, port->wanted_xdp == steer::Hook::kGenericOnly, off, sizeof off);
    return Fail(kForeignXdp, "somebody else's XDP program is on %s. See whose: bpftool net; remove it: %s", name, off);
  }
  if (error == EOPNOTSUPP)
    return Fail(kNotSupported,
                "the driver of %s (%s) has no native XDP; xdp: 'generic' (--opt xdp=generic) works on every driver, at "
                "a third of the speed",
                name, port->driver);
  if (error == ENOSPC)  // drivers/net/veth.c:veth_xdp_set
    return Fail(kNotSupported,
                "%s (%s) has fewer receive queues than its peer has transmit queues, and its driver refuses XDP then. "
                "On the peer: ethtool "
                "-L PEER tx %u",
                name, port->driver, port->queue_count);
  if (error == EINVAL || error == ERANGE)
    return Fail(kMtu,
                "the driver of %s (%s) refuses XDP as it is set up: MTU %u or its offloads. Try: ip link set %s mtu "
                "1500; ethtool -K %s lro off",
                name, port->driver, port->mtu, name, name);
  return FailErrno("attaching XDP", error);
}

Status Attach(Port *base) {
  auto *port = static_cast<XskPort *>(base);
  if (port->is_handed()) return AttachHanded(port);
  uint32_t columns = 0;
  for (const Queue *queue : port->queues)
    if (queue && queue->bound) columns |= queue->wanted_columns;
  RXB_TRY(ForgetFlows(port));
  RXB_TRY(SetColumns(port, columns));
  int error = 0;
  if (Status status = port->owner->Attach(&port->client, &error); !status) {
    port->can_pass = port->injects;
    port->xdp = Xdp::kNone;
    return error ? Refused(port, error) : status;
  }
  port->xdp = port->owner->generic() ? Xdp::kGeneric : Xdp::kNative;
  // Generic XDP runs where passed packets enter too: they would come back to us for ever.
  port->can_pass = port->injects && port->xdp == Xdp::kNative;
  return port->promiscuous ? BePromiscuous(port) : Status{};
}

void Detach(Port *base) {
  auto *port = static_cast<XskPort *>(base);
  std::vector<uint32_t> bound;
  for (Queue *queue : port->queues)
    if (queue && queue->bound && port->is_handed()) bound.push_back(queue->index);
  LetOut(port, bound);
  if (port->owner) port->owner->Detach(&port->client);
  CloseFd(port->holds_promiscuous);
}

}  // namespace

}  // namespace rxb::af_xdp
