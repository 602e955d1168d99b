// The life of an open device, on EAL's thread: its queues are bound, it starts, runs and stops.
#include <linux/membarrier.h>
#include <rte_errno.h>
#include <rte_mbuf_dyn.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "../eal/eal.h"
#include "../eal/log.h"
#include "../port.h"
#include "device.h"
#include "rings.h"

namespace rxb::dpdk {

namespace {

constexpr uint32_t kUnreadPool = 512;  // mbufs for a queue that nobody reads, of a virtual device
constexpr uint32_t kOwnPool = 4096;    // mbufs of a driver that needs its own
constexpr int kConnectPolls = 100;
constexpr useconds_t kConnectPollUs = 1000;
constexpr useconds_t kFenceUs = 20000;  // longer than any store takes to be seen, where membarrier() is missing
constexpr uint64_t kColumnOffloads = RTE_ETH_RX_OFFLOAD_RSS_HASH | RTE_ETH_RX_OFFLOAD_VLAN_STRIP |
                                     RTE_ETH_RX_OFFLOAD_TIMESTAMP | RTE_ETH_RX_OFFLOAD_IPV4_CKSUM |
                                     RTE_ETH_RX_OFFLOAD_UDP_CKSUM | RTE_ETH_RX_OFFLOAD_TCP_CKSUM;

uint64_t OffloadsFor(uint32_t columns) {
  uint64_t offloads = 0;
  if (columns & kColumn_hash) offloads |= RTE_ETH_RX_OFFLOAD_RSS_HASH;
  if (columns & kColumn_vlan) offloads |= RTE_ETH_RX_OFFLOAD_VLAN_STRIP;
  if (columns & kColumn_timestamp) offloads |= RTE_ETH_RX_OFFLOAD_TIMESTAMP;
  if (columns & kColumn_checksum)
    offloads |= RTE_ETH_RX_OFFLOAD_IPV4_CKSUM | RTE_ETH_RX_OFFLOAD_UDP_CKSUM | RTE_ETH_RX_OFFLOAD_TCP_CKSUM;
  return offloads;
}

// What EAL's thread has in its cache of a worker's pool goes back to where the worker finds it.
void FlushCache(rte_mempool *pool) {
  if (rte_mempool_cache *cache = pool ? rte_mempool_default_cache(pool, rte_lcore_id()) : nullptr)
    rte_mempool_cache_flush(cache, pool);
}

Status Configure(DpdkPort *port, uint32_t columns) {
  if (port->stale) RXB_TRY(ReplugDevice(port));
  port->stale = false;
  rte_eth_dev_info info;
  rte_eth_dev_info_get(port->port_id, &info);
  rte_eth_conf &conf = port->conf;
  conf.rxmode.offloads =
      (conf.rxmode.offloads & ~kColumnOffloads) | (OffloadsFor(columns & port->columns) & info.rx_offload_capa);
  bool rss = port->rss_fields && (port->highest > 1 || columns & kColumn_hash || !port->rss_key.empty());
  conf.rxmode.mq_mode = rss ? RTE_ETH_MQ_RX_RSS : RTE_ETH_MQ_RX_NONE;
  conf.rx_adv_conf.rss_conf.rss_hf = rss ? port->rss_fields : 0;
  conf.rx_adv_conf.rss_conf.rss_key =
      port->rss_key.empty() ? nullptr : reinterpret_cast<uint8_t *>(port->rss_key.data());
  conf.rx_adv_conf.rss_conf.rss_key_len = static_cast<uint8_t>(port->rss_key.size());
  if (!rss) conf.rxmode.offloads &= ~uint64_t(RTE_ETH_RX_OFFLOAD_RSS_HASH);
  port->wanted_columns = columns & port->columns;
  if (port->wanted_columns & kColumn_timestamp &&
      rte_mbuf_dyn_rx_timestamp_register(&timestamp_offset, &timestamp_flag) != 0)
    return Fail(kNotSupported, "%s: DPDK has no room for timestamps in its packets: %s", port->name,
                rte_strerror(rte_errno));
  uint64_t first_line = LogLines();
  if (int error = rte_eth_dev_configure(port->port_id, port->highest, port->highest, &conf); error)
    return Fail(kNotSupported, "%s: the device can't be configured with %u queues and an MTU of %u: %s. It said: %s",
                port->name, port->highest, port->mtu, rte_strerror(-error), LogSince(first_line, 3, " | ").c_str());
  if (int error = rte_eth_dev_adjust_nb_rx_tx_desc(port->port_id, &port->rx_descriptors, &port->tx_descriptors); error)
    return Fail(kBadOption, "%s: the device refuses %u receive and %u transmit descriptors: %s", port->name,
                port->rx_descriptors, port->tx_descriptors, rte_strerror(-error));
  return {};
}

Status SetUp(DpdkPort *port, uint32_t queue, rte_mempool *pool) {
  uint64_t first_line = LogLines();
  unsigned socket = static_cast<unsigned>(rte_eth_dev_socket_id(port->port_id));
  auto index = static_cast<uint16_t>(queue);
  int error;
  {
    ClosedOnExec descriptors;
    error = rte_eth_rx_queue_setup(port->port_id, index, port->rx_descriptors, socket, nullptr, pool);
    if (!error) error = rte_eth_tx_queue_setup(port->port_id, index, port->tx_descriptors, socket, nullptr);
  }
  if (!error) return {};
  std::string said = LogSince(first_line, 3, " | ");
  if (said.find("Failed to create umem") != std::string::npos && geteuid() != 0)
    return Fail(
        kNoCapability,
        "%s: AF_XDP lacks a permission. Run as root, or give the process CAP_NET_RAW, CAP_NET_ADMIN and CAP_BPF. %s",
        port->name, said.c_str());
  if (said.find("Failed to create xsk socket") != std::string::npos)
    return Fail(kQueueTaken,
                "%s: AF_XDP's queue %u of %s is taken: by another program, or by this process, where DPDK before 23.11 "
                "lets go of it only "
                "when the process ends. The driver said: %s",
                port->name, queue, port->netdev.name, said.c_str());
  return Fail(kNotSupported, "%s: queue %u can't be set up: %s.%s%s", port->name, queue, rte_strerror(-error),
              said.empty() ? "" : " The driver said: ", said.c_str());
}

// The pool that stands in for a worker's where nobody reads.
rte_mempool *UnreadPool(DpdkPort *port) {
  uint32_t each = port->is_virtual ? kUnreadPool : 2 * (uint32_t(port->rx_descriptors) + port->tx_descriptors);
  if (!port->unread_pool) port->unread_pool = MakeOwnPool("unread", each * port->highest, port->room);
  return port->unread_pool;
}

// In isolated mode it means nothing, and drivers that write it down for later would change an interface of the
// kernel's.
bool IsPromiscuous(const DpdkPort &port) { return port.promiscuous && !port.flows.isolated; }

Status Start(DpdkPort *port) {
  for (uint32_t i = 0; i < port->highest; i++) {
    if (port->queues[i] && static_cast<DpdkQueue *>(port->queues[i])->set_up) continue;
    if (!UnreadPool(port))
      return Fail(kNoMemory, "%s: DPDK has no memory for queue %u, which nobody reads: %s", port->name, i,
                  rte_strerror(rte_errno));
    RXB_TRY(SetUp(port, i, port->unread_pool));
  }
  uint64_t first_line = LogLines();
  int error;
  {
    ClosedOnExec descriptors;
    error = rte_eth_dev_start(port->port_id);
  }
  if (error)
    return Fail(kNotSupported, "%s: the device does not start: %s. The driver said: %s", port->name,
                rte_strerror(-error), LogSince(first_line, 4, " | ").c_str());
  rte_eth_dev_info info;
  rte_eth_dev_info_get(port->port_id, &info);
  Status status = StartFlows(port);
  if (status && !port->flows.isolated) status = ApplyRssTable(port, info);
  if (!status) {
    rte_eth_dev_stop(port->port_id);
    return status;
  }
  if (IsPromiscuous(*port)) rte_eth_promiscuous_enable(port->port_id);
  for (Queue *queue : port->queues)
    if (queue && static_cast<DpdkQueue *>(queue)->mbufs) FlushCache(static_cast<DpdkQueue *>(queue)->mbufs->mempool);
  rte_eth_stats_get(port->port_id, &port->base);
  port->started = port->has_run = true;
  port->sending.store(true);
  return {};
}

// A device has to have all its queues before it starts, and is started with the last one that a worker wants: so a
// program can send before attach() lets packets in.
bool IsLast(const DpdkPort *port) {
  uint32_t wanted = 0;
  for (const Queue *queue : port->queues) wanted += queue && queue->owner;
  return port->bound == wanted;
}

void Undo(DpdkPort *port, DpdkQueue *q) {
  if (q->mbufs && q->mbufs->reporter == q) q->mbufs->reporter = nullptr;
  q->mbufs = nullptr;
  q->set_up = false;
  port->bound--;
}

// Waits until no worker is in a burst function of this device and none can enter one again. See Enter() in burst.cc.
void Quiesce(DpdkPort *port) {
  port->receiving.store(false);
  port->sending.store(false);
  static const bool fenced = syscall(SYS_membarrier, MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED, 0, 0) == 0;
  if (!fenced || syscall(SYS_membarrier, MEMBARRIER_CMD_PRIVATE_EXPEDITED, 0, 0) != 0) usleep(kFenceUs);
  for (Queue *queue : port->queues)
    while (queue && static_cast<DpdkQueue *>(queue)->inside.load(std::memory_order_acquire)) usleep(10);
}

bool LinkComesUp(const DpdkPort *port) {
  for (int i = 0; i < kConnectPolls; i++) {
    rte_eth_link link{};
    if (rte_eth_link_get_nowait(port->port_id, &link) == 0 && link.link_status) return true;
    usleep(kConnectPollUs);
  }
  return false;
}

// A client of net_memif asks its server once, when it starts; one of this process may not have been ready by then, but
// is now. And it offers the server no room before it has looked for packets: so it looks for none, while its workers do
// not yet.
void Connect(DpdkPort *port) {
  bool up = LinkComesUp(port);
  if (!up) {
    Quiesce(port);
    up = rte_eth_dev_stop(port->port_id) == 0 && rte_eth_dev_start(port->port_id) == 0 && LinkComesUp(port);
    port->sending.store(true);
  }
  rte_mbuf *none;
  for (uint16_t i = 0; up && i < port->highest; i++) rte_eth_rx_burst(port->port_id, i, &none, 0);
}

// Packets that lie in the device by reference belong to pools that are about to go.
void DrainReferences(DpdkPort *port) {
  for (uint16_t i = 0; i < port->highest; i++) {
    rte_mbuf *mbufs[64];
    while (uint16_t n = rte_eth_rx_burst(port->port_id, i, mbufs, 64))
      for (uint16_t k = 0; k < n; k++) FreeForeign(mbufs[k]);
  }
  bool peer_reads = false;
  for (DpdkPort *other : open_ports) peer_reads |= other->started && other->device == port->peer;
  DrainRings(port->device, peer_reads);
}

void Stop(DpdkPort *port) {
  if (!port->started) return;
  port->started = false;
  Quiesce(port);
  if (port->traits->by_reference) DrainReferences(port);
  if (IsPromiscuous(*port)) rte_eth_promiscuous_disable(port->port_id);
  StopFlows(port);
  rte_eth_dev_stop(port->port_id);
  port->stale =
      // which it forgets to open again
      !strcmp(port->driver, "net_pcap") && port->args.find("rx_iface_in=") != std::string::npos;
}

}  // namespace

Status MakePool(Queue *const *queues, uint32_t queue_count, const uint32_t *frames, uint32_t count, Pool **pool) {
  Memory memory = Memory::kSplit;
  uint32_t room = 0;
  const Arena *arena = nullptr;
  for (uint32_t i = 0; i < queue_count; i++) {
    auto *port = static_cast<DpdkPort *>(queues[i]->port);
    if (port->traits->memory == Memory::kExternal) memory = Memory::kExternal;
    if (port->room > room) room = port->room;
    arena = port->arena;
  }
  return MakeMbufPool(arena, memory, room, frames, count, pool);
}

// What a driver wants that isolates only then.
Status Prepare(DpdkPort *port) {
  RXB_TRY(Configure(port, 0));
  for (uint32_t i = 0; i < port->highest; i++) {
    if (!UnreadPool(port))
      return Fail(kNoMemory, "%s: DPDK has no memory for queue %u: %s", port->name, i, rte_strerror(rte_errno));
    RXB_TRY(SetUp(port, i, port->unread_pool));
  }
  return {};
}

Status Bind(Queue *base) {
  auto *q = static_cast<DpdkQueue *>(base);
  auto *port = static_cast<DpdkPort *>(q->port);
  RXB_TRY(EnterThread());
  Status status;
  OnEalThread([&] {
    if (port->started) {
      status = Fail(kPortBusy, "%s runs already: its queues are set up before it starts, so give them all to one run()",
                    port->name);
      return;
    }
    if (!port->bound && !(status = Configure(port, q->wanted_columns))) return;
    if (q->own_pool && !q->own && !(q->own = MakeOwnPool("own", kOwnPool, port->room))) {
      status = Fail(kNoMemory,
                    "%s: DPDK has no memory for the %u buffers that %s needs: %s. Reserve hugepages: sysctl -w "
                    "vm.nr_hugepages=256",
                    port->name, kOwnPool, port->driver, rte_strerror(rte_errno));
      return;
    }
    q->mbufs = q->own_pool ? nullptr : static_cast<MbufPool *>(q->pool);
    // net_af_xdp can't set a queue up a second time; what it has from the first is DPDK's own and stays good.
    if (!(q->made && port->traits->takes_packets) &&
        !(status = SetUp(port, q->index, q->own_pool ? q->own : q->mbufs->mempool)))
      return;
    q->made = true;
    q->set_up = true;
    q->chained = q->nocopy = q->filtered = 0;  // those of an earlier data plane
    if (q->mbufs && !q->mbufs->reporter) q->mbufs->reporter = q;
    q->reports_losses = port->bound++ == 0;
    port->mode = q->own_pool || !port->traits->zero_copy ? Mode::kCopy : Mode::kZeroCopy;
    if (IsLast(port) && !(status = Start(port))) Undo(port, q);
  });
  if (!status) LeaveThread();
  return status;
}

Status Attach(Port *base) {
  Status status;
  auto *port = static_cast<DpdkPort *>(base);
  OnEalThread([&] {
    // rte_eth_rx_queue_setup() reads memory that rte_eth_dev_configure() makes, which comes with the first queue that
    // is bound.
    if (!port->bound) return;
    if (!port->started)
      status = Start(port);
    else if (!strcmp(port->driver, "net_memif") && port->args.find("role=server") == std::string::npos)
      Connect(port);
    if (status) port->receiving.store(true);
  });
  return status;
}

// The device goes on until its queues are unbound: what has arrived is still to be read, and answers to be sent.
void Detach(Port *) {}

void Unbind(Queue *base) {
  auto *q = static_cast<DpdkQueue *>(base);
  auto *port = static_cast<DpdkPort *>(q->port);
  OnEalThread([&] {
    Stop(port);
    // Setting a queue up again makes the driver let go of the buffers it holds; the pool that takes their place is
    // DPDK's.
    if (q->mbufs && UnreadPool(port)) SetUp(port, q->index, port->unread_pool);
    if (q->mbufs) FlushCache(q->mbufs->mempool);
    Undo(port, q);
  });
  LeaveThread();
}

}  // namespace rxb::dpdk
