// What the XDP program of an interface knows of flows: keys in hash maps, and behind them memory that the program and
// this process share.
//
// A key leads to a slot. The slot has the decision, the counters and the time of the last packet, so they are read and
// changed without a system call. Only keys come and go by system calls, many at once. Nothing is pinned: the maps are
// gone with the last descriptor.
#pragma once
#include <array>
#include <atomic>
#include <memory>
#include <mutex>
#include <vector>

#include "../../abi/layout.h"
#include "../../abi/status.h"
#include "../../flows/key.h"

namespace rxb::steer {

constexpr uint32_t kFlowActionWords = 4096;   // a power of two
constexpr uint32_t kFlowSlotsMax = 1u << 20;  // of one port
constexpr uint32_t kFlowBatch = 256;          // keys that one system call writes
// Ports that flows of one table are sent to. As the place of one: XDP_TX sends packets back there.
constexpr uint32_t kFlowTargets = 64;
constexpr uint32_t kFlowKey4 = 8 * kWords4, kFlowKey6 = 8 * kWords6;  // bytes

// Who takes the packets of a receive queue. `place` is the highest byte of its flows' keys, where the worker's own
// table has the receive port: so two workers of one interface never meet each other's flows. 0: nobody, and no packet
// of the queue is looked up.
struct FlowQueueWord {
  uint32_t generation;  // of the worker's flows
  uint32_t now;         // ms of the worker's clock, as it looked at it last: cheaper than a clock in the program
  uint64_t place;
};

// One element of an array map. A flow is good while its slot's generation is that of its queue and that of its action
// together.
struct FlowWords {
  FlowQueueWord queue[k_queuesMax];
  uint32_t action[kFlowActionWords];
};

// What a flow's packets go through before they leave, as DriverSlot::steps.
enum DriverStep : uint16_t {
  kStepDestinationMac = 1,
  kStepSourceMac = 2,
  kStepTtl = 4,
  kStepDestinationIp = 8,
  kStepSourceIp = 16,
  kStepDestinationPort = 32,
  kStepSourcePort = 64,
  kStepIpv6 = 128,   // the address is of IPv6: there is room for one
  kStepMoves = 256,  // the packet leaves by a port
};
constexpr uint16_t kStepMacs = kStepDestinationMac | kStepSourceMac, kStepIps = kStepDestinationIp | kStepSourceIp,
                   kStepPorts = kStepDestinationPort | kStepSourcePort, kStepHeaders = kStepTtl | kStepIps | kStepPorts;

// What is done with the packets of one flow. A cache line. It is written while its generation is not good, so that no
// packet meets half of it.
struct alignas(64) DriverSlot {
  uint64_t packets, bytes;  // added to atomically: several CPUs may meet one flow
  uint32_t seen;            // FlowQueueWord::now at the last packet
  uint32_t generation;
  uint16_t action;   // its place in FlowWords
  uint8_t verdict;   // of XDP: DROP, PASS, TX or REDIRECT
  uint8_t target;    // of REDIRECT: the place of the port, see FlowMaps::TakeTarget()
  uint16_t steps;    // DriverSteps; 0: DROP or PASS alone
  uint16_t port[2];  // destination, source, in network order
  uint8_t mac[12];   // destination, source
  uint8_t unused[2];
  uint8_t address[16];  // IPv4: destination, source; IPv6: the one that is written
};
static_assert(sizeof(DriverSlot) == 64, "a slot is a cache line");

// What makes the block of flows; see blocks/flows.h.
struct FlowMapRequest {
  FlowShape shape = FlowShape::kFiveTuple;
  uint8_t watch = 0;  // TCP flags: a packet with one of them goes to the worker
  uint32_t capacity = 65536;
  uint32_t table = 0;  // in which order tables are asked
  // + 1: of the program that a broker serves under this number; 0: of the process that has opened the port
  uint32_t client = 0;
};

struct FlowDescriptors {
  int words = -1, slots = -1, keys4 = -1, keys6 = -1;
  int targets = -1;  // DEVMAP; a broker keeps it to itself, so that flows reach no interface but those it has put there
};
constexpr const char *kFlowMapNames[] = {"words", "slots", "keys4", "keys6"};  // as a program asks its broker for them

// The maps, and this process's end of them. Slots are given out here. Workers of several threads may call.
class FlowMaps {
 public:
  static Status Make(const FlowMapRequest &, std::shared_ptr<FlowMaps> *);
  // Of maps that another process has made and handed over; the descriptors are ours from here on, also on failure.
  static Status TakeOver(const FlowMapRequest &, const FlowDescriptors &, std::shared_ptr<FlowMaps> *);
  ~FlowMaps();
  FlowMaps(const FlowMaps &) = delete;

  const FlowMapRequest &request() const { return request_; }
  const FlowDescriptors &descriptors() const { return fds_; }
  FlowWords &words() { return *words_; }
  DriverSlot &slot(uint32_t i) { return slots_[i]; }

  // kNoFlowSlot: all are in use.
  uint32_t TakeSlot();
  // When no packet can meet it any more: a sweep after its key went.
  void GiveSlot(uint32_t);
  // A place for keys that no other worker has; 0: all are in use.
  uint8_t TakePlace();
  void GivePlace(uint8_t);
  // A word for an action; kFlowActionWords: all are in use.
  uint32_t TakeAction();
  void GiveAction(uint32_t);
  // The place of an interface that flows can be sent to; kFlowTargets: all are in use, or the map is a broker's.
  uint32_t TakeTarget(uint32_t ifindex);

  // Writes keys, all of one kind, with their slots, in as few system calls as possible. Returns how many it wrote, from
  // the first on: a full map takes no more.
  uint32_t Put(KeyKind, const FlowKey *keys, const uint32_t *slots, uint32_t count);
  void Remove(KeyKind, const FlowKey *keys, uint32_t count);

 private:
  FlowMaps() = default;
  Status Map();
  uint32_t Batch(int command, KeyKind, const FlowKey *keys, const uint32_t *slots, uint32_t count);

  FlowMapRequest request_;
  FlowDescriptors fds_;
  FlowWords *words_ = nullptr;
  DriverSlot *slots_ = nullptr;
  std::mutex lock_;
  uint32_t touched_ = 0, actions_touched_ = 0;
  std::vector<uint32_t> free_ = {}, free_actions_ = {};
  std::vector<uint32_t> targets_ = {};  // interfaces, in their places
  bool places_[256] = {};
};

// Of the tables of one port or program, in the order in which they are asked; null: that table is the worker's alone.
using FlowTables = std::array<std::shared_ptr<FlowMaps>, k_flowTablesMax>;
inline std::vector<const FlowMaps *> ThoseOf(const FlowTables &tables) {
  std::vector<const FlowMaps *> all;
  for (const auto &each : tables)
    if (each) all.push_back(each.get());
  return all;
}

constexpr uint32_t kNoFlowSlot = 0xffffffff;

}  // namespace rxb::steer
