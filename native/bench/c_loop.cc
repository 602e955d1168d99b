// A worker's loop with the handler in C: the same queues, the same turn, the same columns, no JavaScript in between.
// What TypeScript loses against it is the price of the language; what it loses against testpmd is ours.
#include <cstdlib>
#include <memory>

#include "../napi/values/arguments.h"
#include "../napi/values/errors.h"
#include "bench.h"

namespace rxb {

namespace {

constexpr uint32_t kFlows = 100'000, kFlowStep = 61'417;  // coprime, so that every flow has its turn, in no order
constexpr uint32_t kFlowRoom = 1 << 18;

// Handlers read where packets lie from the worker's own record: columns may say anything, and nothing compares them
// here.

// As in examples/02-l2fwd: three moves, nothing computed. With shifts in two words it costs a third more.
inline void SwapMacs(uint8_t *packet) {
  uint64_t destination, source;
  uint16_t type;
  memcpy(&destination, packet, 8);
  memcpy(&source, packet + 6, 8);
  memcpy(&type, packet + 12, 2);
  memcpy(packet, &source, 8);
  memcpy(packet + 6, &destination, 8);
  memcpy(packet + 12, &type, 2);
}

struct Forward {
  void operator()(SlotColumns &c, const Slot &, uint32_t port) { c.all = kVerdict_TX + (port ^ 1); }
};

struct Discard {
  void operator()(SlotColumns &c, const Slot &, uint32_t) { c.all = kVerdict_DROP; }
};

struct MacSwap {
  void operator()(SlotColumns &c, const Slot &s, uint32_t port) {
    uint8_t *memory = TheCore()->arena()->memory;
    for (uint32_t i = 0; i < s.count; i++) SwapMacs(memory + s.offset[i]);
    c.all = kVerdict_TX + (port ^ 1);
  }
};

// Answers UDP requests: addresses and ports change places, so no checksum changes.
struct Echo {
  void operator()(SlotColumns &c, const Slot &s, uint32_t port) {
    uint8_t *memory = TheCore()->arena()->memory;
    for (uint32_t i = 0; i < s.count; i++) {
      uint8_t *p = memory + s.offset[i];
      if (s.length[i] < 42 || p[12] != 8 || p[13] != 0 || p[23] != 17) {
        c.verdict[i] = kVerdict_DROP;
        continue;
      }
      SwapMacs(p);
      uint32_t address, other;
      memcpy(&address, p + 26, 4);
      memcpy(&other, p + 30, 4);
      memcpy(p + 26, &other, 4);
      memcpy(p + 30, &address, 4);
      uint32_t ports;
      memcpy(&ports, p + 34, 4);
      ports = ports >> 16 | ports << 16;
      memcpy(p + 34, &ports, 4);
      c.verdict[i] = static_cast<uint8_t>(kVerdict_TX + port);
    }
  }
};

// The same table as in lib/bench/programs/flows.ts, word for word.
struct Flow {
  uint32_t from, to, ports, packets;
};

// `stamps`: else packets have their flow since they were received (stamp.cc).
template<bool stamps>
struct CountFlows {
  std::unique_ptr<Flow[]> table{new Flow[kFlowRoom]()};
  uint32_t next = 0;

  void operator()(SlotColumns &c, const Slot &s, uint32_t) {
    uint8_t *memory = TheCore()->arena()->memory;
    for (uint32_t i = 0; i < s.count; i++) {
      uint8_t *p = memory + s.offset[i];
      if (stamps) {
        if (p[12] != 8 || p[13] != 0) Blank(p);
        next += kFlowStep;
        if (next >= kFlows) next -= kFlows;
        memcpy(p + 26, &next, 4);
      }
      Count(p);
    }
    c.all = kVerdict_DROP;
  }

  // net_null's packets are empty: the first time a frame is seen it becomes a UDP packet.
  static void Blank(uint8_t *p) {
    const uint8_t start[] = {8, 0, 0x45, 0}, rest[] = {10, 77, 0, 2, 4, 0, 16, 225};
    memcpy(p + 12, start, sizeof start);
    p[23] = 17;
    memcpy(p + 30, rest, sizeof rest);
  }

  void Count(const uint8_t *p) {
    if (p[12] != 8 || p[13] != 0 || p[14] != 0x45 || (p[23] != 17 && p[23] != 6)) return;
    uint32_t from, to, ports;
    memcpy(&from, p + 26, 4);
    memcpy(&to, p + 30, 4);
    memcpy(&ports, p + 34, 4);
    uint32_t h = (from * 0x9e3779b1u) ^ (to * 0x85ebca77u) ^ (ports * 0xc2b2ae3du) ^ p[23];
    h = (h ^ h >> 15) * 0x2c1b3c6du;
    for (uint32_t at = (h ^ h >> 13) & (kFlowRoom - 1);; at = (at + 1) & (kFlowRoom - 1)) {
      Flow &flow = table[at];
      if (flow.packets && (flow.from != from || flow.to != to || flow.ports != ports)) continue;
      flow.from = from;
      flow.to = to;
      flow.ports = ports;
      flow.packets++;
      return;
    }
  }
};

template<typename Handler>
void Loop(const CoreTable &core, Worker &w, Handler &handle) {
  uint32_t port[k_slotsMax] = {};
  for (uint32_t i = 0; i < w.slot_count; i++)
    for (uint32_t p = k_portsMax; p-- > 0;)
      if (w.slots[i].target[p] != kNoSlot && w.slots[w.slots[i].target[p]].queue->port == w.slots[i].queue->port)
        port[i] = p;
  for (;;) {  // the first burst is the one that the loop in TypeScript has just received
    for (uint32_t i = 0; i < w.slot_count; i++)
      if (w.slots[i].count) handle(*w.slots[i].columns, w.slots[i], port[i]);
    if (__atomic_load_n(&w.block->head[kHead_attention], __ATOMIC_RELAXED)) return;
    core.turn(&w);
  }
}

// What lies below Turn(): a queue's receive and transmit as the backend has them, columns and all; no verdicts, and
// nothing compared. One round in sixteen is a whole turn, for the clock and the counters; the bursts that it has
// received wait until the next one.
struct BelowTurn {
  static constexpr uint32_t kRounds = 15;
  uint64_t handle[k_slotsMax][k_burstMax];
  uint32_t offset[k_slotsMax][k_burstMax], length[k_slotsMax][k_burstMax];

