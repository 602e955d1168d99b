// An action's steps, one after the other, become fields to write: the last writer of a field wins.
#include "driver_steps.h"

#include <linux/bpf.h>

#include "../../core/turn/turn_parts.h"

namespace rxb::steer {
namespace {

void DescribeMac(const Step &step, uint64_t param, DriverSlot *slot) {
  uint8_t address[8];
  const uint64_t swapped = __builtin_bswap64(param << 16);
  memcpy(address, &swapped, sizeof address);
  for (uint32_t end : {0, 1}) {
    const uint8_t field = end ? kFieldSource : kFieldDestination;
    if (!(step.fields & field)) continue;
    memcpy(slot->mac + 6 * end, step.param & field ? address : step.bytes + 6 * end, 6);
    slot->steps |= end ? kStepSourceMac : kStepDestinationMac;
  }
}

// A slot has room for both addresses of IPv4, or for one of IPv6.
bool DescribeEndpoint(const Step &step, uint64_t param, bool source, DriverSlot *slot) {
  if (step.fields & kFieldIp) {
    const uint16_t wanted = source ? kStepSourceIp : kStepDestinationIp;
    const bool six = step.family == 6;
    const uint16_t there = slot->steps & (kStepIps | kStepIpv6);
    if (there & kStepIps && six != bool(there & kStepIpv6)) return false;
    if (six && there & kStepIps & ~wanted) return false;
    const uint32_t swapped = __builtin_bswap32(static_cast<uint32_t>(param >> 16));
    if (six)
      memcpy(slot->address, step.bytes, 16);
    else
      memcpy(slot->address + (source ? 4 : 0),
             step.param & kFieldIp ? reinterpret_cast<const uint8_t *>(&swapped) : step.bytes, 4);
    slot->steps |= static_cast<uint16_t>(wanted | (six ? kStepIpv6 : 0));
  }
  if (step.fields & kFieldPort) {
    Store16(reinterpret_cast<uint8_t *>(&slot->port[source]),
            step.param & kFieldPort ? static_cast<uint32_t>(param) : step.number);
    slot->steps |= source ? kStepSourcePort : kStepDestinationPort;
  }
  return true;
}

}  // namespace

bool DescribeSteps(const Action &a, uint64_t param, DriverSlot *slot) {
  slot->steps = 0;
  memset(slot->address, 0, sizeof slot->address);
  if (a.verdict == kVerdict_DROP)
    slot->verdict = XDP_DROP;
  else if (a.verdict == kVerdict_PASS)
    slot->verdict = XDP_PASS;
  else if (IsTx(a.verdict))
    slot->steps |= kStepMoves;
  else
    return false;
  for (const Step *step = a.step, *end = step + a.step_count; step < end; step++) {
    switch (step->kind) {
      case StepKind::kSetMac:
        DescribeMac(*step, param, slot);
        break;
      case StepKind::kDnat:
      case StepKind::kSnat:
        if (!DescribeEndpoint(*step, param, step->kind == StepKind::kSnat, slot)) return false;
        break;
      case StepKind::kTtl:
        slot->steps |= kStepTtl;
        break;
      default:
        return false;
    }
  }
  return true;
}

}  // namespace rxb::steer
