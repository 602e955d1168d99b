// Rules in hardware by ethtool's n-tuple interface: from a match to the kernel's spec, to text, to a key, and back.
#include "ntuple.h"

#include <arpa/inet.h>

#include <algorithm>

#include "../nic/ethtool.h"

namespace rxb::offload {
namespace {

// Of struct ethtool_rx_flow_spec (linux/ethtool.h): flow, masks and ring_cookie. The place stands behind them.
constexpr size_t kKeyBytes = offsetof(ethtool_rx_flow_spec, location);
static_assert(kKeyBytes == 160, "keys in journals have so many bytes");

uint32_t FlowType(const FlowMatch &match) {
  switch (match.protocol) {
    case IPPROTO_TCP:
      return match.four ? TCP_V4_FLOW : TCP_V6_FLOW;
    case IPPROTO_UDP:
      return match.four ? UDP_V4_FLOW : UDP_V6_FLOW;
    case IPPROTO_SCTP:
      return match.four ? SCTP_V4_FLOW : SCTP_V6_FLOW;
    default:
      return match.four ? IP_USER_FLOW : IPV6_USER_FLOW;
  }
}

const char *TypeName(const FlowMatch &match) {
  const bool four = match.four;
  switch (match.protocol) {
    case IPPROTO_TCP:
      return four ? "tcp4" : "tcp6";
    case IPPROTO_UDP:
      return four ? "udp4" : "udp6";
    case IPPROTO_SCTP:
      return four ? "sctp4" : "sctp6";
    default:
      return four ? "ip4" : "ip6";
  }
}

// The specs of TCP, UDP and SCTP are one for each family, and begin like those of IP packets.
template<typename Spec>
void FillPorts(const FlowMatch &match, Spec *value, Spec *mask) {
  value->psrc = htons(static_cast<uint16_t>(match.source_port.value)),
  mask->psrc = htons(static_cast<uint16_t>(match.source_port.mask));
  value->pdst = htons(static_cast<uint16_t>(match.destination_port.value)),
  mask->pdst = htons(static_cast<uint16_t>(match.destination_port.mask));
}

// As ethtool(8) fills it: masks have ones where the packet must agree.
ethtool_rx_flow_spec SpecOf(const FlowRule &rule) {
  const FlowMatch &match = rule.match;
  ethtool_rx_flow_spec spec{};
  auto &value = spec.h_u, &mask = spec.m_u;
  spec.flow_type = FlowType(match);
  spec.location = RX_CLS_LOC_ANY;
  spec.ring_cookie = rule.drops ? RX_CLS_FLOW_DISC : rule.queues.empty() ? 0 : rule.queues[0];
  if (match.four) {
    value.tcp_ip4_spec.ip4src = htonl(match.source.word[0].value),
    mask.tcp_ip4_spec.ip4src = htonl(match.source.word[0].mask);
    value.tcp_ip4_spec.ip4dst = htonl(match.destination.word[0].value),
    mask.tcp_ip4_spec.ip4dst = htonl(match.destination.word[0].mask);
  }
  for (int i = 0; i < 4 && !match.four; i++) {
    value.tcp_ip6_spec.ip6src[i] = htonl(match.source.word[i].value),
    mask.tcp_ip6_spec.ip6src[i] = htonl(match.source.word[i].mask);
    value.tcp_ip6_spec.ip6dst[i] = htonl(match.destination.word[i].value);
    mask.tcp_ip6_spec.ip6dst[i] = htonl(match.destination.word[i].mask);
  }
  const auto protocol = static_cast<uint8_t>(match.protocol);
  const bool named = match.protocol >= 0;
  if (HasPorts(match.protocol)) {
    if (match.four)
      FillPorts(match, &value.tcp_ip4_spec, &mask.tcp_ip4_spec);
    else
      FillPorts(match, &value.tcp_ip6_spec, &mask.tcp_ip6_spec);
  } else if (match.four) {
    value.usr_ip4_spec.ip_ver = ETH_RX_NFC_IP4;
    if (named) value.usr_ip4_spec.proto = protocol, mask.usr_ip4_spec.proto = 0xff;
  } else if (named) {
    value.usr_ip6_spec.l4_proto = protocol, mask.usr_ip6_spec.l4_proto = 0xff;
  }
  return spec;
}

FlowMatch::Number NumberOf(uint32_t value, uint32_t mask) { return {value & mask, mask}; }
FlowMatch::Number WordOf(uint32_t value, uint32_t mask) { return NumberOf(ntohl(value), ntohl(mask)); }
FlowMatch::Number PortOf(uint16_t value, uint16_t mask) { return NumberOf(ntohs(value), ntohs(mask)); }

// The match of a spec that SpecOf() has made; of any other something else.
FlowMatch MatchOf(const ethtool_rx_flow_spec &spec) {
  FlowMatch match;
  const auto &value = spec.h_u, &mask = spec.m_u;
  const uint32_t type = spec.flow_type;
  match.four = type == TCP_V4_FLOW || type == UDP_V4_FLOW || type == SCTP_V4_FLOW || type == IP_USER_FLOW;
  if (type == TCP_V4_FLOW || type == TCP_V6_FLOW) match.protocol = IPPROTO_TCP;
  if (type == UDP_V4_FLOW || type == UDP_V6_FLOW) match.protocol = IPPROTO_UDP;
  if (type == SCTP_V4_FLOW || type == SCTP_V6_FLOW) match.protocol = IPPROTO_SCTP;
  if (type == IP_USER_FLOW && mask.usr_ip4_spec.proto) match.protocol = value.usr_ip4_spec.proto;
  if (type == IPV6_USER_FLOW && mask.usr_ip6_spec.l4_proto) match.protocol = value.usr_ip6_spec.l4_proto;
  const auto &four = value.tcp_ip4_spec, &four_mask = mask.tcp_ip4_spec;
  const auto &six = value.tcp_ip6_spec, &six_mask = mask.tcp_ip6_spec;
  if (match.four) {
    match.source.word[0] = WordOf(four.ip4src, four_mask.ip4src);
    match.destination.word[0] = WordOf(four.ip4dst, four_mask.ip4dst);
  }
  for (int i = 0; i < 4 && !match.four; i++) {
    match.source.word[i] = WordOf(six.ip6src[i], six_mask.ip6src[i]);
    match.destination.word[i] = WordOf(six.ip6dst[i], six_mask.ip6dst[i]);
  }
  if (!HasPorts(match.protocol)) return match;
  match.source_port = match.four ? PortOf(four.psrc, four_mask.psrc) : PortOf(six.psrc, six_mask.psrc);
  match.destination_port = match.four ? PortOf(four.pdst, four_mask.pdst) : PortOf(six.pdst, six_mask.pdst);
  return match;
}

std::string KeyOf(const ethtool_rx_flow_spec &spec) {
  static const char kDigits[] = "0123456789abcdef";
  const auto *bytes = reinterpret_cast<const uint8_t *>(&spec);
  std::string key;
  for (size_t i = 0; i < kKeyBytes; i++) key += kDigits[bytes[i] >> 4], key += kDigits[bytes[i] & 15];
  return key;
}

std::string AddressText(const FlowMatch &match, const FlowMatch::Address &address, bool mask) {
  uint32_t words[4];
  for (int i = 0; i < 4; i++) words[i] = htonl(mask ? address.word[i].mask : address.word[i].value);
  char text[INET6_ADDRSTRLEN];
  return inet_ntop(match.four ? AF_INET : AF_INET6, words, text, sizeof text);
}

void AddAddress(const char *name, const FlowMatch &match, const FlowMatch::Address &address, std::string *text) {
  if (std::any_of(std::begin(address.word), std::end(address.word),
                  [](const FlowMatch::Number &word) { return word.mask; }))
    *text +=
        std::string(" ") + name + " " + AddressText(match, address, false) + "/" + AddressText(match, address, true);
}

void AddPort(const char *name, const FlowMatch::Number &port, std::string *text) {
  if (!port.mask) return;
  *text += std::string(" ") + name + " " + std::to_string(port.value);
  if (port.mask != 0xffff) *text += "/" + std::to_string(port.mask);
}

}  // namespace

std::string NtupleOffload::Text(const FlowRule &rule) const {
  const FlowMatch &match = rule.match;
  std::string text = TypeName(match);
  AddAddress("src-ip", match, match.source, &text);
  AddAddress("dst-ip", match, match.destination, &text);
  if (match.protocol >= 0 && !HasPorts(match.protocol)) text += " l4proto " + std::to_string(match.protocol);
  AddPort("src-port", match.source_port, &text);
  AddPort("dst-port", match.destination_port, &text);
  if (rule.drops) return text + " -> drop";
  return text + " -> queue " + std::to_string(rule.queues.empty() ? 0 : rule.queues[0]);
}

std::string NtupleOffload::Key(const FlowRule &rule) const { return KeyOf(SpecOf(rule)); }

Status NtupleOffload::Add(const FlowRule &rule, uint32_t *place) {
  const ethtool_rx_flow_spec spec = SpecOf(rule);
  return ethtool::InsertRule(interface_.c_str(), spec, place);
}

Status NtupleOffload::Remove(const std::string &key, uint32_t place) {
  std::vector<uint32_t> places;
  RXB_TRY(Places(key, &places));
  const bool there = std::find(places.begin(), places.end(), place) != places.end();
  return there ? ethtool::DeleteRule(interface_.c_str(), place) : Status{};
}

Status NtupleOffload::Places(const std::string &key, std::vector<uint32_t> *places) const {
  std::vector<Listed> rules;
  RXB_TRY(List(&rules));
  for (const Listed &rule : rules)
    if (rule.key == key) places->push_back(rule.place);
  return {};
}

Status NtupleOffload::List(std::vector<Listed> *rules) const {
  std::vector<ethtool_rx_flow_spec> specs;
  RXB_TRY(ethtool::ListRules(interface_.c_str(), &specs));
  // ring_cookie has the queue in its lower half (linux/ethtool.h, ETHTOOL_RX_FLOW_SPEC_RING).
  for (const ethtool_rx_flow_spec &spec : specs)
    rules->push_back({KeyOf(spec), spec.location, static_cast<uint32_t>(spec.ring_cookie)});
  return {};
}

Status ReadNtupleKey(const std::string &key, FlowRule *rule) {
  ethtool_rx_flow_spec spec{};
  auto *bytes = reinterpret_cast<uint8_t *>(&spec);
  auto digit = [](char c) { return static_cast<uint8_t>(c <= '9' ? c - '0' : c - 'a' + 10); };
  const bool digits = key.size() == 2 * kKeyBytes && key.find_first_not_of("0123456789abcdef") == std::string::npos;
  for (size_t i = 0; digits && i < kKeyBytes; i++)
    bytes[i] = static_cast<uint8_t>(digit(key[2 * i]) << 4 | digit(key[2 * i + 1]));
  *rule = {MatchOf(spec), {static_cast<uint16_t>(spec.ring_cookie)}};
  rule->drops = spec.ring_cookie == RX_CLS_FLOW_DISC;
  return digits && KeyOf(SpecOf(*rule)) == key
             ? Status{}
             : Fail(kBadArgument, "'%.40s' is no key of a NIC rule that rxburst makes", key.c_str());
}

}  // namespace rxb::offload
