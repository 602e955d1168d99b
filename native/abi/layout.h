// What C++ and TypeScript must agree on, said once: limits, words, columns, counters, states, errors.
// scripts/generate-layout.mjs makes lib/layout.gen.ts from these tables; LayoutNumber() says whether two builds agree
// on them.
#pragma once
#include <cstddef>
#include <cstdint>

#include "columns.h"
#include "tap.h"

namespace rxb {

// name, value
#define RXB_LIMITS(X)                                                                                 \
  X(burstMax, RXB_BURST_MAX) /* packets in one burst */                                               \
  X(workersMax, 16)          /* workers in one process */                                             \
  X(slotsMax, 16)            /* queues of one worker */                                               \
  X(portsMax, 64)            /* ports that a verdict can name */                                      \
  X(queuesMax, 64)           /* queues of one port */                                                 \
  X(framesMax, 1048576)      /* frames of the arena */                                                \
  X(freshMax, 256)           /* fresh frames offered to a worker at once */                           \
  X(outboxMax, 512)          /* sends and releases of owned frames in one turn */                     \
  X(headroom, 256)           /* free bytes in front of a fresh packet, as XDP leaves */               \
  X(lossesMax, 8)            /* loss counters of one queue */                                         \
  X(segmentsMax, 16)         /* frames of one packet; 17 are the kernel's limit */                    \
  X(outboxMore, 256)         /* added to an outbox verdict: the next entry goes on with the packet */ \
  X(flowTablesMax, 4)        /* tables of flows of one worker */                                      \
  X(flowRequestsMax, 512)    /* requests of flows in one turn before native code is called */         \
  X(flowRequestWords, 6)     /* see native/flows/requests.cc */                                       \
  X(wasmSliceBytes, 1048576) /* statics and stack of one worker's WebAssembly programs */             \
  X(wasmFirstSlice, 1048576) /* where worker 0's slice begins; slices lie side by side */

enum Limit : uint32_t {
#define X(name, value) k_##name = value,
  RXB_LIMITS(X)
#undef X
};

// Verdict bytes, as columns.h allots them.
#define RXB_VERDICTS(X)       \
  X(DROP, RXB_DROP)           \
  X(PASS, RXB_PASS)           \
  X(KEEP, RXB_KEEP)           \
  X(FLOW, RXB_FLOW)           \
  X(TX, RXB_TX)               \
  X(TO_WORKER, RXB_TO_WORKER) \
  X(RESERVED, RXB_RESERVED)   \
  X(STAGE, RXB_STAGE)         \
  X(END, RXB_VERDICTS_END)

enum Verdict : uint32_t {
#define X(name, value) kVerdict_##name = value,
  RXB_VERDICTS(X)
#undef X
};
static_assert(RXB_TX + k_portsMax == RXB_TO_WORKER && RXB_TO_WORKER + k_workersMax == RXB_RESERVED,
              "each port and each worker has a verdict of its own");
constexpr bool IsTx(uint32_t verdict) { return verdict >= kVerdict_TX && verdict < kVerdict_TO_WORKER; }
constexpr uint32_t kUnset = RXB_UNSET;

// Why the loop in TypeScript has to look up from its work.
#define RXB_ATTENTION(X)                               \
  X(yield, 1) /* ten milliseconds are over, or idle */ \
  X(stop, 2)  /* drained: leave the loop */            \
  X(error, 4) /* see WorkerHead::error_code */         \
  X(ended, 8) /* finite ports have given all they have */

enum Attention : uint32_t {
#define X(name, value) kAttention_##name = value,
  RXB_ATTENTION(X)
#undef X
};

// A worker's shared words: u32 each. Native code trusts none of them.
#define RXB_HEAD(X) \
  X(attention)      \
  X(errorCode)      \
  X(errorSlot)      \
  X(errorPacket)    \
  X(errorValue)     \
  X(freshReady)     \
  X(freshTaken)     \
  X(outboxCount)    \
  X(flowRequests)   \
  X(flushes) /* copies made of the counters; the last one lies in WorkerBlock::cells[flushes % 2] */

enum HeadWord : uint32_t {
#define X(name) kHead_##name,
  RXB_HEAD(X)
#undef X
      kHeadWords
};

// Counters of one slot, float64 cells with one writer; `kept` and `burst` are gauges. rx = hits + shown: what a table
// of flows decided, and what the handler was shown.
#define RXB_COUNTERS(X) \
  X(rx)                 \
  X(fresh)              \
  X(tx)                 \
  X(dropped)            \
  X(passed)             \
  X(rejected)           \
  X(kept)               \
  X(burst)              \
  X(copied)             \
  X(rxBytes)            \
  X(txBytes)            \
  X(turns)              \
  X(emptyTurns)         \
  X(waits)              \
  X(hits)               \
  X(shown)

enum Counter : uint32_t {
#define X(name) kCounter_##name,
  RXB_COUNTERS(X)
#undef X
      kCounters
};
constexpr uint32_t kCells = kCounters + k_lossesMax;  // a slot's cells: counters, then its backend's losses

using SlotColumns = RxbColumns;

// Columns beyond offset and length, filled when asked for: name, bit.
#define RXB_COLUMNS(X) X(hash, 1) X(vlan, 2) X(timestamp, 4) X(checksum, 8) X(mark, 16)
enum ColumnBit : uint32_t {
#define X(name, bit) kColumn_##name = bit,
  RXB_COLUMNS(X)
#undef X
};

// Everything one worker shares with its native side.
struct WorkerBlock {
  uint32_t head[64];
  double cells[2][k_slotsMax][kCells];  // two copies of the counters: one is whole while the other is written
  uint32_t fresh[k_freshMax];           // byte offsets of frames that alloc() may take, oldest first
  uint32_t outbox_offset[k_outboxMax];  // owned frames to send or release
  uint32_t outbox_length[k_outboxMax];
  uint32_t outbox_verdict[k_outboxMax];
  uint32_t flow_request[k_flowRequestsMax][k_flowRequestWords];
  alignas(64) SlotColumns slot[k_slotsMax];
};
static_assert(kTapSlots == k_slotsMax, "a capture counts by queue");
static_assert(kHeadWords <= 64, "the head outgrew its words");
static_assert(sizeof(SlotColumns) % 64 == 0 && (sizeof(SlotColumns) / 64) % 2 == 1,
              "an odd number of cache lines keeps two slots' columns in different cache sets");

// Byte offsets inside a WorkerBlock and a SlotColumns.
#define RXB_OFFSETS(X)                                    \
  X(head, offsetof(WorkerBlock, head))                    \
  X(cells, offsetof(WorkerBlock, cells))                  \
  X(cellsPerSlot, kCells)                                 \
  X(cellsPerCopy, k_slotsMax *kCells)                     \
  X(fresh, offsetof(WorkerBlock, fresh))                  \
  X(outboxOffset, offsetof(WorkerBlock, outbox_offset))   \
  X(outboxLength, offsetof(WorkerBlock, outbox_length))   \
  X(outboxVerdict, offsetof(WorkerBlock, outbox_verdict)) \
  X(flowRequest, offsetof(WorkerBlock, flow_request))     \
  X(slot, offsetof(WorkerBlock, slot))                    \
  X(slotBytes, sizeof(SlotColumns))                       \
  X(slotCount, offsetof(SlotColumns, count))              \
  X(slotAll, offsetof(SlotColumns, all))                  \
  X(slotCopied, offsetof(SlotColumns, copied))            \
  X(slotKeeps, offsetof(SlotColumns, keeps))              \
  X(slotKept, offsetof(SlotColumns, kept))                \
  X(slotOffset, offsetof(SlotColumns, offset))            \
  X(slotLength, offsetof(SlotColumns, length))            \
  X(slotVerdict, offsetof(SlotColumns, verdict))          \
  X(slotHash, offsetof(SlotColumns, hash))                \
  X(slotVlan, offsetof(SlotColumns, vlan))                \
  X(slotTimestamp, offsetof(SlotColumns, timestamp))      \
  X(slotChecksum, offsetof(SlotColumns, checksum))        \
  X(slotMark, offsetof(SlotColumns, mark))                \
  X(slotMore, offsetof(SlotColumns, more))

// Who holds a frame. The table of these lies outside the arena (arena.h).
enum FrameState : uint8_t {
  kFree,     // in its pool
  kOffered,  // in a worker's list of fresh frames
  kPosted,   // with a receive queue, filled or not
  kInBurst,  // in front of the handler
  kKept,     // owned by the program: KEEP, or taken by alloc()
  kQueued,   // with a transmit queue
};
// Backends whose kernel does not tell which frames it holds also note the worker's slot, in the bits above: a queue
// that is lost finds its frames by that.
constexpr uint32_t kFrameStateBits = 3;
constexpr FrameState WithSlot(FrameState state, uint32_t slot) {
  return static_cast<FrameState>(state | slot << kFrameStateBits);
}
constexpr FrameState WithoutSlot(FrameState state) {
  return static_cast<FrameState>(state & ((1u << kFrameStateBits) - 1));
}
static_assert((k_slotsMax << kFrameStateBits) <= 256 && kQueued < 1u << kFrameStateBits,
              "a state and a slot share a byte");

// code, name, what it means (docs/errors.md is checked against this table)
#define RXB_ERRORS(X)                                                                                 \
  X(kBadArgument, "ERR_BAD_ARGUMENT", "an argument has the wrong type or value")                      \
  X(kBadOption, "ERR_BAD_OPTION", "an option is unknown, misspelt or out of range")                   \
  X(kBadPortName, "ERR_BAD_PORT_NAME", "a port name is not backend:device")                           \
  X(kNoBackend, "ERR_NO_BACKEND", "no backend of that name, or its module is not built")              \
  X(kNoInterface, "ERR_NO_INTERFACE", "no network interface of that name in this namespace")          \
  X(kInterfaceDown, "ERR_INTERFACE_DOWN", "the interface is down")                                    \
  X(kNoQueue, "ERR_NO_QUEUE", "the port has no queue of that number")                                 \
  X(kQueueTaken, "ERR_QUEUE_TAKEN", "the queue belongs to another worker, port or process")           \
  X(kPortOpen, "ERR_PORT_OPEN", "this process has the device open already")                           \
  X(kPortBusy, "ERR_PORT_BUSY", "the port is still used by a running data plane")                     \
  X(kPortLost, "ERR_PORT_LOST", "a port lost its interface, its XDP program or its broker")           \
  X(kClosed, "ERR_CLOSED", "the port or data plane is closed")                                        \
  X(kNoCapability, "ERR_NO_CAPABILITY", "the process lacks a Linux capability")                       \
  X(kMemlock, "ERR_MEMLOCK", "the limit on locked memory is too small")                               \
  X(kNoMemory, "ERR_NO_MEMORY", "the memory wanted can't be had")                                     \
  X(kNoFrames, "ERR_NO_FRAMES", "the arena has too few frames for these queues")                      \
  X(kArenaExists, "ERR_ARENA_EXISTS", "the arena was made already, in another thread or other sizes") \
  X(kMtu, "ERR_MTU", "the interface's MTU does not fit a frame")                                      \
  X(kForeignXdp, "ERR_FOREIGN_XDP", "somebody else's XDP program is attached")                        \
  X(kTakeAll, "ERR_TAKE_ALL", "a kernel interface needs steer or takeAll")                            \
  X(kSteerQueues, "ERR_STEER_QUEUES", "some queues were taken without a NIC rule that feeds them")    \
  X(kSteer, "ERR_STEER", "the filter expression can't be used")                                       \
  X(kRequire, "ERR_REQUIRE", "the port can't do what `require` asks")                                 \
  X(kNotSupported, "ERR_NOT_SUPPORTED", "the backend, device or kernel can't do that")                \
  X(kNoTxQueue, "ERR_NO_TX_QUEUE", "a verdict names a port of which the worker owns no queue")        \
  X(kBadVerdict, "ERR_BAD_VERDICT", "a verdict is none of DROP, PASS, KEEP, tx(port)")                \
  X(kNotKept, "ERR_NOT_KEPT", "the verdict KEEP for a packet on which keep() was not called")         \
  X(kOutsideFrame, "ERR_OUTSIDE_FRAME", "an offset or length lies outside its own frame")             \
  X(kNotOwner, "ERR_NOT_OWNER", "a frame was sent or released that the program does not own")         \
  X(kBadFrame, "ERR_BAD_FRAME", "the kernel or a device named a frame that it does not hold")         \
  X(kUseAfterReturn, "ERR_USE_AFTER_RETURN", "a burst or packet was used after the handler returned") \
  X(kProcessor, "ERR_PROCESSOR", "the processor module can't be used, or threw")                      \
  X(kWorkerDied, "ERR_WORKER_DIED", "a worker thread ended by itself")                                \
  X(kLimit, "ERR_LIMIT", "a fixed limit of this build is exceeded")                                   \
  X(kWasm, "ERR_WASM", "a WebAssembly program does not keep the contract")                            \
  X(kDriver, "ERR_DRIVER", "the device is bound to a driver that the backend can't use")              \
  X(kNoDriver, "ERR_NO_DRIVER", "DPDK has no driver for the device")                                  \
  X(kBuild, "ERR_BUILD", "a module can't be built here, or is of another build than the rest")        \
  X(kEal, "ERR_EAL", "DPDK's environment can't be started as asked")                                  \
  X(kGrant, "ERR_GRANT", "the broker or the device plugin refuses, or is gone")                       \
  X(kGrantUser, "ERR_GRANT_USER", "the program of a grant would run as the broker's own user")        \
  X(kNoDescriptors, "ERR_NO_DESCRIPTORS", "the process may open no more files")                       \
  X(kNotReady, "ERR_NOT_READY", "a worker was not ready in the time that run() was given")            \
  X(kCaptureCut, "ERR_CAPTURE_CUT", "a capture file ends in the middle of a record")                  \
  X(kCaptureFormat, "ERR_CAPTURE_FORMAT", "a capture file holds what no capture file can")            \
  X(kBadAt, "ERR_BAD_AT", "a header was read with the number of another packet")                      \
  X(kBadAddress, "ERR_BAD_ADDRESS", "a text is no address or prefix")                                 \
  X(kTableFull, "ERR_TABLE_FULL", "a table for handlers has no room for another prefix")              \
  X(kNoPlane, "ERR_NO_PLANE", "no data plane of that name or process runs")                           \
  X(kNameTaken, "ERR_NAME_TAKEN", "a data plane of that name runs already")                           \
  X(kControl, "ERR_CONTROL", "the control socket can't be had, refuses, or does not answer")          \
  X(kBadAction, "ERR_BAD_ACTION", "the steps of a flow's action do not fit together")                 \
  X(kFlowSpread, "ERR_FLOW_SPREAD", "a flow's other direction may come to another worker")            \
  X(kMetrics, "ERR_METRICS", "the address of the metrics port is taken, or can't be had")             \
  X(kFlowShape, "ERR_FLOW_SHAPE", "a second factory makes other tables of flows")                     \
  X(kSystem, "ERR_SYSTEM", "a system call failed in a way not listed here")

enum ErrorCode : int {
  kOk = 0,
#define X(code, name, meaning) code,
  RXB_ERRORS(X)
#undef X
};

// FNV-1a (RFC 9923) of a name and of its number.
constexpr uint32_t FoldRow(uint32_t hash, const char *name, uint64_t number) {
  for (; *name; name++) hash = (hash ^ static_cast<uint8_t>(*name)) * 16777619u;
  for (int byte = 0; byte < 8; byte++) hash = (hash ^ static_cast<uint8_t>(number >> 8 * byte)) * 16777619u;
  return hash;
}

// One number for all that stands above. The TypeScript of one build beside the addon of another would misread columns
// and counters, so both state this number and lib/native.ts compares them.
constexpr uint32_t LayoutNumber() {
  uint32_t hash = 2166136261u;
#define X(name, value) hash = FoldRow(hash, #name, value);
  RXB_LIMITS(X)
  RXB_VERDICTS(X)
  RXB_ATTENTION(X)
  RXB_COLUMNS(X)
  RXB_OFFSETS(X)
  RXB_TAP(X)
#undef X
#define X(name) hash = FoldRow(hash, #name, kHead_##name);
  RXB_HEAD(X)
#undef X
#define X(name) hash = FoldRow(hash, #name, kCounter_##name);
  RXB_COUNTERS(X)
#undef X
#define X(code, name, meaning) hash = FoldRow(hash, name, code);
  RXB_ERRORS(X)
#undef X
  return hash;
}

}  // namespace rxb
