// Opens and closes a device, on EAL's thread: checks the options against what it can do, takes its queues and sets its
// rules.
#include <rte_errno.h>
#include <rte_flow.h>
#include <rte_version.h>

#include <algorithm>
#include <cstdlib>

#include "../eal/eal.h"
#include "../port.h"
#include "device.h"

namespace rxb::dpdk {

namespace {

// What a frame has for a packet's bytes.
uint32_t RoomOf(const DpdkPort &port) {
  uint32_t room = port.arena->frame_size - RTE_PKTMBUF_HEADROOM;
  return port.is_virtual ? room : room / 1024 * 1024;  // several NICs count a buffer's room in KiB
}

// Why a packet can't lie in several segments there, or null where it can.
const char *LacksSegments(const rte_eth_dev_info &info, const DpdkPort &port) {
  if (port.traits->memory == Memory::kOwn)
    return "works in memory of DPDK's own, from which a packet is copied into one frame";
  if (ScattersUntold(port.driver)) return nullptr;
  if (info.max_rx_pktlen <= RoomOf(port)) return "has no packet that is longer than a frame";
  if (!(info.rx_offload_capa & RTE_ETH_RX_OFFLOAD_SCATTER)) return "does not receive into several (offload RX_SCATTER)";
  if (!(info.tx_offload_capa & RTE_ETH_TX_OFFLOAD_MULTI_SEGS))
    return "does not send from several (offload TX_MULTI_SEGS)";
  return nullptr;
}

// Whether the frames hold the device's longest packet, in as many pieces as it may have.
Status CheckRoom(const PortRequest &request, const rte_eth_dev_info &info, uint32_t mtu, const DpdkPort &port) {
  uint32_t frame = port.arena->frame_size, packet = mtu + kEthernetHeader + kVlanTag;
  if (port.traits->memory == Memory::kOwn)
    return packet <= frame
               ? Status{}
               : Fail(kMtu, "%s: packets of an MTU of %u do not fit frames of %u bytes", request.name, mtu, frame);
  uint32_t room = RoomOf(port), need = packet > port.room ? packet : port.room;
  if (port.segments > 1 && packet > room * k_segmentsMax)
    return Fail(kMtu, "%s: packets of an MTU of %u do not fit %u frames of %u bytes, the most that one may lie in",
                request.name, mtu, k_segmentsMax, frame);
  if (port.segments > 1 || need <= room) return {};
  std::string lower = port.netdev.index && port.room ? "ip link set " + std::string(port.netdev.name) + " mtu " +
                                                           std::to_string(room - (need - mtu))
                                                     : "by the option mtu";
  std::string mend = need <= 4096 - RTE_PKTMBUF_HEADROOM
                         ? "Use larger ones: configureArena({ frameSize: 4096 }) before the first open(), on the "
                           "command line --frame-size 4096."
                         : "Frames have 4096 bytes at the most: lower the MTU, " + lower + ".";
  return Fail(kMtu, "%s: packets of an MTU of %u need %u bytes; a frame of %u bytes has room for %u. %s%s",
              request.name, mtu, need, frame, room, mend.c_str(),
              LacksSegments(info, port) ? "" : " Or let a packet lie in several: segments: true, --segments.");
}

Status CheckMtu(const PortRequest &request, const rte_eth_dev_info &info, DpdkPort *port) {
  const uint32_t wanted = NumberOption(request.options, "mtu");
  uint16_t now = 1500;
  rte_eth_dev_get_mtu(port->port_id, &now);
  // drivers say 1500
  if (port->netdev.index) now = static_cast<uint16_t>(port->netdev.mtu < 65535 ? port->netdev.mtu : 65535);
  uint32_t mtu = wanted ? wanted : now;
  if (wanted && port->netdev.index && wanted > now)
    return Fail(kMtu, "%s: an MTU of %u was wanted; %s has %u, which is the kernel's to change: ip link set %s mtu %u",
                request.name, wanted, port->netdev.name, now, port->netdev.name, wanted);
  if (wanted && (mtu < info.min_mtu || (info.max_mtu && mtu > info.max_mtu)))
    return Fail(kMtu, "%s: an MTU of %u was wanted; the device takes %u to %u", request.name, mtu, info.min_mtu,
                info.max_mtu);
  RXB_TRY(CheckRoom(request, info, mtu, *port));
  port->mtu = mtu;
  // then the kernel wants to see the tag that makes a packet longer
  bool socket = port->netdev.index && port->traits->over_socket;
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
  // how many there are is for the program to say, so all means one
  uint32_t count = request.queues ? request.queue_count : 1;
  for (uint32_t i = 0; i < count; i++) {
    uint32_t index = request.queues ? request.queues[i] : 0;
    if (index >= port->queue_count)
      return Fail(kNoQueue, "%s: queue %u was wanted; the device has %u, numbered from 0", request.name, index,
                  port->queue_count);
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
  if (!FindOption(request.options, "memory")) return {};
  const auto memory = static_cast<Memory>(ChoiceOption(request.options, "memory"));
  if (memory == Memory::kSplit && port->traits->memory != Memory::kSplit)
    return Fail(kNotSupported, "%s: split mbufs are for drivers that were tested with them; %s is not one of them",
                request.name, port->driver);
  if (port->traits->memory == Memory::kOwn && memory != Memory::kOwn)
    return Fail(kNotSupported, "%s: %s can't use memory that is not DPDK's own", request.name, port->driver);
  port->own_traits = *port->traits;
  port->own_traits.memory = memory;
  port->traits = &port->own_traits;
  return {};
}

// Packets of several segments, where they are wanted.
Status ChooseSegments(const PortRequest &request, const rte_eth_dev_info &info, DpdkPort *port) {
  if (!FlagOption(request.options, "segments")) return {};
  if (const char *lack = LacksSegments(info, *port))
    return Fail(kNotSupported, "%s: one packet was to lie in several segments, and %s %s", request.name, port->driver,
                lack);
  port->segments = k_segmentsMax;
  return {};
}

uint32_t ColumnsOf(const rte_eth_dev_info &info, const Driver &traits) {
  uint32_t columns = 0;
  if (info.rx_offload_capa & RTE_ETH_RX_OFFLOAD_RSS_HASH) columns |= kColumn_hash;
  if (info.rx_offload_capa & RTE_ETH_RX_OFFLOAD_VLAN_STRIP) columns |= kColumn_vlan;
  if (traits.timestamp_ns) columns |= kColumn_timestamp;
  if (info.rx_offload_capa & RTE_ETH_RX_OFFLOAD_IPV4_CKSUM) columns |= kColumn_checksum;
  return columns;
}

// Whether the driver knows rte_flow at all. What it says of this rule does not matter.
bool KnowsFlowRules(uint16_t port_id) {
  const rte_flow_attr attr{0, 0, 1, 0, 0, 0};
  rte_flow_item pattern[2] = {};
  rte_flow_action actions[2] = {};
  pattern[0].type = RTE_FLOW_ITEM_TYPE_ETH;
  actions[0].type = RTE_FLOW_ACTION_TYPE_DROP;
  rte_flow_error said{};
  return rte_flow_validate(port_id, &attr, pattern, actions, &said) != -ENOSYS;
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
  if (port->unread_pool) rte_mempool_free(port->unread_pool);
  delete port;
}

Status FillIn(const PortRequest &request, DpdkPort *port) {
  rte_eth_dev_info info;
  if (int error = rte_eth_dev_info_get(port->port_id, &info); error)
    return Fail(kNotSupported, "%s: %s", request.name, rte_strerror(-error));
  const Driver &traits = *port->traits;
  if (traits.takes_packets && !request.take_all)
    return Fail(kTakeAll,
                "%s takes every packet of the interface from the kernel. Say so: takeAll: true, on the command line "
                "--take-all.",
                request.name);
  RXB_TRY(ChooseMemory(request, port));
  RXB_TRY(ChooseSegments(request, info, port));
  RXB_TRY(TakeQueues(request, info, port));
  RXB_TRY(CheckMtu(request, info, port));
  RXB_TRY(ParseRss(request, info, port));
  port->rx_descriptors = static_cast<uint16_t>(NumberOption(request.options, "rxDescriptors"));
  port->tx_descriptors = static_cast<uint16_t>(NumberOption(request.options, "txDescriptors"));
  const uint32_t rx_ring = port->rx_descriptors ? port->rx_descriptors : info.default_rxportconf.ring_size;
  const uint32_t tx_ring = port->tx_descriptors ? port->tx_descriptors : info.default_txportconf.ring_size;
  // Never fewer than usual: a mempool's caches hold some back.
  port->frames_per_queue = std::max(port->frames_per_queue, FramesFor(rx_ring, tx_ring));
  port->promiscuous = FlagOption(request.options, "promiscuous", !traits.kernel_interface);
  snprintf(port->version, sizeof port->version, "%s", rte_version());
  rte_ether_addr mac;
  if (rte_eth_macaddr_get(port->port_id, &mac) == 0) {
    memcpy(port->mac, mac.addr_bytes, sizeof port->mac);
    port->has_mac = true;
  }
  port->columns = ColumnsOf(info, *port->traits);
  port->flow_rules = !port->traits->isolates_late && KnowsFlowRules(port->port_id);
  if (port->flow_rules) port->columns |= kColumn_mark;
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
  RXB_TRY(MakeSet(rules, count, &fresh));
  FlowPlan plan = PlanFlows(*port, *fresh);
  RXB_TRY(AddFlows(port, plan));
  UseSet(&port->filter, std::move(fresh), rules, count);
  RetainFlows(port, std::move(plan));
  const RuleSet *now = port->filter.now;
  port->filtered_by = !now || now->compiled ? "rte_bpf" : now->program ? "rte_bpf's interpreter" : "libpcap";
  return {};
}

}  // namespace

std::vector<DpdkPort *> open_ports;

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

Status SetRules(Port *base, const RuleRequest *rules, uint32_t count) {
  Status status;
  OnEalThread([&] { status = ReplaceRules(static_cast<DpdkPort *>(base), rules, count); });
  return status;
}

Status CountRule(Port *base, uint32_t slot, RuleCounts *counts) {
  const Filter &filter = static_cast<DpdkPort *>(base)->filter;
  *counts = {filter.packets[slot % steer::kRulesMax], filter.bytes[slot % steer::kRulesMax], 0};
  return {};
}

}  // namespace rxb::dpdk
