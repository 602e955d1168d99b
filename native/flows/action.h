// Actions of flows: the steps that a packet goes through, compiled once, and the verdict at their end.
//
// The table in native/flows calls Execute() for each packet that its entry decides. The boundary was chosen so:
// * An action belongs to one worker. So Execute() needs no lock, and the counters and the meter are plain words.
// * Generations stand here and are compared by the table: Execute() takes any action as it is.
// * A mirror is a call, not a field of the outcome: the copy shows the packet as the step found it, before the steps
// behind it.
// * A packet that a step can't handle is shown as it arrived: every condition is checked before the first byte changes.
#pragma once
#include "../abi/status.h"
#include "parse.h"

namespace rxb {

constexpr uint32_t kStepsMax = 8;         // of one action, its end not counted
constexpr uint32_t kEncapBytesMax = 128;  // of one action
// The verdict of an action that leaves the packet to the handler; never leaves this room.
constexpr uint8_t kShow = RXB_STAGE;

enum class StepKind : uint8_t {
  kNone,
  kSetMac,
  kDnat,
  kSnat,
  kTtl,
  kVlanPush,
  kVlanPop,
  kEncap,
  kMeter,
  kMirror,
  kPeek
};

// Which of its fields a step sets, and which of them the flow's parameter fills.
enum StepField : uint8_t {
  kFieldDestination = 1,  // setMac
  kFieldSource = 2,
  kFieldIp = 1,  // dnat, snat
  kFieldPort = 2,
};

struct Step {
  StepKind kind;
  uint8_t fields;  // StepFields
  uint8_t param;   // those of them that the parameter fills
  uint8_t family;  // 4 or 6: of the address, or of the outermost IP header of encap; 0: none
  uint16_t
      number;  // dnat, snat: the port; vlanPush: the tag's 16 bits; mirror: the port's index; encap: how many bytes
  uint16_t l3, l4;  // encap: where the outer IP header and a UDP header behind it stand in its bytes; 0: there is none
  bool from_ip;     // encap: of what follows the packet's Ethernet header; else of the whole packet
  uint8_t bytes[16];  // setMac: destination, source; dnat, snat: the address
};

// A token bucket, full at first. Tokens are packets, or bytes of frames.
struct Meter {
  bool bytes = false;
  double per_ns = 0, burst = 0, tokens = 0;
  uint64_t filled_ns = 0;
};

// `needs` of an action, beside Lacks.
enum Needs : uint8_t {
  kNeedsIpv4 = 16,  // an address of this family is written
  kNeedsIpv6 = 32,
  kNeedsTagged = 64,  // vlanPop
  kNeedsAll = 128,    // a rewrite of layer 3 or 4, which a fragment or a packet with options does not get
};

// What actions of one step are executed by in place, where the packet is of the commonest kind.
enum class Quick : uint8_t { kNone, kMacs, kDnat, kSnat };

struct alignas(64) Action {
  // what every hit reads
  uint32_t generation = 0;          // raised by set() and invalidate(); the table compares it with its entry's
  uint8_t verdict = kVerdict_DROP;  // DROP, PASS, tx(port), or kShow
  uint8_t step_count = 0;
  uint8_t needs = 0;   // Lacks and Needs: a packet without them is shown
  uint8_t grow = 0;    // bytes that the steps add in front of a packet, at most
  bool timed = false;  // has a meter: Execute() wants a true `now`
  bool mirrors = false;
  bool encaps = false;  // a packet of several segments is rejected
  bool lowers_ttl = false;
  Quick quick = Quick::kNone;
  uint32_t peek_every = 0;
  bool held = false;        // one of its references is the program's handle
  uint32_t references = 0;  // flows and handles that name it; the table counts
  uint32_t peek_left = 0;   // packets until the next one that is shown
  uint64_t metered = 0;     // packets that its meter dropped
  uint64_t unfit = 0;       // packets that were shown because a step could not handle them
  Step step[kStepsMax] = {};
  Meter meter;
  uint8_t encap[kEncapBytesMax] = {};  // its IPv4 header's checksum is that of a length of 0
};

// Where a packet is. It may grow and move between the two ends, and no further.
struct PacketRef {
  uint8_t *data;        // its first byte
  uint32_t offset;      // the same from the start of the arena's memory
  uint32_t length;      // bytes
  uint64_t begin, end;  // the frame that it may use, as offset; of lent memory: the packet itself
};

// What Execute() must know of its caller.
struct ExecuteContext {
  uint64_t now;  // ns of any clock that never goes back
  bool shown;    // the handler has had this packet and said FLOW: peek lets it through
  // Copies the packet as it is now out of tx(port); null: mirrors are left out. The callee counts what it can't copy.
  void (*mirror)(void *self, uint32_t port, const uint8_t *data, uint32_t length) = nullptr;
  void *self = nullptr;
};

// `moved`: offset or length differ from the PacketRef's.
struct Outcome {
  uint8_t verdict;  // DROP, PASS, tx(port), or kShow: then the packet is as it was
  bool moved;
  uint32_t offset, length;
};

// Makes an action of steps as lib/flows/steps.ts writes them; on failure the action is as it was. Leaves generation,
// references and counters alone.
//
// A step is a record of kStepBytes: kind, fields, param, family, number (2 bytes), 2 unused bytes, and 16 bytes:
// addresses in network order; meter: rate a second and burst as doubles in the machine's order, and fields 1 where they
// are bytes; peek: every how many, a word in the machine's order. The bytes of encap follow its record. The last record
// is kStepEnd, its number the verdict.
constexpr uint32_t kStepBytes = 24;
constexpr uint8_t kStepEnd = 255;
Status CompileAction(const uint8_t *code, size_t bytes, Action *);

// The steps of an action that has some; Execute() is for callers.
Outcome ExecuteSteps(const ExecuteContext &, Action &, const ParsedPacket &, const PacketRef &, uint64_t param);

}  // namespace rxb

#include "steps/quick.h"

namespace rxb {

// `param`: what steps leave open, as endpoint() packs it.
inline Outcome Execute(const ExecuteContext &context, Action &action, const ParsedPacket &parsed,
                       const PacketRef &packet, uint64_t param) {
  if (!action.step_count) return {action.verdict, false, packet.offset, packet.length};
  if (action.quick != Quick::kNone && ExecuteQuick(action, parsed, packet.data, param))
    return {action.verdict, false, packet.offset, packet.length};
  return ExecuteSteps(context, action, parsed, packet, param);
}

}  // namespace rxb
