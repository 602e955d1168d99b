// Finds out that a port has lost its interface, and opens the port and its queues again on the one that has its name.
#include <poll.h>
#include <sys/socket.h>

#include "../../bpf/bpf.h"
#include "port.h"

namespace rxb::af_xdp {

namespace {

// Whether the process at the other end has closed its end.
bool HungUp(int broker) {
  pollfd end{broker, 0, 0};  // POLLHUP is told unasked
  return poll(&end, 1, 0) > 0 && end.revents & (POLLHUP | POLLERR | POLLNVAL);
}

// Whether an XDP program is on the interface: of one that another process attached nothing else can be told without
// privilege.
bool HasProgram(const XskPort *port) {
  Netdev now;
  return !FindNetdev(port->netdev.index, &now) || now.xdp_program;
}

Lost Loss(Port *base, char *why, uint32_t size) {
  auto *port = static_cast<XskPort *>(base);
  const Netdev &dev = port->netdev;
  if (port->handed.broker >= 0 && HungUp(port->handed.broker)) {
    snprintf(why, size, "the broker of %s (rxburst grant) has ended", dev.name);
    return Lost::kForGood;
  }
  if (port->watch.Gone()) {
    snprintf(why, size, "%s (index %u) was deleted, or moved to another network namespace", dev.name, dev.index);
    return Lost::kForNow;
  }
  if (port->is_handed() ? !port->attached || HasProgram(port) : !port->client.attached || port->owner->IsLinked())
    return Lost::kNone;
  snprintf(why, size, "the XDP program was taken off %s (index %u)", dev.name, dev.index);
  return Lost::kForNow;
}

Status Reopen(Port *base) {
  auto *port = static_cast<XskPort *>(base);
  Netdev dev;
  RXB_TRY(FindNetdev(port->netdev.name, &dev));
  port->netdev = dev;
  RXB_TRY(port->watch.Open(dev.index));
  uint32_t queues[k_queuesMax];
  PortRequest as_before{};
  as_before.name = port->name;
  as_before.queues = queues;
  as_before.take_all = true;  // or it has rules, whichever it was opened with
  for (const Queue *queue : port->queues)
    if (queue) queues[as_before.queue_count++] = queue->index;
  RXB_TRY(CheckDevice(TheArena(), as_before, *port));
  if (port->is_handed() && !dev.xdp_program) return Fail(kPortLost, "no XDP program is on %s yet", dev.name);
  TakeOver(TheArena(), port);
  if (port->is_handed()) return {};
  RXB_TRY(steer::Owner::Move(dev, &port->client, &port->owner));
  port->sockets_map = port->owner->xskmap();
  steer::Share next = port->client.share;
  RXB_TRY(steer::PlanMetadata(next.metadata.columns, port->device_clock, dev.index, &next.metadata));
  return port->owner->Change(&port->client, std::move(next));
}

Status Rebind(Queue *base) {
  auto *queue = static_cast<XskQueue *>(base);
  auto *port = static_cast<XskPort *>(base->port);
  xdp_statistics s{};
  socklen_t bytes = sizeof s;
  if (queue->fd >= 0 && !getsockopt(queue->fd, SOL_XDP, XDP_STATISTICS, &s, &bytes)) {
    queue->before.rx_ring_full += s.rx_ring_full;
    queue->before.rx_dropped += s.rx_dropped;
    queue->before.rx_invalid_descs += s.rx_invalid_descs;
    queue->before.tx_invalid_descs += s.tx_invalid_descs;
  }
  CloseSocket(queue);
  // A zero-copy driver lets go later (see GiveFramesBack), so its frames wait for the interface.
  if (!port->lost || port->mode != Mode::kZeroCopy) Reclaim(queue);
  if (port->lost) return {};
  Status status = JoinColumns(queue, port);
  if (status) status = OpenSocket(queue, port, !port->is_handed());
  if (status) return {};
  CloseSocket(queue);
  Reclaim(queue);
  return status;
}

}  // namespace

}  // namespace rxb::af_xdp