  static bool Possible(const Worker &w) {
    for (uint32_t i = 0; i < w.slot_count; i++)
      if (w.slots[i].borrowed || w.slots[i].tx_copies || w.slots[i].segments) return false;
    return true;
  }

  static uint32_t PeerOf(const Worker &w, uint32_t i) { return (i ^ 1) < w.slot_count ? i ^ 1 : i; }

  // What sends a waiting burst the same way.
  static uint32_t VerdictFor(const Slot &s, uint32_t peer) {
    for (uint32_t port = 0; port < k_portsMax; port++)
      if (s.target[port] == peer) return kVerdict_TX + port;
    return kVerdict_DROP;
  }

  void Rounds(Worker &w) {
    for (uint32_t round = 0; round < kRounds; round++) {
      uint32_t n[k_slotsMax], bits[k_slotsMax], bytes[k_slotsMax];
      for (uint32_t i = 0; i < w.slot_count; i++) {
        Slot &s = w.slots[i];
        Intake in{{handle[i], offset[i], length[i], false, 0}, false, 0};
        n[i] = s.backend->receive(s.queue, in, w.burst);
        for (uint32_t k = 0; !in.published && k < n[i]; k++) {
          in.bits |= length[i][k];
          in.bytes += length[i][k];
        }
        bits[i] = in.bits;
        bytes[i] = in.bytes;
        s.counter[kCounter_rx] += n[i];
        s.counter[kCounter_rxBytes] += in.bytes;
      }
      for (uint32_t i = 0; i < w.slot_count; i++) {
        Slot &t = w.slots[PeerOf(w, i)];
        uint32_t sent = t.backend->transmit(t.queue, {handle[i], offset[i], length[i], false, bits[i]}, n[i]);
        t.counter[kCounter_tx] += sent;
        t.counter[kCounter_txBytes] += bytes[i];
        if (sent == n[i]) continue;
        for (uint32_t k = sent; k < n[i]; k++) t.counter[kCounter_txBytes] -= length[i][k];
        t.counter[kCounter_rejected] += n[i] - sent;
        w.pool->ops->free(w.pool, handle[i] + sent, n[i] - sent);
      }
    }
    for (uint32_t i = 0; i < w.slot_count; i++) {  // the columns show the waiting bursts again
      Slot &s = w.slots[i];
      memcpy(s.columns->offset, s.offset, s.count * sizeof *s.offset);
      memcpy(s.columns->length, s.length, s.count * sizeof *s.length);
      s.columns->all = VerdictFor(s, PeerOf(w, i));
    }
  }

  void Loop(const CoreTable &core, Worker &w) {
    for (;;) {
      Rounds(w);
      if (__atomic_load_n(&w.block->head[kHead_attention], __ATOMIC_RELAXED)) return;
      core.turn(&w);
    }
  }
};

// cLoop(mode): polls until the loop in TypeScript has to look up from its work. In a worker only.
Napi::Value CLoop(const Napi::CallbackInfo &info) {
  thread_local Forward io;
  thread_local Discard drop;
  thread_local MacSwap macswap;
  thread_local Echo echo;
  Arguments in(info, "cLoop");
  const std::string mode = in.Text(0, "the mode");
  const CoreTable *core = TheCore();
  Worker *worker = core ? core->current() : nullptr;
  if (!worker)
    in.Refuse(Fail(kBadArgument, "cLoop() runs in a worker, between its start and its end, and after attach()"));
  if (!in.ok()) return in.Throw();
  if (mode == "io") {
    Loop(*core, *worker, io);
  } else if (mode == "drop") {
    Loop(*core, *worker, drop);
  } else if (mode == "macswap") {
    Loop(*core, *worker, macswap);
  } else if (mode == "echo") {
    Loop(*core, *worker, echo);
  } else if (mode == "flows") {
    thread_local CountFlows<true> flows;
    Loop(*core, *worker, flows);
  } else if (mode == "count") {
    thread_local CountFlows<false> flows;
    Loop(*core, *worker, flows);
  } else if (mode == "below") {
    thread_local auto below = std::make_unique<BelowTurn>();
    if (!BelowTurn::Possible(*worker))
      in.Refuse(Fail(kNotSupported, "cLoop('below') is for ports that neither lend nor copy packets: dpdk:net_null0"));
    else
      below->Loop(*core, *worker);
  } else {
    in.Refuse(
        Fail(kBadArgument, "cLoop() knows io, drop, macswap, echo, flows, count and below, not '%s'", mode.c_str()));
  }
  return in.ok() ? info.Env().Undefined() : in.Throw();
}

}  // namespace

void ExportCLoop(Napi::Env, Napi::Object exports) { Export(exports, "cLoop", CLoop); }

}  // namespace rxb
