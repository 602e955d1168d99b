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
uint32_t stamp_flows, stamp_next;

// The first time a frame is seen it becomes a UDP packet of kBytes bytes.
void Blank(uint8_t *p) {
  const uint8_t start[] = {8, 0, 0x45, 0, 0, 50}, rest[] = {10, 77, 0, 2, 4, 0, 16, 225};
  memcpy(p + 12, start, sizeof start);
  p[23] = 17;
  memcpy(p + 30, rest, sizeof rest);
}

uint32_t ReceiveStamped(Queue *queue, Intake &in, uint32_t wanted) {
  const uint32_t n = below->receive(queue, in, wanted);
  uint8_t *memory = TheCore()->arena()->memory;
  uint32_t next = stamp_next;
  for (uint32_t i = 0; i < n; i++) {
    if (in.length[i] < kBytes) continue;
    uint8_t *p = memory + in.offset[i];
    if (p[12] != 8 || p[13] != 0) Blank(p);
    next += kStampStep;
    while (next >= stamp_flows) next -= stamp_flows;
    memcpy(p + 26, &next, sizeof next);
  }
  stamp_next = next;
  return n;
}

// stamp(flows): from now on packets that this thread's worker receives are of so many flows.
Napi::Value Stamp(const Napi::CallbackInfo &info) {
  Arguments in(info, "stamp");
  const uint32_t flows = in.Whole(0, "the number of flows");
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
  stamp_next = 0;
  below = its;
  stamped = *its;
  stamped.receive = ReceiveStamped;
  for (uint32_t i = 0; i < worker->slot_count; i++) worker->slots[i].backend = &stamped;
  return info.Env().Undefined();
}

}  // namespace

void ExportStamp(Napi::Env, Napi::Object exports) { Export(exports, "stamp", Stamp); }

}  // namespace rxb
