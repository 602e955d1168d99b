// Executes the steps of an action on a packet. compile_action.cc makes them.
#include "../action.h"

#include "rewrite.h"

namespace rxb {

namespace {

// Protocols whose checksum covers the addresses in a way that no step follows: DCCP (RFC 4340), AH (RFC 4302), UDP-Lite
// (RFC 3828).
inline bool CoversAddresses(uint8_t protocol) { return protocol == 33 || protocol == 51 || protocol == 136; }

// What an action needs and the packet has not. Of SCTP, ports can't be written: its checksum is a CRC of everything.
inline uint8_t MissingFor(uint8_t needs, const ParsedPacket &p) {
  const uint8_t addresses = kNeedsIpv4 | kNeedsIpv6;
  const uint8_t without = p.lacks | (p.family != 4) * kNeedsIpv4 | (p.family != 6) * kNeedsIpv6 |
                          (p.vlan == kNoVlan) * kNeedsTagged | ((p.flags & kHandlersWay) != 0) * kNeedsAll |
                          (p.protocol == kProtocolSctp) * kLacksPorts | CoversAddresses(p.protocol) * addresses;
  return needs & without;
}

inline bool TakeTokens(Meter &m, uint64_t now, uint32_t length) {
  const double cost = m.bytes ? length : 1;
  m.tokens += static_cast<double>(now - m.filled_ns) * m.per_ns;
  if (m.tokens > m.burst) m.tokens = m.burst;
  m.filled_ns = now;
  if (m.tokens < cost) return false;
  m.tokens -= cost;
  return true;
}

inline bool IsNthToPeek(Action &a) {
  if (--a.peek_left) return false;
  a.peek_left = a.peek_every;
  return true;
}

// A packet while its steps are executed.
struct Moving {
  uint8_t *data;
  uint32_t length, l3, l4;
};

void SetMac(const Step &step, Moving &m, uint64_t param) {
  uint8_t address[8];
  const uint64_t swapped = __builtin_bswap64(param << 16);
  memcpy(address, &swapped, sizeof address);
  if (step.fields & kFieldDestination) memcpy(m.data, step.param & kFieldDestination ? address : step.bytes, 6);
  if (step.fields & kFieldSource) memcpy(m.data + 6, step.param & kFieldSource ? address : step.bytes + 6, 6);
}

void Translate(const Step &step, Moving &m, const ParsedPacket &p, uint64_t param, rewrite::End end) {
  uint8_t address[4], port[2];
  const uint32_t swapped = __builtin_bswap32(static_cast<uint32_t>(param >> 16));
  memcpy(address, &swapped, sizeof address);
  Store16(port, step.param & kFieldPort ? static_cast<uint32_t>(param) : step.number);
  rewrite::SetEndpoint(m.data + m.l3, m.data + m.l4, p.family, p.protocol, end,
                       !(step.fields & kFieldIp) ? nullptr
                       : step.param & kFieldIp   ? address
                                                 : step.bytes,
                       step.fields & kFieldPort ? port : nullptr);
}

void Push(const Step &step, Moving &m, uint64_t param) {
  uint8_t tci[2];
  Store16(tci, step.param ? static_cast<uint32_t>(param) : step.number);
  m.data = rewrite::PushTag(m.data, tci);
  m.length += wire::vlan::kBytes;
  m.l3 += wire::vlan::kBytes;
  m.l4 += wire::vlan::kBytes;
}

void Pop(Moving &m) {
  m.data = rewrite::PopTag(m.data);
  m.length -= wire::vlan::kBytes;
  m.l3 -= wire::vlan::kBytes;
  m.l4 -= wire::vlan::kBytes;
}

// Behind the Ethernet header a packet may have padding, which IP's own length leaves out.
void Encap(const Action &a, const Step &step, Moving &m, const ParsedPacket &p) {
  if (step.from_ip) {
    m.data += m.l3;
    m.length -= m.l3;
    const uint32_t said = p.family == 4 ? Load16(m.data + wire::ipv4::kTotalLength)
                                        : wire::ipv6::kBytes + Load16(m.data + wire::ipv6::kPayloadLength);
    if (said < m.length) m.length = said;
  }
  m.data = rewrite::Encapsulate(m.data, m.length, {a.encap, step.number, step.l3, step.l4, step.family});
  m.length += step.number;
}

// Sees to it that the steps can grow the packet by what they want at most.
bool MakeRoom(const Action &a, const PacketRef &packet, Moving &m) {
  const uint64_t in_front = packet.offset - packet.begin, behind = packet.end - packet.offset - packet.length;
  if (in_front >= a.grow) return true;
  const uint64_t by = a.grow - in_front;
  if (behind < by) return false;
  memmove(m.data + by, m.data, m.length);
  m.data += by;
  return true;
}

}  // namespace

Outcome ExecuteSteps(const ExecuteContext &context, Action &a, const ParsedPacket &p, const PacketRef &packet,
                     uint64_t param) {
  const Outcome shown{kShow, false, packet.offset, packet.length};
  if (a.peek_every && !context.shown && IsNthToPeek(a)) return shown;
  Moving m{packet.data, packet.length, p.l3, p.l4};
  if (MissingFor(a.needs, p) || (a.lowers_ttl && p.ttl <= 1) || (a.encaps && m.length + a.grow > UINT16_MAX) ||
      (a.grow && !MakeRoom(a, packet, m))) {
    a.unfit++;
    return shown;
  }
  uint8_t verdict = a.verdict;
  for (const Step *step = a.step, *end = step + a.step_count; step < end; step++) {
    switch (step->kind) {
      case StepKind::kSetMac:
        SetMac(*step, m, param);
        break;
      case StepKind::kDnat:
        Translate(*step, m, p, param, rewrite::End::kDestination);
        break;
      case StepKind::kSnat:
        Translate(*step, m, p, param, rewrite::End::kSource);
        break;
      case StepKind::kTtl:
        rewrite::LowerTtl(m.data + m.l3, p.family);
        break;
      case StepKind::kVlanPush:
        Push(*step, m, param);
        break;
      case StepKind::kVlanPop:
        Pop(m);
        break;
      case StepKind::kEncap:
        Encap(a, *step, m, p);
        break;
      case StepKind::kMeter:
        if (TakeTokens(a.meter, context.now, m.length)) break;
        a.metered++;
        verdict = kVerdict_DROP;
        step = end - 1;
        break;
      case StepKind::kMirror:
        if (context.mirror) context.mirror(context.self, step->number, m.data, m.length);
        break;
      case StepKind::kPeek:
      case StepKind::kNone:
        break;
    }
  }
  const uint32_t offset = static_cast<uint32_t>(packet.offset + (m.data - packet.data));
  return {verdict, offset != packet.offset || m.length != packet.length, offset, m.length};
}

}  // namespace rxb
