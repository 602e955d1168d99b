// The interface that every backend implements, with its invariants. backends/loop.cc is the template to copy.
//
// Who calls what: open, attach, detach and close run on the control thread under the registry's lock;
// bind, unbind and everything below them on the worker's own thread. Nobody else touches a bound Queue.
#pragma once
#include <atomic>
#include <memory>

#include "../abi/status.h"
#include "memory/arena.h"
#include "options.h"

struct sock_filter;

namespace rxb {

constexpr uint32_t kBackendAbi = 22;  // raised when a struct here changes: a module of another ABI is refused

struct Backend;
struct Port;
namespace steer {
class FlowMaps;
struct FlowMapRequest;  // native/xdp/flows/flow_maps.h; opaque here
class FlowMaps;
}  // namespace steer
namespace offload {
struct FlowMatch;  // native/offload/flow_match.h; opaque here
}

// One burst, one array per field. On a port with `segments` an entry may be one segment of a packet of several: they
// follow each other, the frame of each is a frame like any other, and an array `more` beside these says whether the
// next entry goes on with the packet. A packet never straddles two bursts. `handle` names a frame to its pool; nobody
// else interprets it.
struct Packets {
  uint64_t *handle;
  uint32_t *offset;  // bytes from the start of the arena's memory
  uint32_t *length;  // bytes
  bool moved;        // false: offset and length are as a receive() of this very backend handed them out
  uint32_t bits;     // every length's bits, or'ed: no packet is longer
};

// A burst on its way in: receive() fills handle, offset and length. A backend may also publish offset and length in the
// queue's columns while it has them in registers, leave the lengths' bits and their sum here, and say that it did; else
// the core does so in a second pass.
struct Intake : Packets {
  bool published;
  uint32_t bytes;
};

// The frames of one worker. Handles: a frame's index in the core pool, an rte_mbuf's address in a DPDK pool.
struct Pool {
  const struct PoolOps *ops;
  uint32_t frames;     // how many it was given
  bool poison;         // debug mode: overwrite what is freed
  bool core;           // handles are frame indices, and its functions need not be called to know them
  bool tracks_states;  // keeps Arena::state true for every frame, so that audit() can count by it
};
struct PoolCounts {
  uint32_t free;
};
struct PoolOps {
  uint32_t (*alloc)(Pool *, uint64_t *handles, uint32_t n);  // all n or as many as there are
  void (*free)(Pool *, const uint64_t *handles, uint32_t n);
  uint32_t (*frame_of)(const Pool *, uint64_t handle);  // index in the arena
  uint64_t (*handle_of)(const Pool *, uint32_t frame);
  void (*count)(const Pool *, PoolCounts *);
  void (*destroy)(Pool *);
};

inline uint32_t FrameOf(const Pool *pool, uint64_t handle) {
  return pool->core ? static_cast<uint32_t>(handle) : pool->ops->frame_of(pool, handle);
}
inline uint64_t HandleOf(const Pool *pool, uint32_t frame) {
  return pool->core ? frame : pool->ops->handle_of(pool, frame);
}

// One receive/transmit pair. Backends derive from it.
struct Queue {
  Port *port = nullptr;
  uint32_t index = 0;              // the device's number
  Pool *pool = nullptr;            // set before bind
  SlotColumns *columns = nullptr;  // for the extra columns and those of an Intake that is published; set before bind
  uint32_t wanted_columns = 0;     // ColumnBits to fill
  uint32_t owner = 0;              // worker id + 1, or 0
  uint32_t slot = 0;               // of the owner
  bool bound = false;
  uint64_t copied = 0;       // packets that the backend copied between pools
  bool ended = false;        // nothing comes any more; of ports that are `finite`
  ErrorCode fault = kOk;     // the same ports': what the program is told, and ends with
  uint32_t fault_value = 0;  // what lib/worker/main.ts says of it
  uint8_t *more = nullptr;   // where the port has segments: receive() says here which entries go on; set before bind
};

enum class Mode : uint8_t { kNone, kCopy, kZeroCopy };
enum class Lost : uint8_t { kNone, kForNow, kForGood };  // kForGood: waiting would be in vain
enum class Xdp : uint8_t { kNone, kNative, kGeneric };

constexpr uint32_t kRingUsual = 2048, kInFlightMin = 2048;

// Frames that a queue with such rings wants: both full, and half as many again in flight.
inline uint32_t FramesFor(uint32_t receive_ring, uint32_t transmit_ring) {
  const uint32_t rings = receive_ring + transmit_ring;
  return rings + (rings / 2 < kInFlightMin ? kInFlightMin : rings / 2);
}

// One opened device. Backends derive from it.
struct Port {
  const Backend *backend = nullptr;
  char name[512] = "";    // as the user typed it; a longer one is refused
  char driver[64] = "";   // kernel driver or PMD, when there is one
  char version[64] = "";  // of the library under the backend, when it matters
  uint8_t mac[6] = {};
  bool has_mac = false;
  uint32_t mtu = 0;
  uint32_t queue_count = 0;         // that the device has
  Queue *queues[k_queuesMax] = {};  // by device number; null where not taken
  uint32_t attached = 0;            // running data planes that use it
  bool finite = false;              // it gives so many packets and no more: its queues may set `ended` and `fault`
  bool shares_device = false;       // other ports may be open on the device, with other queues
  bool handed_over = false;         // another process holds the program of its interface
  bool on_interface = false;        // it sits on an interface of the kernel's, which it may lose
  std::atomic<bool> lost{false};    // and has lost: the control thread has said so, and workers close its queues
  Mode mode = Mode::kNone;          // as found at the last bind
  Xdp xdp = Xdp::kNone;
  bool can_pass = false;
  bool borrowed = false;             // receive() lends memory of the backend's own; release() gives it back
  bool kernel_keeps = false;         // the kernel handles every packet too: DROP takes nothing away from it
  bool tx_copies = false;            // transmit() is done with the memory when it returns; the caller frees it
  bool own_pool = false;             // the backend can't use the worker's pool: receive and transmit copy
  uint32_t columns = 0;              // ColumnBits it can fill
  const char *timestamp_clock = "";  // whose nanoseconds the column `timestamp` holds
  uint32_t frame_max = 0;            // largest packet it receives or sends, bytes
  uint32_t frames_per_queue = FramesFor(kRingUsual, kRingUsual);  // wanted of a worker's pool
  uint32_t segments = 1;                                          // most segments of one packet; 1: a packet is a frame
  const char *filtered_by = "";             // what executes rules in software: "xdp", "socket filter", "libpcap"
  int sockets_map = -1, counters_map = -1;  // what could be handed to a process without privilege
  char nic[16] = "";  // interface whose own receive queues these are: one taken alone wants a NIC rule that feeds it
};

// One rule of a port's filter. The first that matches decides; pass rules are asked first.
struct RuleRequest {
  const char *expression;   // tcpdump's language; empty: every packet
  const sock_filter *code;  // what libpcap has compiled it to, once for all who execute it (filter/compile.h)
  uint32_t code_count;
  bool pass;             // leave such packets to the kernel
  uint32_t slot;         // of its counters, below kRulesMax; a rule that stays keeps its slot
  bool fresh;            // new in this slot: begin to count at 0
  bool takes_fragments;  // a rule that steers by ports takes fragments too, of which only the first has any
};

struct RuleCounts {
  uint64_t packets, bytes;  // taken by us; for a pass rule: left to the kernel
  uint64_t elsewhere;       // matched, but arrived on a queue that nobody has taken: left to the kernel
};

// A program that a broker serves on a port: its queues and rules. Without rules it is served no more.
struct ClientRequest {
  uint32_t client;         // its number
  const uint32_t *queues;  // where it has sockets
  uint32_t queue_count;
  const RuleRequest *rules;
  uint32_t rule_count;
};

// What a process with privilege has opened for this one; -1: not. The port owns them. Then the program on the interface
// is somebody else's, and so are its rules.
struct Handed {
  int sockets_map = -1;   // XSKMAP by rx queue; a broker keeps it to itself
  int counters_map = -1;  // of the rules
  int broker = -1;  // its socket, which gives AF_XDP sockets; without, the process opens its own; stays the caller's
  bool any() const { return sockets_map >= 0 || counters_map >= 0 || broker >= 0; }
};

// The NIC drops the flow's packets and counts them, or writes a mark beside them and hands them on.
enum class NicFlowCall : uint8_t { kProbe, kAdd, kCount, kRemove };
struct NicFlowRequest {
  NicFlowCall call;
  const offload::FlowMatch *match;  // kAdd
  bool marks;                       // kAdd: else it drops
  uint32_t mark;
  uint32_t place;  // kCount, kRemove: as kAdd answered
};
struct NicFlowAnswer {
  uint32_t place = 0;
  uint64_t packets = 0, bytes = 0;  // since it was made
};

struct PortRequest {
  const char *name;        // whole port name
  const char *device;      // what follows the backend's prefix
  const uint32_t *queues;  // device numbers wanted; null: all
  uint32_t queue_count;
  Options options;           // checked against the backend's table
  const RuleRequest *rules;  // what to take; none: everything
  uint32_t rule_count;
  Handed handed;
  bool take_all;
};

struct Backend {
  uint32_t abi;
  const char *name;           // the prefix of its port names
  const OptionRow *options;   // what it takes
  const char *const *losses;  // names of its loss counters per queue, ended by null; at most lossesMax
  bool inherits = false;      // takes over what another process opened: by a plugin's socket, or as a pinned map
  bool names_peer = false;    // `,peer=NAME` is a part of its port names

