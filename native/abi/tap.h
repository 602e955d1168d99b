// The memory of a capture, as its writers and its reader know it: a page about the whole, a page of counts and a ring
// of records for each worker, and a page of its own with the reader's index.
#pragma once
#include <cstddef>
#include <cstdint>

namespace rxb {

constexpr uint32_t kTapMagic = 0x31706174;  // "tap1"
constexpr uint32_t kTapPage = 4096;
constexpr uint32_t kTapUnit = 8;  // bytes; places in a ring are counted in these, modulo 2^32
constexpr uint32_t kTapSlots = 16, kTapPoints = 2;

// The first page.
struct TapHeader {
  uint32_t magic, workers;
  uint32_t ring_bytes;  // of each worker's ring, a power of two
  uint32_t spare;
};

// Packets of one queue at one point: seen = accepted + those that filter and sample leave out; accepted = captured +
// dropped. A packet that the program owned came from no queue: it counts at the worker's first.
struct TapCounts {
  uint64_t seen, accepted, captured, dropped, owned;
};

// A worker's page, which only the worker writes.
struct TapPage {
  uint32_t head;   // units written so far; stored behind them
  uint32_t state;  // 0 not here yet, 1 at work, 2 gone
  uint32_t spare[14];
  TapCounts counts[kTapSlots][kTapPoints];
};
static_assert(sizeof(TapPage) <= kTapPage, "a worker's counts fit a page");

// In front of a packet's bytes in a ring; the whole is padded to units.
struct TapRecord {
  uint32_t bytes;  // of the record with what follows
  uint8_t point;   // 0 entry, 1 exit
  uint8_t slot;    // the worker's queue
  uint8_t verdict;
  uint8_t flags;
  uint64_t time_ns;  // CLOCK_REALTIME, read once a burst
  uint64_t id;       // of the packet: the worker's number above bit 48
  uint32_t length, captured;
  uint32_t hash;
  uint32_t drops;   // at this point of this queue, since its last record
  uint32_t action;  // of a flow, + 1
  uint32_t spare;
};
static_assert(sizeof(TapRecord) == 48, "lib/capture reads records word by word");

enum TapFlag : uint8_t {
  kTapPad = 1,        // no record: the ring goes on at its begin
  kTapOwned = 2,      // a packet that the program owned
  kTapHash = 4,       // `hash` is one
  kTapFlow = 8,       // a table of flows decided
  kTapSamePort = 16,  // the verdict sends it out of the port that it came from
  kTapRefused = 32,   // the verdict could not be carried out: the packet is dropped
  kTapKept = 64,      // KEEP, and keep() was called
};

// name, value
#define RXB_TAP(X)                                \
  X(magic, kTapMagic)                             \
  X(page, kTapPage)                               \
  X(unit, kTapUnit)                               \
  X(slots, kTapSlots)                             \
  X(points, kTapPoints)                           \
  X(workersAt, offsetof(TapHeader, workers))      \
  X(ringBytesAt, offsetof(TapHeader, ring_bytes)) \
  X(headAt, offsetof(TapPage, head))              \
  X(stateAt, offsetof(TapPage, state))            \
  X(countsAt, offsetof(TapPage, counts))          \
  X(countBytes, sizeof(TapCounts))                \
  X(recordBytes, sizeof(TapRecord))               \
  X(pointAt, offsetof(TapRecord, point))          \
  X(timeAt, offsetof(TapRecord, time_ns))         \
  X(idAt, offsetof(TapRecord, id))                \
  X(lengthAt, offsetof(TapRecord, length))        \
  X(capturedAt, offsetof(TapRecord, captured))    \
  X(hashAt, offsetof(TapRecord, hash))            \
  X(dropsAt, offsetof(TapRecord, drops))          \
  X(actionAt, offsetof(TapRecord, action))        \
  X(pad, kTapPad)                                 \
  X(owned, kTapOwned)                             \
  X(hasHash, kTapHash)                            \
  X(flow, kTapFlow)                               \
  X(samePort, kTapSamePort)                       \
  X(refused, kTapRefused)                         \
  X(kept, kTapKept)                               \
  X(capturesMax, 4) /* captures of one worker at a time */

}  // namespace rxb
