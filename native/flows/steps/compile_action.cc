// Makes an action of the steps that TypeScript wrote, and believes none of them.
#include "../action.h"
#include "rewrite.h"

namespace rxb {

namespace {

Status Bad(const char *what) { return Fail(kBadAction, "an action %s", what); }

// What the steps read so far have done to a packet.
struct Progress {
  int grown = 0, tags = 0;
  bool encapped = false, param = false;
};

Status CompileMac(const Step &step, Action *a) {
  if (!step.fields || step.fields & ~(kFieldDestination | kFieldSource)) return Bad("sets no MAC, or more than two");
  a->needs |= kLacksMac;
  return {};
}

Status CompileTranslation(const Step &step, Action *a) {
  if (!step.fields || step.fields & ~(kFieldIp | kFieldPort)) return Bad("translates no address and no port, or more");
  if (step.fields & kFieldIp && step.family != 4 && step.family != 6)
    return Bad("translates to an address of no family");
  if (step.param & kFieldIp && step.family != 4)
    return Bad("takes an IPv6 address from a parameter, which has no room for it");
  a->needs |= kLacksIp | kNeedsAll;
  if (step.fields & kFieldIp) a->needs |= step.family == 4 ? kNeedsIpv4 : kNeedsIpv6;
  if (step.fields & kFieldPort) a->needs |= kLacksPorts;
  return {};
}

Status CompileTag(const Step &step, Progress *so_far, Action *a) {
  a->needs |= kLacksMac;
  if (step.kind == StepKind::kVlanPush) {
    so_far->grown += wire::vlan::kBytes;
    so_far->tags++;
  } else {
    so_far->grown -= wire::vlan::kBytes;
    if (so_far->tags-- <= 0) a->needs |= kNeedsTagged;
    if (so_far->tags < -1) return Bad("pops two tags, and packets that have two are shown");
  }
  return {};
}

// Which packets can stand behind the outer headers: behind IP in IP and GRE of IP, those of one family without their
// Ethernet header.
uint8_t InnerFamily(const uint8_t *bytes, const ParsedPacket &outer, uint32_t count) {
  uint16_t type = 0;
  if (outer.protocol == 4) type = kTypeIpv4;
  if (outer.protocol == 41) type = kTypeIpv6;
  if (outer.protocol == 47 && outer.l4 + wire::gre::kBytes <= count)
    type = Load16(bytes + outer.l4 + wire::gre::kProtocolType);
  return type == kTypeIpv4 ? 4 : type == kTypeIpv6 ? 6 : 0;
}

Status CompileEncap(const uint8_t *bytes, Step *step, Progress *so_far, Action *a) {
  if (a->encaps) return Bad("has two steps of encap");
  if (step->number < wire::ethernet::kBytes || step->number > kEncapBytesMax)
    return Bad("has an encap of fewer than 14 or more than 128 bytes");
  memcpy(a->encap, bytes, step->number);
  a->encaps = so_far->encapped = true;
  so_far->grown += step->number;
  ParsedPacket outer;
  Parse(a->encap, step->number, &outer);
  if (outer.flags & kMoreTags) return Bad("has an encap with two VLAN tags");
  // The lengths may be anything so far, and a length that contradicts itself would hide the header.
  uint8_t *ip = a->encap + outer.l3;
  const uint32_t behind = step->number - outer.l3;
  if (outer.ethertype == kTypeIpv4 && behind >= wire::ipv4::kBytes) Store16(ip + wire::ipv4::kTotalLength, behind);
  if (outer.ethertype == kTypeIpv6 && behind >= wire::ipv6::kBytes)
    Store16(ip + wire::ipv6::kPayloadLength, behind - wire::ipv6::kBytes);
  Parse(a->encap, step->number, &outer);
  if (outer.ethertype != kTypeIpv4 && outer.ethertype != kTypeIpv6) return {};
  if (!outer.family || outer.flags & (kCut | kFragment) || (outer.family == 6 && outer.flags & kOptions))
    return Bad("has an encap whose IP header is cut, a fragment's, or has extension headers");
  step->family = outer.family;
  step->l3 = outer.l3;
  if (outer.protocol == kProtocolUdp) step->l4 = outer.l4;
  if (outer.family == 4) {
    Store16(ip + wire::ipv4::kTotalLength, 0);
    memset(ip + wire::ipv4::kHeaderChecksum, 0, 2);
    const uint16_t checksum = static_cast<uint16_t>(~rewrite::Fold(rewrite::SumOfBytes(ip, (ip[0] & 15) * 4)));
    memcpy(ip + wire::ipv4::kHeaderChecksum, &checksum, sizeof checksum);
  }
  if (const uint8_t family = InnerFamily(a->encap, outer, step->number)) {
    step->from_ip = true;
    a->needs |= kLacksIp | kNeedsAll | (family == 4 ? kNeedsIpv4 : kNeedsIpv6);
  }
  return {};
}

Status CompileMeter(const Step &step, Action *a) {
  if (a->timed) return Bad("has two meters");
  double rate, burst;
  memcpy(&rate, step.bytes, sizeof rate);
  memcpy(&burst, step.bytes + sizeof rate, sizeof burst);
  if (!(rate > 0 && rate <= 1e15 && burst >= 1 && burst <= 1e15))
    return Bad("has a meter whose rate or burst is out of range");
  a->timed = true;
  a->meter = Meter{};
  a->meter.bytes = step.fields & 1;
  a->meter.per_ns = rate / 1e9;
  a->meter.burst = a->meter.tokens = burst;
  return {};
}

Status CompilePeek(const Step &step, Action *a) {
  if (a->peek_every) return Bad("has two steps of peek");
  memcpy(&a->peek_every, step.bytes, sizeof a->peek_every);
  if (!a->peek_every) return Bad("peeks at every 0th packet");
  a->peek_left = a->peek_every;
  return {};
}

Status CompileStep(const uint8_t *behind, Step *step, Progress *so_far, Action *a) {
  if (step->param) {
    if (so_far->param) return Bad("uses its parameter twice");
    so_far->param = true;
    const bool push = step->kind == StepKind::kVlanPush;
    if (!push && step->param & ~step->fields) return Bad("fills a field from its parameter that it does not set");
    if (step->kind == StepKind::kSetMac && step->param == (kFieldDestination | kFieldSource))
      return Bad("uses its parameter twice");
  }
  const bool inner = step->kind == StepKind::kDnat || step->kind == StepKind::kSnat || step->kind == StepKind::kTtl ||
                     step->kind == StepKind::kVlanPop;
  if (inner && so_far->encapped) return Bad("changes headers that its encap has covered");
  switch (step->kind) {
    case StepKind::kSetMac:
      return CompileMac(*step, a);
    case StepKind::kDnat:
    case StepKind::kSnat:
      return CompileTranslation(*step, a);
    case StepKind::kTtl:
      if (a->lowers_ttl) return Bad("lowers the TTL twice");
      a->lowers_ttl = true;
      a->needs |= kLacksIp | kNeedsAll;
      return {};
    case StepKind::kVlanPush:
    case StepKind::kVlanPop:
      return CompileTag(*step, so_far, a);
    case StepKind::kEncap:
      return CompileEncap(behind, step, so_far, a);
    case StepKind::kMeter:
      return CompileMeter(*step, a);
    case StepKind::kMirror:
      if (step->number >= k_portsMax) return Bad("mirrors to a port beyond the last");
      a->mirrors = true;
      return {};
    case StepKind::kPeek:
      return CompilePeek(*step, a);
    case StepKind::kNone:
      break;
  }
  return Bad("has a step of no known kind");
}

Status CompileEnd(uint16_t verdict, Action *a) {
  if (verdict != kVerdict_DROP && verdict != kVerdict_PASS && verdict != kShow && !IsTx(verdict))
    return Bad("ends with no verdict");
  a->verdict = static_cast<uint8_t>(verdict);
  return {};
}

// Both MACs as they are, or an IPv4 address and a port, and nothing else.
Quick QuickOf(const Action &a) {
  const Step &step = a.step[0];
  if (a.step_count != 1) return Quick::kNone;
  if (step.kind == StepKind::kSetMac && step.fields == (kFieldDestination | kFieldSource) && !step.param)
    return Quick::kMacs;
  const bool whole =
      step.fields == (kFieldIp | kFieldPort) && (!step.param || step.param == step.fields) && step.family == 4;
  if (!whole) return Quick::kNone;
  return step.kind == StepKind::kDnat ? Quick::kDnat : step.kind == StepKind::kSnat ? Quick::kSnat : Quick::kNone;
}

}  // namespace

Status CompileAction(const uint8_t *code, size_t bytes, Action *action) {
  Action made;
  Progress so_far;
  int most = 0;
  for (size_t at = 0; at + kStepBytes <= bytes;) {
    const uint8_t *record = code + at;
    at += kStepBytes;
    const uint16_t number = Load16(record + 4);
    if (record[0] == kStepEnd) {
      if (at != bytes) return Bad("goes on behind its end");
      RXB_TRY(CompileEnd(number, &made));
      made.grow = static_cast<uint8_t>(most);
      made.quick = QuickOf(made);
      made.generation = action->generation;
      made.references = action->references;
      made.held = action->held;
      made.metered = action->metered;
      made.unfit = action->unfit;
      *action = made;
      return {};
    }
    if (made.step_count == kStepsMax) return Bad("has more than 8 steps");
    Step *step = &made.step[made.step_count++];
    step->kind = static_cast<StepKind>(record[0]);
    step->fields = record[1];
    step->param = record[2];
    step->family = record[3];
    step->number = number;
    memcpy(step->bytes, record + 8, sizeof step->bytes);
    const uint8_t *behind = code + at;
    if (step->kind == StepKind::kEncap) {
      if (bytes - at < number) return Bad("is cut");
      at += number;
    }
    RXB_TRY(CompileStep(behind, step, &so_far, &made));
    if (so_far.grown > most) most = so_far.grown;
  }
  return Bad("is cut: it has no end");
}

}  // namespace rxb
