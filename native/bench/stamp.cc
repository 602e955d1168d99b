// Gives the empty packets of net_null a flow each, as they are received: a table that acts before any handler finds
// something to look up.
#include <cstring>

#include "../napi/values/arguments.h"
#include "../napi/values/errors.h"
#include "../napi/values/fields.h"
#include "bench.h"

namespace rxb {

namespace {

constexpr uint32_t kBytes = 64;
constexpr uint32_t kStampStep = 61'417;  // coprime to round numbers, so that every flow has its turn, in no order

// One process has one contestant, and that one worker, whose queues are all of one backend.
Backend stamped;
const Backend *below;
uint32_t stamp_flows, stamp_step, stamp_first, stamp_next[k_slotsMax];
Queue *stamp_queue[k_slotsMax];

// The first time a frame is seen it becomes a UDP packet of kBytes bytes. Its UDP checksum is not 0, so that rewrites
// have to keep it.
void Blank(uint8_t *p) {
  const uint8_t start[] = {8, 0, 0x45, 0, 0, 50}, udp[] = {0, 30, 0x12, 0x34};
  memcpy(p + 12, start, sizeof start);
  p[23] = 17;
  memcpy(p + 38, udp, sizeof udp);
}

uint32_t ReceiveStamped(Queue *queue, Intake &in, uint32_t wanted) {
  const uint32_t n = below->receive(queue, in, wanted);
  uint8_t *memory = TheCore()->arena()->memory;
  // Each time: the packet before may have been rewritten. In moves that a reader of addresses and ports makes too.
  constexpr uint64_t kTo = 0x02004d0a;
  constexpr uint32_t kPorts = 0xe1100004;
  const uint32_t flows = stamp_flows, step = stamp_step;
  uint32_t at = 0;
  while (stamp_queue[at] != queue) at++;
  uint32_t next = stamp_next[at];
  const uint32_t first = stamp_first + at * flows;
  for (uint32_t i = 0; i < n; i++) {
    if (in.length[i] < kBytes) continue;
    uint8_t *p = memory + in.offset[i];
    if (p[12] != 8 || p[13] != 0) Blank(p);
    next += step;
    if (next >= flows) next -= flows;
    const uint64_t addresses = uint64_t(first + next) | kTo << 32;
    memcpy(p + 26, &addresses, sizeof addresses);
    memcpy(p + 34, &kPorts, sizeof kPorts);
  }
  stamp_next[at] = next;
  return n;
}

// stamp(flows, first): from now on packets that this thread's worker receives are of so many flows a queue, which
// are numbered from `first` on.
Napi::Value Stamp(const Napi::CallbackInfo &info) {
  Arguments in(info, "stamp");
  const uint32_t flows = in.Whole(0, "the number of flows"), first = in.Whole(1, "the first flow");
  const CoreTable *core = TheCore();
  Worker *worker = core ? core->current() : nullptr;
  if (!flows || !worker || !worker->slot_count)
    in.Refuse(Fail(kBadArgument, "stamp() wants a number above 0, in a worker, between its start and its end"));
  if (!in.ok()) return in.Throw();
  const Backend *its = below ? below : worker->slots[0].backend;
  for (uint32_t i = 0; i < worker->slot_count; i++)
    if (worker->slots[i].backend != its && worker->slots[i].backend != &stamped)
      in.Refuse(Fail(kBadArgument, "stamp() wants a worker whose queues are all of %s", its->name));
  if (!in.ok()) return in.Throw();
  stamp_flows = flows;
  stamp_step = kStampStep % flows;
  stamp_first = first;
  below = its;
  stamped = *its;
  stamped.receive = ReceiveStamped;
  for (uint32_t i = 0; i < worker->slot_count; i++) {
    stamp_queue[i] = worker->slots[i].queue;
    stamp_next[i] = 0;
    worker->slots[i].backend = &stamped;
  }
  return info.Env().Undefined();
}

}  // namespace

void ExportStamp(Napi::Env, Napi::Object exports) { Export(exports, "stamp", Stamp); }

}  // namespace rxb