  // Checks, resolves and reserves; takes no packet. Allocates *port and its wanted queues.
  Status (*open)(const Arena *, const PortRequest &, Port **port);
  // A pool of this backend's own kind, over the frames given, for a worker that owns these of its queues; null: the
  // core pool serves. Queues of ports with own_pool are left out.
  Status (*make_pool)(Queue *const *queues, uint32_t queue_count, const uint32_t *frames, uint32_t count,
                      Pool **pool) = nullptr;
  // Opens the queue and posts its buffers. On failure nothing stays open.
  Status (*bind)(Queue *);
  // Lets packets in: called when every worker is polling. Called once per port, however many planes use it.
  Status (*attach)(Port *);

  // ---- once per turn, never allocating, never waiting ----
  // Takes back what the device has sent, and nudges it where it wants that. Frames go to the pool. Null where nothing
  // is ever owed.
  void (*reap)(Queue *) = nullptr;
  // Offers n packets in order; returns how many the device took, a prefix. The caller keeps the rest,
  // and the memory of all of them where port->tx_copies.
  uint32_t (*transmit)(Queue *, const Packets &, uint32_t n);
  // Refills the receive queue, then takes up to n packets; returns how many entries they are. Where the port has
  // segments it fills Queue::more, and hands out whole packets only, of at most segmentsMax entries each and burstMax
  // together.
  uint32_t (*receive)(Queue *, Intake &, uint32_t n);
  // Hands packets to the kernel as if the interface had received them, copied; returns how many it took. Null where it
  // can't.
  uint32_t (*pass)(Queue *, const Packets &, uint32_t n) = nullptr;
  // Gives lent memory back, in any order. Only where port->borrowed.
  void (*release)(Queue *, const uint64_t *handles, uint32_t n) = nullptr;

