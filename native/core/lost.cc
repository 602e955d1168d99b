// Ports that lose their interface and get it back.
#include "lost.h"

#include "registry.h"

namespace rxb {

namespace {

uint32_t AbsentTransmit(Queue *, const Packets &, uint32_t) { return 0; }
uint32_t AbsentTransmitSegments(Queue *, const Packets &, const uint8_t *, uint32_t) { return 0; }
uint32_t AbsentReceive(Queue *, Intake &, uint32_t) { return 0; }
int AbsentDescriptor(const Queue *) { return -1; }
void AbsentLosses(Queue *, uint64_t *) {}  // they stay as they were read last

// A zero-copy driver lets go of its frames after the socket is closed, so some may still be with it.
void AbsentHeld(const Queue *queue, uint32_t *posted, uint32_t *received, uint32_t *queued) {
  queue->port->backend->held(queue, posted, received, queued);
}

Backend MakeAbsent() {
  Backend absent{};
  absent.abi = kBackendAbi;
  absent.name = "absent";
  absent.transmit = AbsentTransmit;
  absent.transmit_segments = AbsentTransmitSegments;
  absent.receive = AbsentReceive;
  absent.descriptor = AbsentDescriptor;
  absent.losses_of = AbsentLosses;
  absent.held = AbsentHeld;
  return absent;
}

}  // namespace

const Backend kAbsentBackend = MakeAbsent();

void RebindSlots(Worker *w) {
  uint32_t wanted = w->rebinds_wanted.load(std::memory_order_acquire);
  Status first;
  for (uint32_t i = 0; i < w->slot_count; i++) {
    Slot &s = w->slots[i];
    const Backend *backend = s.queue->port->backend;
    bool lost = s.queue->port->lost.load(std::memory_order_acquire);
    if (lost == s.absent || !backend->rebind) continue;
    if (s.count) return;  // packets of its are in front of the handler: after those
    if (lost) backend->losses_of(s.queue, s.loss);
    Status status = backend->rebind(s.queue);
    if (!status && first) first = status;
    s.absent = lost || !status;
    s.backend = s.absent ? &kAbsentBackend : backend;
    s.queue->bound = !s.absent;
  }
  w->rebind_status = first;
  w->rebinds_done.store(wanted, std::memory_order_release);
}

Lost PortLoss(uint32_t id, char *why, uint32_t size) {
  Port *port = PortById(id);
  return port && port->backend->loss ? port->backend->loss(port, why, size) : Lost::kNone;
}

void LosePort(uint32_t id) {
  std::lock_guard<std::mutex> lock(ControlLock());
  Port *port = PortById(id);
  if (!port) return;
  port->lost.store(true, std::memory_order_release);
  if (port->attached) port->backend->detach(port);
}

Status ReopenPort(uint32_t id) {
  std::lock_guard<std::mutex> lock(ControlLock());
  Port *port = PortById(id);
  if (!port) return Fail(kClosed, "the port is closed");
  if (!port->backend->reopen)
    return Fail(kNotSupported, "%s: the backend %s: can't attach again", port->name, port->backend->name);
  for (const Queue *queue : port->queues)
    if (queue && queue->bound) return Fail(kPortBusy, "queue %u of %s is not closed yet", queue->index, port->name);
  RXB_TRY(port->backend->reopen(port));
  port->lost.store(false, std::memory_order_release);
  return {};
}

Status ReattachPort(uint32_t id) {
  std::lock_guard<std::mutex> lock(ControlLock());
  Port *port = PortById(id);
  return port && port->attached ? port->backend->attach(port) : Status{};
}

}  // namespace rxb
