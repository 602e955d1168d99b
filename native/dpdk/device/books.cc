// What a device tells about itself while it runs: packets lost, frames held, and whether it is still there.
#include <dlfcn.h>
#include <signal.h>

#include "../port.h"

namespace rxb::dpdk {

namespace {

// net_tap reads only after a signal by which the kernel tells of a new packet, and there is none when its queue is
// full: so one that found no buffer would read never again.
void WakeTap() {
  static const int signal_of_tap = [] {
    for (int number = SIGRTMIN; number <= SIGRTMAX; number++) {
      struct sigaction now {};
      Dl_info where{};
      if (!sigaction(number, nullptr, &now) && dladdr(reinterpret_cast<void *>(now.sa_handler), &where) &&
          strstr(where.dli_fname, "librte_net_tap"))
        return number;
    }
    return 0;
  }();
  if (signal_of_tap) raise(signal_of_tap);
}

}  // namespace

void LossesOf(Queue *base, uint64_t *values) {
  auto *q = static_cast<DpdkQueue *>(base);
  auto *port = static_cast<DpdkPort *>(q->port);
  rte_eth_stats now{};
  if (q->reports_losses && rte_eth_stats_get(port->port_id, &now) == 0) {
    // the device counts per port: one queue tells it
    if (port->traits->by_signal && now.rx_nombuf != q->nombuf) WakeTap();
    q->nombuf = now.rx_nombuf;
    values[kLoss_imissed] = now.imissed - port->base.imissed;
    values[kLoss_ierrors] = now.ierrors - port->base.ierrors;
    values[kLoss_rx_nombuf] = now.rx_nombuf - port->base.rx_nombuf;
    values[kLoss_oerrors] = now.oerrors - port->base.oerrors;
  }
  values[kLoss_rx_chained] = q->chained;
  values[kLoss_rx_nocopy] = q->nocopy;
  values[kLoss_filtered] = q->filtered;
}

// What neither the pool, when it was counted, nor the core has is with the devices; drivers tell no more, and only one
// of the pool's queues does.
void Held(const Queue *base, uint32_t *posted, uint32_t *received, uint32_t *queued) {
  auto *q = static_cast<const DpdkQueue *>(base);
  *posted = *received = *queued = 0;
  if (!q->mbufs || q->mbufs->reporter != q) return;
  int64_t with_devices = int64_t(q->mbufs->frames) - q->mbufs->counted - q->mbufs->in_core;
  if (with_devices < 0) with_devices = 0;
  auto *port = static_cast<const DpdkPort *>(q->port);
  int64_t ring = port->is_virtual ? 0 : port->rx_descriptors;
  *posted = static_cast<uint32_t>(with_devices < ring ? with_devices : ring);
  *queued = static_cast<uint32_t>(with_devices) - *posted;
}

Lost Loss(Port *base, char *why, uint32_t size) {
  auto *port = static_cast<DpdkPort *>(base);
  if (!port->watch.Gone()) return Lost::kNone;
  snprintf(why, size, "the interface under %s was deleted, or moved to another network namespace",
           port->device.c_str());
  return Lost::kForNow;
}

}  // namespace rxb::dpdk