  // ---- seldom ----
  int (*descriptor)(const Queue *);              // to poll() when idle; -1: none
  void (*losses_of)(Queue *, uint64_t *values);  // in the order of `losses`
  // frames with the device, for audit()
  void (*held)(const Queue *, uint32_t *posted, uint32_t *received, uint32_t *queued);
  // Stops taking packets; undo of attach. Also after a failed attach.
  void (*detach)(Port *);
  // Waits a bounded time for what is queued, closes the queue and returns every frame. Also from a cleanup hook.
  void (*unbind)(Queue *);
  // Frees the port. Nothing is bound by then.
  void (*close)(Port *);
  // More about the device as a JSON object, or its link only; returns the bytes needed, with the closing zero. Null: no
  // more.
  uint32_t (*describe)(Port *, bool link_only, char *json, uint32_t size) = nullptr;
  // Replaces all rules at once; while packets flow, none that both the old and the new rules take is lost. Null where
  // the backend can't filter.
  Status (*set_rules)(Port *, const RuleRequest *, uint32_t count) = nullptr;
  // Null where nobody counts per rule.
  Status (*count_rule)(Port *, uint32_t slot, RuleCounts *) = nullptr;
  // As transmit(), for n entries some of which are segments: takes whole packets only. Null where no port can have
  // segments; called only for ports that have them.
  uint32_t (*transmit_segments)(Queue *, const Packets &, const uint8_t *more, uint32_t n) = nullptr;
  // Which rules of the NIC preselect for the rule in that slot, as text: in the first line why none does, or nothing,
  // then a line each. Returns the bytes needed, with the closing zero. Null where no NIC takes part through the
  // backend.
  uint32_t (*layer_of)(Port *, uint32_t slot, char *text, uint32_t size) = nullptr;
  // The interface on whose ingress (tc) opening such a device leaves rules, which outlive the process; false: none.
  // Null: never.
  bool (*writes_ingress)(const char *device, char *interface, uint32_t size) = nullptr;
  // Puts the rules of a program that a broker serves in force, below the rules of the port; *counters are its own and
  // stay the port's. Null where no broker can serve.
  Status (*serve)(Port *, const ClientRequest &, int *counters) = nullptr;

