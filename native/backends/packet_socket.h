// What the two backends over AF_PACKET share: one socket per queue, options, fanout, counters, VLAN tags.
#pragma once
#include <linux/filter.h>
#include <linux/if_packet.h>

#include <mutex>
#include <vector>

#include "../core/backend.h"
#include "../nic/netdev.h"
#include "../nic/watch.h"

namespace rxb {

constexpr uint32_t kEthernetBytes = 14, kTagBytes = 4, kTagProtocol = 0x8100;

struct PacketQueue : Queue {
  int fd = -1;
  bool ready = false;               // open, and to be let in with the others
  bool member = false;              // bound to ETH_P_ALL, and in the fanout group when there is one
  uint64_t drops = 0, freezes = 0;  // the kernel clears its own when they are read
  int64_t to_monotonic = 0;         // ns from a stamp of the kernel to the column's clock
  uint64_t truncated = 0;           // packets longer than a frame, such as those that GRO or TSO made
};

struct PacketPort : Port {
  Netdev netdev;
  InterfaceWatch watch;
  uint32_t fanout = PACKET_FANOUT_HASH;
  bool qdisc_bypass = false, promiscuous = false;
  bool outgoing = false;            // shows what the machine sends too, but for what this port sends:
  uint32_t mark = 0;                // that has this mark (SO_MARK)
  std::mutex membership;            // bind() and attach() come from different threads
  bool live = false;                // between attach and detach
  uint32_t members = 0;             // queues bound to ETH_P_ALL
  uint16_t group = 0;               // the kernel's number for it, while it has members
  std::vector<sock_filter> filter;  // what the rules became; empty: everything
};

// A queue counts anew in each data plane.
inline void ClearCounts(PacketQueue *queue) { queue->drops = queue->freezes = queue->truncated = 0; }

// The options of both.
constexpr OptionRow kFanoutRow =
    ChoiceRow("fanout", "hash", "cpu", "lb",
              "how several queues share the packets: by flow, by the CPU that received it, in turn");
constexpr OptionRow kQdiscBypassRow = FlagRow("qdiscBypass", false, "send around the traffic control layer");
constexpr OptionRow kPromiscuousRow =
    FlagRow("promiscuous", false, "take packets to other addresses too, while the queue is bound", "with takeAll");

// Fills the port from the device and the options; checks MTU, link and privilege. Makes no queue.
Status PreparePort(const PortRequest &, PacketPort *);
// Which queues the request wants; the kernel makes as many as there are sockets, so any number will do.
uint32_t QueuesWanted(const PortRequest &, const PacketPort &, uint32_t *indices);

Status SetOption(const PacketPort *, int fd, int level, int option, uint32_t value, const char *name);
// A socket bound to the device but to no protocol: it can send, and receives nothing yet. *fd is -1 or to be closed.
Status OpenSocket(const PacketPort *, int *fd);
// Enters the queue in the list of those that JoinAll() lets packets into; at once while the port is live.
Status Enlist(PacketPort *, PacketQueue *);
Status JoinAll(PacketPort *);
void LeaveAll(PacketPort *);
void CloseSocket(PacketPort *, PacketQueue *);
// Adds what the kernel has counted since the last time.
void ReadStatistics(PacketQueue *);

// Functions of backend.h that both have in common.
namespace packet_socket {
uint32_t Describe(Port *, bool link_only, char *json, uint32_t size);
// The rules become one filter in every socket of the port, also while packets flow.
Status SetRules(Port *, const RuleRequest *, uint32_t count);
Lost Loss(Port *, char *why, uint32_t size);
Status Reopen(Port *);
}  // namespace packet_socket

// The kernel refuses longer frames than the MTU, but for those with one 802.1Q tag.
inline bool FitsDevice(const PacketPort &port, const uint8_t *packet, uint32_t length) {
  return !Unsendable(&port, length) ||
         (length > port.frame_max && length <= port.frame_max + kTagBytes && packet[12] == 0x81 && packet[13] == 0);
}

// The kernel takes VLAN tags out of the packet before a socket sees it. An 802.1Q tag stays out where its column is
// asked for; else the packet becomes what it was on the wire, four bytes further in front. Returns by how many bytes it
// grew.
inline uint32_t PlaceTag(const Queue *queue, uint32_t i, uint8_t *packet, uint32_t status, uint32_t protocol,
                         uint32_t tci) {
  if (!(status & TP_STATUS_VLAN_TPID_VALID)) protocol = kTagProtocol;
  if (queue->wanted_columns & kColumn_vlan && protocol == kTagProtocol) {
    queue->columns->vlan[i] = tci;
    return 0;
  }
  memmove(packet - kTagBytes, packet, 12);
  const uint8_t tag[kTagBytes] = {uint8_t(protocol >> 8), uint8_t(protocol), uint8_t(tci >> 8), uint8_t(tci)};
  memcpy(packet - kTagBytes + 12, tag, sizeof tag);
  return kTagBytes;
}

inline uint8_t ChecksumState(uint32_t status) {
  return status & TP_STATUS_CSUMNOTREADY ? 3 : status & TP_STATUS_CSUM_VALID ? 1 : 0;
}

// The kernel stamps in CLOCK_REALTIME; a double holds nanoseconds of CLOCK_MONOTONIC exactly, those since 1970 only to
// 256. Brings `to_monotonic`, what has to be added, up to date; once per burst.
void FollowClock(PacketQueue *);

}  // namespace rxb
