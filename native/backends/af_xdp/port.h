// The port and the queue of an AF_XDP socket per (interface, queue), and the functions that the files of this folder
// share.
#pragma once
#include <time.h>
#include <unistd.h>

#include <vector>

#include "../../core/backend.h"
#include "../../nic/netdev.h"
#include "../../nic/watch.h"
#include "../../xdp/owner.h"
#include "../../xdp/test_run/pass.h"
#include "xsk_ring.h"

namespace rxb::af_xdp {

// XDP_PACKET_HEADROOM before each packet: net/xdp/xsk_buff_pool.c:xp_create_and_assign_umem
constexpr uint32_t kXdpHeadroom = 256;
constexpr uint32_t kVlanEthernetHeader = 18;

struct XskQueue : Queue {
  int fd = -1;
  XskRing fill, completion, rx, tx;
  uint32_t with_kernel = 0;  // frames posted and not seen again
  uint32_t queued = 0;       // frames transmitted and not completed
  uint64_t bad_frames = 0;   // addresses from the kernel that we never gave it
  uint64_t chained = 0;      // packets of more segments than are taken
  bool skipping = false;     // the rest of one of those is still to come
  xdp_statistics before{};   // what the kernel counted for sockets of this data plane that are closed
  FrameState posted() const { return WithSlot(kPosted, slot); }
  FrameState sending() const { return WithSlot(kQueued, slot); }
};

struct XskPort : Port {
  Netdev netdev;
  InterfaceWatch watch;
  uint32_t ring = 0;  // descriptors of each
  enum { kAuto, kCopyOnly, kZeroCopyOnly } wanted_mode = kAuto;
  steer::Hook wanted_xdp = steer::Hook::kNativeThenGeneric;
  steer::Client client;                 // the port's part of the interface's XDP program
  std::shared_ptr<steer::Owner> owner;  // who holds that program
  bool device_clock = false;            // whose is the column `timestamp`
  char clock[24] = "CLOCK_MONOTONIC";
  Handed handed;  // from a process with privilege, which holds the program: then there is no owner here
  steer::FlowTables handed_flows = {};  // from a broker
  bool is_handed() const { return handed.sockets_map >= 0 || handed.broker >= 0; }
  bool promiscuous = false;
  int holds_promiscuous = -1;  // see HoldPromiscuous()
  steer::Injector injector;    // for PASS, where can_pass
  bool injects = false;        // the injector is ready
};

// addon.cc makes one translation unit of all the files here. Functions without linkage are inlined across them, as
// within one file.
namespace {

void Pause(int ms) {
  timespec t{0, ms * 1'000'000L};
  nanosleep(&t, nullptr);
}

void CloseFd(int &fd) {
  if (fd >= 0) close(fd);
  fd = -1;
}

// open.cc
Status CheckDevice(const Arena *, const PortRequest &, const XskPort &);
void TakeOver(const Arena *, XskPort *);
Status Open(const Arena *, const PortRequest &, Port **out);
void Close(Port *);

// program.cc
Status SetColumns(XskPort *, uint32_t columns);
Status SetRules(Port *, const RuleRequest *, uint32_t count);
Status CountRule(Port *, uint32_t slot, RuleCounts *);
Status Serve(Port *, const ClientRequest &, int *counters);

// flows.cc
Status FlowMaps(Port *, const steer::FlowMapRequest &, std::shared_ptr<steer::FlowMaps> *);
const char *FlowTarget(Port *, steer::FlowMaps &, Port *to, uint32_t *place);
Status ForgetFlows(XskPort *);

// attach.cc
Status Attach(Port *);
void Detach(Port *);

// broker.cc
Status AskBroker(const XskPort *, const char *request, const std::vector<uint32_t> &queues);
Status AskForSocket(XskQueue *, const XskPort *);
Status LetIn(const XskQueue *, const XskPort *);
void LetOut(const XskPort *, const std::vector<uint32_t> &queues);

// socket.cc
Status OpenSocket(XskQueue *, XskPort *, bool let_in);
void CloseSocket(XskQueue *);
void Reclaim(XskQueue *);
Status JoinColumns(const XskQueue *, XskPort *);
Status Bind(Queue *);
int Descriptor(const Queue *);
void LossesOf(Queue *, uint64_t *values);
void Held(const Queue *, uint32_t *posted, uint32_t *received, uint32_t *queued);
void Unbind(Queue *);

// columns.cc
void FillExtra(const XskQueue *, const Packets &, uint32_t n);

// transmit.cc
void Kick(XskQueue *);
void Reap(Queue *);
uint32_t Transmit(Queue *, const Packets &, uint32_t n);
uint32_t TransmitSegments(Queue *, const Packets &, const uint8_t *more, uint32_t n);
uint32_t Pass(Queue *, const Packets &, uint32_t n);

// receive.cc
void Refill(XskQueue *);
uint32_t Receive(Queue *, Intake &, uint32_t n);

// lost.cc
Lost Loss(Port *, char *why, uint32_t size);
Status Reopen(Port *);
Status Rebind(Queue *);

}  // namespace

}  // namespace rxb::af_xdp
