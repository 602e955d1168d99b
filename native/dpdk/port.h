// A DPDK device and its queues as this backend keeps them.
#pragma once
#include <rte_ethdev.h>

#include <atomic>
#include <string>
#include <vector>

#include "../core/backend.h"
#include "../nic/netdev.h"
#include "../nic/watch.h"
#include "flow/filter.h"
#include "flow/flow.h"
#include "queue/pool.h"

namespace rxb::dpdk {

extern const Backend kDpdkBackend;
constexpr uint32_t kEthernetHeader = 14, kVlanTag = 4;

// Loss counters: DPDK's names, then ours.
#define RXB_DPDK_LOSSES(X)                                                            \
  X(imissed)    /* the device had no descriptor left */                               \
  X(ierrors)    /* and found these broken */                                          \
  X(rx_nombuf)  /* the pool had no frame */                                           \
  X(oerrors)    /* taken for transmission and not sent */                             \
  X(rx_chained) /* of more segments than are taken */                                 \
  X(rx_nocopy)  /* no frame to copy into, where the driver needs memory of its own */ \
  X(filtered)   /* no rule took it */

enum : uint32_t {
#define X(name) kLoss_##name,
  RXB_DPDK_LOSSES(X)
#undef X
      kLosses
};
static_assert(uint32_t(kLosses) <= uint32_t(k_lossesMax), "too many loss counters");

struct DpdkPort;

struct DpdkQueue : Queue {
  // ---- read in every burst ----
  const Arena *arena = nullptr;
  const std::atomic<bool> *sending = nullptr, *receiving = nullptr;  // the port's
  std::atomic<bool> inside{false};  // the worker is in a driver's burst function: see Quiesce()
  uint16_t port_id = 0, queue_id = 0;
  uint8_t tag_room = 0;  // bytes by which a packet with a VLAN tag may be longer than frame_max
  bool own_pool = false, by_reference = false, prefetch = false;
  rte_mempool *own = nullptr;  // the driver's memory, where it needs its own
  uint32_t timestamp_ns = 0;   // nanoseconds in one unit of the driver's timestamps
  Filter *filter = nullptr;    // the port's
  uint64_t chained = 0, nocopy = 0, filtered = 0;
  // ---- seldom ----
  MbufPool *mbufs = nullptr;  // its pool, unless the driver needs its own
  uint64_t nombuf = 0;        // what the driver had counted when it was last asked
  bool set_up = false, reports_losses = false;
  bool made = false;  // was set up at least once
};

struct DpdkPort : Port {
  const Arena *arena = nullptr;
  const Driver *traits = nullptr;
  Driver own_traits{};   // where the user wants other memory than the table says
  std::string device;    // as the user names it: net_null0, 0000:03:00.0
  std::string vdev;      // as DPDK's bus names it; only a virtual one
  Netdev netdev;         // the kernel's interface that it works on, where it is one
  InterfaceWatch watch;  // over that, or over the one that the driver has made
  std::string args;      // its parameters
  std::string peer;      // the device that a net_ring is wired to
  bool is_virtual = false;
  bool dma_mapped = false;
  uint32_t room = 0;  // bytes behind the headroom that the driver wants in a frame
  uint16_t port_id = 0;
  uint16_t highest = 0;                             // the highest queue number taken, and one
  uint16_t rx_descriptors = 0, tx_descriptors = 0;  // 0: what the driver thinks best
  bool promiscuous = true;
  uint32_t bound = 0;  // queues
  uint32_t wanted_columns = 0;
  bool started = false;
  bool has_run = false;  // net_vhost looks for statistics in queues that it does not have before
  bool stale = false;    // has run, and does not start a second time: to be plugged anew before
  std::atomic<bool> sending{false}, receiving{false};  // from the start on; from attach() on
  std::atomic<uint32_t> link_changes{0};
  Filter filter;
  Flows flows;
  bool flow_rules = false;  // its driver can be asked for rules of single flows
  RteFlowOffload flow_offload{this};
  rte_mempool *unread_pool = nullptr;  // for queues that nobody reads
  rte_eth_conf conf{};
  uint64_t rss_fields = 0;
  std::string rss_key, rss_table;  // key in bytes; table as typed
  rte_eth_stats base{};            // as the device counted when it was started
};

// open.cc
Status Open(const Arena *, const PortRequest &, Port **);
void Close(Port *);
Status SetRules(Port *, const RuleRequest *, uint32_t count);
Status CountRule(Port *, uint32_t slot, RuleCounts *);
extern std::vector<DpdkPort *> open_ports;  // EAL's thread alone looks at it

// life.cc
Status MakePool(Queue *const *queues, uint32_t queue_count, const uint32_t *frames, uint32_t count, Pool **);
Status Prepare(DpdkPort *);
Status Bind(Queue *);
Status Attach(Port *);
void Detach(Port *);
void Unbind(Queue *);

// books.cc
Lost Loss(Port *, char *why, uint32_t size);
void LossesOf(Queue *, uint64_t *values);
void Held(const Queue *, uint32_t *posted, uint32_t *received, uint32_t *queued);

// rss.cc
Status ParseRss(const PortRequest &, const rte_eth_dev_info &, DpdkPort *);
Status ApplyRssTable(DpdkPort *, const rte_eth_dev_info &);
std::string RssFieldNames(uint64_t fields);

// burst.cc
uint32_t Receive(Queue *, Intake &, uint32_t n);
uint32_t Transmit(Queue *, const Packets &, uint32_t n);
uint32_t TransmitSegments(Queue *, const Packets &, const uint8_t *more, uint32_t n);
extern int timestamp_offset;  // of the dynamic field, or -1
extern uint64_t timestamp_flag;

// describe.cc
uint32_t Describe(Port *, bool link_only, char *json, uint32_t size);

}  // namespace rxb::dpdk
