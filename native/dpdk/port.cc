// The life of a device: open, bind its queues, start, stop, close. Everything but the bursts runs on EAL's thread.
#include "port.h"

#include <dlfcn.h>
#include <linux/membarrier.h>
#include <rte_errno.h>
#include <rte_mbuf_dyn.h>
#include <rte_version.h>
#include <signal.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <vector>

#include "device.h"
#include "eal.h"
#include "log.h"
#include "rings.h"

namespace rxb::dpdk {

namespace {

constexpr uint32_t kSparePool = 512;  // mbufs for a queue that nobody reads, of a virtual device
constexpr uint32_t kOwnPool = 4096;   // mbufs of a driver that needs its own
constexpr int kConnectPolls = 100;
constexpr useconds_t kConnectPollUs = 1000;
constexpr useconds_t kFenceUs = 20000;  // longer than any store takes to be seen, where membarrier() is missing
constexpr uint64_t kColumnOffloads = RTE_ETH_RX_OFFLOAD_RSS_HASH | RTE_ETH_RX_OFFLOAD_VLAN_STRIP | RTE_ETH_RX_OFFLOAD_TIMESTAMP |
                                     RTE_ETH_RX_OFFLOAD_IPV4_CKSUM | RTE_ETH_RX_OFFLOAD_UDP_CKSUM | RTE_ETH_RX_OFFLOAD_TCP_CKSUM;

std::vector<DpdkPort *> open_ports;  // EAL's thread alone looks at it

uint64_t OffloadsFor(uint32_t columns) {
  uint64_t offloads = 0;
  if (columns & kColumn_hash) offloads |= RTE_ETH_RX_OFFLOAD_RSS_HASH;
  if (columns & kColumn_vlan) offloads |= RTE_ETH_RX_OFFLOAD_VLAN_STRIP;
  if (columns & kColumn_timestamp) offloads |= RTE_ETH_RX_OFFLOAD_TIMESTAMP;
  if (columns & kColumn_checksum) offloads |= RTE_ETH_RX_OFFLOAD_IPV4_CKSUM | RTE_ETH_RX_OFFLOAD_UDP_CKSUM | RTE_ETH_RX_OFFLOAD_TCP_CKSUM;
  return offloads;
}

uint32_t ColumnsOf(const rte_eth_dev_info &info, const Driver &traits) {
  uint32_t columns = 0;
  if (info.rx_offload_capa & RTE_ETH_RX_OFFLOAD_RSS_HASH) columns |= kColumn_hash;
  if (info.rx_offload_capa & RTE_ETH_RX_OFFLOAD_VLAN_STRIP) columns |= kColumn_vlan;
  if (traits.timestamp_ns) columns |= kColumn_timestamp;
  if (info.rx_offload_capa & RTE_ETH_RX_OFFLOAD_IPV4_CKSUM) columns |= kColumn_checksum;
  return columns;
}

Status NumberOption(const PortRequest &request, const char *key, uint32_t from, uint32_t to, uint32_t *value) {
  const char *text = FindOption(request, key);
  if (!text) return {};
  char *end;
  unsigned long number = strtoul(text, &end, 10);
  if (!*text || *end || number < from || number > to)
    return Fail(kBadOption, "%s: %s is a whole number from %u to %u, not '%s'", request.name, key, from, to, text);
  *value = static_cast<uint32_t>(number);
  return {};
}

Status BooleanOption(const PortRequest &request, const char *key, bool *value) {
  const char *text = FindOption(request, key);
  if (!text) return {};
  if (strcmp(text, "true") && strcmp(text, "false")) return Fail(kBadOption, "%s: %s is true or false, not '%s'", request.name, key, text);
  *value = !strcmp(text, "true");
  return {};
}

// What a frame has for a packet's bytes.
uint32_t RoomOf(const DpdkPort &port) {
  uint32_t room = port.arena->frame_size - RTE_PKTMBUF_HEADROOM;
  return port.is_virtual ? room : room / 1024 * 1024;  // several NICs count a buffer's room in KiB
}

// Why a packet can't lie in several segments there, or null where it can.
const char *LacksSegments(const rte_eth_dev_info &info, const DpdkPort &port) {
  if (port.traits->memory == Memory::kOwn) return "works in memory of DPDK's own, from which a packet is copied into one frame";
  if (ScattersUntold(port.driver)) return nullptr;
  if (info.max_rx_pktlen <= RoomOf(port)) return "has no packet that is longer than a frame";
  if (!(info.rx_offload_capa & RTE_ETH_RX_OFFLOAD_SCATTER)) return "does not receive into several (offload RX_SCATTER)";
  if (!(info.tx_offload_capa & RTE_ETH_TX_OFFLOAD_MULTI_SEGS)) return "does not send from several (offload TX_MULTI_SEGS)";
  return nullptr;
}

// Whether the frames hold the device's longest packet, in as many pieces as it may have.
Status CheckRoom(const PortRequest &request, const rte_eth_dev_info &info, uint32_t mtu, const DpdkPort &port) {
  uint32_t frame = port.arena->frame_size, packet = mtu + kEthernetHeader + kVlanTag;
  if (port.traits->memory == Memory::kOwn)
    return packet <= frame ? Status{} : Fail(kMtu, "%s: packets of an MTU of %u do not fit frames of %u bytes", request.name, mtu, frame);
  uint32_t room = RoomOf(port), need = packet > port.room ? packet : port.room;
  if (port.segments > 1 && packet > room * k_segmentsMax)
    return Fail(kMtu, "%s: packets of an MTU of %u do not fit %u frames of %u bytes, the most that one may lie in", request.name, mtu,
                k_segmentsMax, frame);
  if (port.segments > 1 || need <= room) return {};
  std::string lower = port.netdev.index && port.room
                          ? "ip link set " + std::string(port.netdev.name) + " mtu " + std::to_string(room - (need - mtu))
                          : "by the option mtu";
  std::string mend =
      need <= 4096 - RTE_PKTMBUF_HEADROOM
          ? "Use larger ones: configureArena({ frameSize: 4096 }) before the first open(), on the command line --frame-size 4096."
          : "Frames have 4096 bytes at the most: lower the MTU, " + lower + ".";
  return Fail(kMtu, "%s: packets of an MTU of %u need %u bytes; a frame of %u bytes has room for %u. %s%s", request.name, mtu, need, frame,
              room, mend.c_str(), LacksSegments(info, port) ? "" : " Or let a packet lie in several: segments: true, --segments.");
}

Status CheckMtu(const PortRequest &request, const rte_eth_dev_info &info, DpdkPort *port) {
  uint32_t wanted = 0;
  RXB_TRY(NumberOption(request, "mtu", 68, 65535, &wanted));
  uint16_t now = 1500;
  rte_eth_dev_get_mtu(port->port_id, &now);
  if (port->netdev.index) now = static_cast<uint16_t>(port->netdev.mtu < 65535 ? port->netdev.mtu : 65535);  // drivers say 1500
  uint32_t mtu = wanted ? wanted : now;
  if (wanted && port->netdev.index && wanted > now)
    return Fail(kMtu, "%s: an MTU of %u was wanted; %s has %u, which is the kernel's to change: ip link set %s mtu %u", request.name,
                wanted, port->netdev.name, now, port->netdev.name, wanted);
  if (wanted && (mtu < info.min_mtu || (info.max_mtu && mtu > info.max_mtu)))
    return Fail(kMtu, "%s: an MTU of %u was wanted; the device takes %u to %u", request.name, mtu, info.min_mtu, info.max_mtu);
  RXB_TRY(CheckRoom(request, info, mtu, *port));
  port->mtu = mtu;
  bool socket = port->netdev.index && port->traits->over_socket;  // then the kernel wants to see the tag that makes a packet longer
  port->frame_max = mtu + kEthernetHeader + (socket ? 0 : kVlanTag);
  for (Queue *queue : port->queues)
    if (queue && socket) static_cast<DpdkQueue *>(queue)->tag_room = kVlanTag;
  if (uint32_t packet = mtu + kEthernetHeader + kVlanTag; port->room < packet) port->room = packet;
  if (port->segments > 1) port->room = RoomOf(*port);
  port->conf.rxmode.mtu = wanted;
  return {};
}

Status TakeQueues(const PortRequest &request, const rte_eth_dev_info &info, DpdkPort *port) {
  uint32_t has = info.max_rx_queues < info.max_tx_queues ? info.max_rx_queues : info.max_tx_queues;
  port->queue_count = has < k_queuesMax ? has : k_queuesMax;
  uint32_t count = request.queues ? request.queue_count : 1;  // how many there are is for the program to say, so all means one
  for (uint32_t i = 0; i < count; i++) {
    uint32_t index = request.queues ? request.queues[i] : 0;
    if (index >= port->queue_count)
      return Fail(kNoQueue, "%s: queue %u was wanted; the device has %u, numbered from 0", request.name, index, port->queue_count);
    auto *q = new DpdkQueue;
    q->port = port;
    q->index = index;
    q->arena = port->arena;
    q->filter = &port->filter;
    q->sending = &port->sending;
    q->receiving = &port->receiving;
    q->port_id = port->port_id;
    q->queue_id = static_cast<uint16_t>(index);
    q->own_pool = port->traits->memory == Memory::kOwn;
    q->by_reference = port->traits->by_reference;
    q->timestamp_ns = port->traits->timestamp_ns;
    q->prefetch = !port->is_virtual;
    port->queues[index] = q;
    if (index + 1 > port->highest) port->highest = static_cast<uint16_t>(index + 1);
  }
  return {};
}

// Which memory to use, where the user wants another than the driver's entry says.
Status ChooseMemory(const PortRequest &request, DpdkPort *port) {
  const char *text = FindOption(request, "memory");
  if (!text) return {};
  Memory memory = port->traits->memory;
  if (!strcmp(text, "external"))
    memory = Memory::kExternal;
  else if (!strcmp(text, "own"))
    memory = Memory::kOwn;
  else if (!strcmp(text, "split") && port->traits->memory != Memory::kSplit)
    return Fail(kNotSupported, "%s: split mbufs are for drivers that were tested with them; %s is none", request.name, port->driver);
  else if (strcmp(text, "split"))
    return Fail(kBadOption, "%s: memory is 'split', 'external' or 'own', not '%s'", request.name, text);
  if (port->traits->memory == Memory::kOwn && memory != Memory::kOwn)
    return Fail(kNotSupported, "%s: %s can't use memory that is not DPDK's own", request.name, port->driver);
  port->own_traits = *port->traits;
  port->own_traits.memory = memory;
  port->traits = &port->own_traits;
  return {};
}

// Packets of several segments, where they are wanted.
Status ChooseSegments(const PortRequest &request, const rte_eth_dev_info &info, DpdkPort *port) {
  bool wanted = false;
  RXB_TRY(BooleanOption(request, "segments", &wanted));
  if (!wanted) return {};
  if (const char *lack = LacksSegments(info, *port))
    return Fail(kNotSupported, "%s: one packet was to lie in several segments, and %s %s", request.name, port->driver, lack);
  port->segments = k_segmentsMax;
  return {};
}

int OnLink(uint16_t, rte_eth_event_type, void *port, void *) {
  static_cast<DpdkPort *>(port)->link_changes.fetch_add(1, std::memory_order_relaxed);
  return 0;
}

void Free(DpdkPort *port) {
  for (Queue *queue : port->queues) {
    if (!queue) continue;
    if (auto *q = static_cast<DpdkQueue *>(queue); q->own) rte_mempool_free(q->own);
    delete static_cast<DpdkQueue *>(queue);
  }
  if (port->spare) rte_mempool_free(port->spare);
  delete port;
}

Status FillIn(const PortRequest &request, DpdkPort *port) {
  rte_eth_dev_info info;
  if (int error = rte_eth_dev_info_get(port->port_id, &info); error)
    return Fail(kNotSupported, "%s: %s", request.name, rte_strerror(-error));
  const Driver &traits = *port->traits;
  if (traits.takes_packets && !request.take_all)
    return Fail(kTakeAll, "%s takes every packet of the interface from the kernel. Say so: takeAll: true, on the command line --take-all.",
                request.name);
  RXB_TRY(ChooseMemory(request, port));
  RXB_TRY(ChooseSegments(request, info, port));
  RXB_TRY(TakeQueues(request, info, port));
  RXB_TRY(CheckMtu(request, info, port));
  RXB_TRY(ParseRss(request, info, port));
  uint32_t rx = 0, tx = 0;
  RXB_TRY(NumberOption(request, "rxDescriptors", 1, 32768, &rx));
  RXB_TRY(NumberOption(request, "txDescriptors", 1, 32768, &tx));
  port->rx_descriptors = static_cast<uint16_t>(rx);
  port->tx_descriptors = static_cast<uint16_t>(tx);
  port->promiscuous = !traits.kernel_interface;
  RXB_TRY(BooleanOption(request, "promiscuous", &port->promiscuous));
  snprintf(port->version, sizeof port->version, "%s", rte_version());
  rte_ether_addr mac;
  if (rte_eth_macaddr_get(port->port_id, &mac) == 0) {
    memcpy(port->mac, mac.addr_bytes, sizeof port->mac);
    port->has_mac = true;
  }
  port->columns = ColumnsOf(info, *port->traits);
  if (port->columns & kColumn_timestamp)
    port->timestamp_clock = port->netdev.index ? "CLOCK_REALTIME" : "pcap";  // as the file says, or the kernel
  // Drivers may name an interface that is not there: net_pcap says -1 of a file.
  uint32_t index = port->netdev.index ? port->netdev.index : info.if_index;
  if (Netdev below; index && FindNetdev(index, &below)) {
    port->on_interface = true;
    RXB_TRY(port->watch.Open(index));
  }
  port->own_pool = port->traits->memory == Memory::kOwn;
  port->tx_copies = port->own_pool;
  port->kernel_keeps = port->netdev.index && !traits.takes_packets;
  if (info.dev_flags && *info.dev_flags & RTE_ETH_DEV_INTR_LSC) {
    port->conf.intr_conf.lsc = 1;
    rte_eth_dev_callback_register(port->port_id, RTE_ETH_EVENT_INTR_LSC, OnLink, port);
  }
  if (port->segments > 1) {  // fast free is for packets of one segment
    port->conf.rxmode.offloads = info.rx_offload_capa & RTE_ETH_RX_OFFLOAD_SCATTER;
    port->conf.txmode.offloads = info.tx_offload_capa & RTE_ETH_TX_OFFLOAD_MULTI_SEGS;
  } else if (info.tx_offload_capa & RTE_ETH_TX_OFFLOAD_MBUF_FAST_FREE)
    port->conf.txmode.offloads = RTE_ETH_TX_OFFLOAD_MBUF_FAST_FREE;
  return {};
}

Status ReplaceRules(DpdkPort *port, const RuleRequest *rules, uint32_t count) {
  std::unique_ptr<RuleSet> fresh;
  RXB_TRY(CompileSet(rules, count, &fresh));
  FlowPlan plan = PlanFlows(*port, *fresh);
  RXB_TRY(AddFlows(port, plan));
  UseSet(&port->filter, std::move(fresh), rules, count);
  RetainFlows(port, std::move(plan));
  const RuleSet *now = port->filter.now;
  port->filtered_by = !now || now->compiled ? "rte_bpf" : now->program ? "rte_bpf's interpreter" : "libpcap";
  return {};
}

Status SetPortRules(Port *base, const RuleRequest *rules, uint32_t count) {
  Status status;
  OnEalThread([&] { status = ReplaceRules(static_cast<DpdkPort *>(base), rules, count); });
  return status;
}

Status CountPortRule(Port *base, uint32_t slot, RuleCounts *counts) {
  const Filter &filter = static_cast<DpdkPort *>(base)->filter;
  *counts = {filter.packets[slot % steer::kRulesMax], filter.bytes[slot % steer::kRulesMax], 0};
  return {};
}

Status Prepare(DpdkPort *);

Status Open(const Arena *arena, const PortRequest &request, Port **out) {
  auto *port = new DpdkPort;
  port->arena = arena;
  Status status = ProbeDevice(request, port);
  if (!status) {
    delete port;
    return status;
  }
  OnEalThread([&] {
    status = FillIn(request, port);
    if (status) status = ReplaceRules(port, request.rules, request.rule_count);
    if (status) status = Isolate(request, port, Prepare);
    status ? open_ports.push_back(port) : RemoveDevice(port);
  });
  if (!status)
    Free(port);
  else
    *out = port;
  return status;
}

void Close(Port *base) {
  auto *port = static_cast<DpdkPort *>(base);
  OnEalThread([&] {
    rte_eth_dev_callback_unregister(port->port_id, RTE_ETH_EVENT_INTR_LSC, OnLink, port);
    open_ports.erase(std::find(open_ports.begin(), open_ports.end(), port));
    RemoveDevice(port);
    Free(port);
  });
}

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

// What EAL's thread has in its cache of a worker's pool goes back to where the worker finds it.
void FlushCache(rte_mempool *pool) {
  if (rte_mempool_cache *cache = pool ? rte_mempool_default_cache(pool, rte_lcore_id()) : nullptr) rte_mempool_cache_flush(cache, pool);
}

Status Configure(DpdkPort *port, uint32_t columns) {
  if (port->stale) RXB_TRY(ReplugDevice(port));
  port->stale = false;
  rte_eth_dev_info info;
  rte_eth_dev_info_get(port->port_id, &info);
  rte_eth_conf &conf = port->conf;
  conf.rxmode.offloads = (conf.rxmode.offloads & ~kColumnOffloads) | (OffloadsFor(columns & port->columns) & info.rx_offload_capa);
  bool rss = port->rss_fields && (port->highest > 1 || columns & kColumn_hash || !port->rss_key.empty());
  conf.rxmode.mq_mode = rss ? RTE_ETH_MQ_RX_RSS : RTE_ETH_MQ_RX_NONE;
  conf.rx_adv_conf.rss_conf.rss_hf = rss ? port->rss_fields : 0;
  conf.rx_adv_conf.rss_conf.rss_key = port->rss_key.empty() ? nullptr : reinterpret_cast<uint8_t *>(port->rss_key.data());
  conf.rx_adv_conf.rss_conf.rss_key_len = static_cast<uint8_t>(port->rss_key.size());
  if (!rss) conf.rxmode.offloads &= ~uint64_t(RTE_ETH_RX_OFFLOAD_RSS_HASH);
  port->wanted_columns = columns & port->columns;
  if (port->wanted_columns & kColumn_timestamp && rte_mbuf_dyn_rx_timestamp_register(&timestamp_offset, &timestamp_flag) != 0)
    return Fail(kNotSupported, "%s: DPDK has no room for timestamps in its packets: %s", port->name, rte_strerror(rte_errno));
  uint64_t first_line = LogLines();
  if (int error = rte_eth_dev_configure(port->port_id, port->highest, port->highest, &conf); error)
    return Fail(kNotSupported, "%s: the device can't be configured with %u queues and an MTU of %u: %s. It said: %s", port->name,
                port->highest, port->mtu, rte_strerror(-error), LogSince(first_line, 3, " | ").c_str());
  if (int error = rte_eth_dev_adjust_nb_rx_tx_desc(port->port_id, &port->rx_descriptors, &port->tx_descriptors); error)
    return Fail(kBadOption, "%s: the device refuses %u receive and %u transmit descriptors: %s", port->name, port->rx_descriptors,
                port->tx_descriptors, rte_strerror(-error));
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
    return Fail(kNoCapability, "%s: AF_XDP lacks a permission. Run as root, or give the process CAP_NET_RAW, CAP_NET_ADMIN and CAP_BPF. %s",
                port->name, said.c_str());
  if (said.find("Failed to create xsk socket") != std::string::npos)
    return Fail(kQueueTaken,
                "%s: AF_XDP's queue %u of %s is taken: by another program, or by this process, where DPDK before 23.11 lets go of it only "
                "when the process ends. The driver said: %s",
                port->name, queue, port->netdev.name, said.c_str());
  return Fail(kNotSupported, "%s: queue %u can't be set up: %s.%s%s", port->name, queue, rte_strerror(-error),
              said.empty() ? "" : " The driver said: ", said.c_str());
}

// The pool that stands in for a worker's where nobody reads.
rte_mempool *SparePool(DpdkPort *port) {
  uint32_t each = port->is_virtual ? kSparePool : 2 * (uint32_t(port->rx_descriptors) + port->tx_descriptors);
  if (!port->spare) port->spare = MakeOwnPool("spare", each * port->highest, port->room);
  return port->spare;
}

// What a driver wants that isolates only then.
Status Prepare(DpdkPort *port) {
  RXB_TRY(Configure(port, 0));
  for (uint32_t i = 0; i < port->highest; i++) {
    if (!SparePool(port)) return Fail(kNoMemory, "%s: DPDK has no memory for queue %u: %s", port->name, i, rte_strerror(rte_errno));
    RXB_TRY(SetUp(port, i, port->spare));
  }
  return {};
}

// In isolated mode it means nothing, and drivers that write it down for later would change an interface of the kernel's.
bool IsPromiscuous(const DpdkPort &port) { return port.promiscuous && !port.flows.isolated; }

Status Start(DpdkPort *port) {
  for (uint32_t i = 0; i < port->highest; i++) {
    if (port->queues[i] && static_cast<DpdkQueue *>(port->queues[i])->set_up) continue;
    if (!SparePool(port))
      return Fail(kNoMemory, "%s: DPDK has no memory for queue %u, which nobody reads: %s", port->name, i, rte_strerror(rte_errno));
    RXB_TRY(SetUp(port, i, port->spare));
  }
  uint64_t first_line = LogLines();
  int error;
  {
    ClosedOnExec descriptors;
    error = rte_eth_dev_start(port->port_id);
  }
  if (error)
    return Fail(kNotSupported, "%s: the device does not start: %s. The driver said: %s", port->name, rte_strerror(-error),
                LogSince(first_line, 4, " | ").c_str());
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

// A device has to have all its queues before it starts, and is started with the last one that a worker wants: so a program
// can send before attach() lets packets in.
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

Status Bind(Queue *base) {
  auto *q = static_cast<DpdkQueue *>(base);
  auto *port = static_cast<DpdkPort *>(q->port);
  RXB_TRY(EnterThread());
  Status status;
  OnEalThread([&] {
    if (port->started) {
      status = Fail(kPortBusy, "%s runs already: its queues are set up before it starts, so give them all to one run()", port->name);
      return;
    }
    if (!port->bound && !(status = Configure(port, q->wanted_columns))) return;
    if (q->own_pool && !q->own && !(q->own = MakeOwnPool("own", kOwnPool, port->room))) {
      status =
          Fail(kNoMemory, "%s: DPDK has no memory for the %u buffers that %s needs: %s. Reserve hugepages: sysctl -w vm.nr_hugepages=256",
               port->name, kOwnPool, port->driver, rte_strerror(rte_errno));
      return;
    }
    q->mbufs = q->own_pool ? nullptr : static_cast<MbufPool *>(q->pool);
    // net_af_xdp can't set a queue up a second time; what it has from the first is DPDK's own and stays good.
    if (!(q->made && port->traits->takes_packets) && !(status = SetUp(port, q->index, q->own_pool ? q->own : q->mbufs->mempool))) return;
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

// A client of net_memif asks its server once, when it starts; one of this process may not have been ready by then, but is now.
// And it offers the server no room before it has looked for packets: so it looks for none, while its workers do not yet.
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

Status Attach(Port *base) {
  Status status;
  auto *port = static_cast<DpdkPort *>(base);
  OnEalThread([&] {
    if (!port->started)
      status = Start(port);
    else if (!strcmp(port->driver, "net_memif") && port->args.find("role=server") == std::string::npos)
      Connect(port);
    if (status) port->receiving.store(true);
  });
  return status;
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
      !strcmp(port->driver, "net_pcap") && port->args.find("rx_iface_in=") != std::string::npos;  // which it forgets to open again
}

// The device goes on until its queues are unbound: what has arrived is still to be read, and answers to be sent.
void Detach(Port *) {}

void Unbind(Queue *base) {
  auto *q = static_cast<DpdkQueue *>(base);
  auto *port = static_cast<DpdkPort *>(q->port);
  OnEalThread([&] {
    Stop(port);
    // Setting a queue up again makes the driver let go of the buffers it holds; the pool that takes their place is DPDK's.
    if (q->mbufs && SparePool(port)) SetUp(port, q->index, port->spare);
    if (q->mbufs) FlushCache(q->mbufs->mempool);
    Undo(port, q);
  });
  LeaveThread();
}

int Descriptor(const Queue *) { return -1; }

Lost LossOf(Port *base, char *why, uint32_t size) {
  auto *port = static_cast<DpdkPort *>(base);
  if (!port->watch.Gone()) return Lost::kNone;
  snprintf(why, size, "the interface under %s was deleted, or moved to another network namespace", port->device.c_str());
  return Lost::kForNow;
}

// net_tap reads only after a signal by which the kernel tells of a new packet, and there is none when its queue is full: so one
// that found no buffer would read never again.
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

void LossesOf(Queue *base, uint64_t *values) {
  auto *q = static_cast<DpdkQueue *>(base);
  auto *port = static_cast<DpdkPort *>(q->port);
  rte_eth_stats now{};
  if (q->reports_losses && rte_eth_stats_get(port->port_id, &now) == 0) {  // the device counts per port: one queue tells it
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

// What neither the pool, when it was counted, nor the core has is with the devices; drivers tell no more, and only one of the pool's queues
// does.
void Held(const Queue *base, uint32_t *posted, uint32_t *received, uint32_t *queued) {
  auto *q = static_cast<const DpdkQueue *>(base);
  *posted = *received = *queued = 0;
  if (!q->mbufs || q->mbufs->reporter != q) return;
  int64_t with_devices = int64_t(q->mbufs->frames) - q->mbufs->counted - q->mbufs->ours;
  if (with_devices < 0) with_devices = 0;
  auto *port = static_cast<const DpdkPort *>(q->port);
  int64_t ring = port->is_virtual ? 0 : port->rx_descriptors;
  *posted = static_cast<uint32_t>(with_devices < ring ? with_devices : ring);
  *queued = static_cast<uint32_t>(with_devices) - *posted;
}

const char *const kOptions[] = {"eal",           "mtu",           "promiscuous", "rss",      "rssKey",   "rssTable",
                                "rxDescriptors", "txDescriptors", "memory",      "segments", "isolated", nullptr};
const char *const kLossNames[] = {
#define X(name) #name,
    RXB_DPDK_LOSSES(X)
#undef X
        nullptr};

}  // namespace

extern const Backend kDpdkBackend;
const Backend kDpdkBackend = {
    .abi = kBackendAbi,
    .name = "dpdk",
    .options = kOptions,
    .losses = kLossNames,
    .open = Open,
    .make_pool = MakePool,
    .bind = Bind,
    .attach = Attach,
    .transmit = Transmit,
    .receive = Receive,
    .descriptor = Descriptor,
    .losses_of = LossesOf,
    .held = Held,
    .detach = Detach,
    .unbind = Unbind,
    .close = Close,
    .describe = Describe,
    .set_rules = SetPortRules,
    .count_rule = CountPortRule,
    .transmit_segments = TransmitSegments,
    .layer_of = LayerOf,
    .writes_ingress = WritesIngress,
    .loss = LossOf,
};

}  // namespace rxb::dpdk