  // The maps by which the port's driver executes flows of this kind, made where nobody asked yet; they serve as long as
  // somebody holds them. Null where no driver does. Control thread, or a factory's, under the control lock.
  Status (*flow_maps)(Port *, const steer::FlowMapRequest &, std::shared_ptr<steer::FlowMaps> *) = nullptr;
  // Whether the driver of a port can send packets of flows in these maps of its out of another port, or back where they
  // came from: null, and the place of that port; else one word that says why not. Worker's thread too.
  const char *(*flow_target)(Port *, steer::FlowMaps &, Port *to, uint32_t *place) = nullptr;

  // A rule of the NIC for one flow: whether there can be any, made, counted, taken away. Null where the backend reaches
  // no NIC. Control thread, or a factory's for kProbe, under the control lock.
  Status (*nic_flow)(Port *, const NicFlowRequest &, NicFlowAnswer *) = nullptr;

  // ---- when a port loses its interface; on backends whose ports sit on one ----
  // Control thread: whether the port is cut off from what it was opened on, and why, as the end of a sentence. Not a
  // link that is only down.
  Lost (*loss)(Port *, char *why, uint32_t size) = nullptr;
  // Control thread, while no queue of a lost port is open: ties the port to the interface that has its name now, in the
  // same network namespace, and sets up what the port needs before its queues are opened. Null where a lost port stays
  // lost.
  Status (*reopen)(Port *) = nullptr;
  // Worker's thread, between turns. On a port that is lost it closes the queue and takes its frames back; on one that
  // was reopened it opens the queue again, as bind() does, and no counter of losses begins anew. Null with reopen.
  Status (*rebind)(Queue *) = nullptr;
};

constexpr uint32_t kFrameMin = 14;  // an Ethernet header: kernels refuse less, and some NICs stop at it

// No device takes such a packet: shorter than its header, or longer than its largest. transmit() stops in front of it.
inline bool Unsendable(const Port *port, uint32_t length) { return length - kFrameMin > port->frame_max - kFrameMin; }

// The entry behind the last one of the packet that begins at `from`.
inline uint32_t EndOfPacket(const uint8_t *more, uint32_t from, uint32_t n) {
  while (from < n - 1 && more[from]) from++;
  return from + 1;
}

// The same of a packet of several segments. A segment without a byte is one that devices refuse.
inline bool Unsendable(const Port *port, const uint32_t *length, uint32_t segments) {
  uint32_t sum = 0;
  for (uint32_t i = 0; i < segments; i++) {
    if (length[i] - 1 >= port->frame_max) return true;
    sum += length[i];
  }
  return segments > k_segmentsMax || Unsendable(port, sum);
}

// Of the registry: fails with ERR_BAD_OPTION for a key that is none or stands twice, and for a value that its row does
// not allow.
Status CheckOptions(const char *port, const Options &);

}  // namespace rxb
