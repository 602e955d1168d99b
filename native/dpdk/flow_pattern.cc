// From what a filter wants of a NIC to rte_flow's items and actions.
#include "flow_pattern.h"

#include <arpa/inet.h>

#include <cstring>

namespace rxb::dpdk {

namespace {

constexpr uint32_t kAddress4 = 4, kAddress6 = 16;

struct Part {
  const void *value, *mask;
};

// Where a match keeps what; the specs of ethtool's flow types begin alike.
struct Layout {
  bool four = false;
  int protocol = -1;  // -1: any
  bool ports = false;
  Part source, destination;
  uint16_t from = 0, from_mask = 0, to = 0, to_mask = 0;  // in network byte order

  explicit Layout(const FlowMatch &match) {
    const auto &h = match.h_u, &m = match.m_u;
    switch (match.flow_type) {
      case TCP_V4_FLOW:
      case UDP_V4_FLOW:
      case SCTP_V4_FLOW:
        four = true;
        [[fallthrough]];
      case TCP_V6_FLOW:
      case UDP_V6_FLOW:
      case SCTP_V6_FLOW:
        ports = true;
        break;
      case IP_USER_FLOW:
        four = true;
        if (m.usr_ip4_spec.proto) protocol = h.usr_ip4_spec.proto;
        break;
      default:
        if (m.usr_ip6_spec.l4_proto) protocol = h.usr_ip6_spec.l4_proto;
    }
    switch (match.flow_type) {
      case TCP_V4_FLOW:
      case TCP_V6_FLOW:
        protocol = IPPROTO_TCP;
        break;
      case UDP_V4_FLOW:
      case UDP_V6_FLOW:
        protocol = IPPROTO_UDP;
        break;
      case SCTP_V4_FLOW:
      case SCTP_V6_FLOW:
        protocol = IPPROTO_SCTP;
    }
    if (four) {
      source = {&h.tcp_ip4_spec.ip4src, &m.tcp_ip4_spec.ip4src};
      destination = {&h.tcp_ip4_spec.ip4dst, &m.tcp_ip4_spec.ip4dst};
    } else {
      source = {h.tcp_ip6_spec.ip6src, m.tcp_ip6_spec.ip6src};
      destination = {h.tcp_ip6_spec.ip6dst, m.tcp_ip6_spec.ip6dst};
    }
    if (!ports) return;
    from = four ? h.tcp_ip4_spec.psrc : h.tcp_ip6_spec.psrc, from_mask = four ? m.tcp_ip4_spec.psrc : m.tcp_ip6_spec.psrc;
    to = four ? h.tcp_ip4_spec.pdst : h.tcp_ip6_spec.pdst, to_mask = four ? m.tcp_ip4_spec.pdst : m.tcp_ip6_spec.pdst;
  }
};

bool IsZero(const void *bytes, size_t size) {
  for (size_t i = 0; i < size; i++)
    if (static_cast<const uint8_t *>(bytes)[i]) return false;
  return true;
}

std::string AddressText(int family, const void *address) {
  char text[INET6_ADDRSTRLEN];
  return inet_ntop(family, address, text, sizeof text);
}

}  // namespace

// An item without a mask of its own says that there is such a header.
template<typename Item>
void FlowPattern::Add(rte_flow_item_type type, const char *name, const Item (&item)[2]) {
  bool any = IsZero(&item[1], sizeof(Item));
  items[count_++] = {type, any ? nullptr : &item[0], nullptr, any ? nullptr : &item[1]};
  text += std::string(" / ") + name;
}

void FlowPattern::Field(const char *name, uint32_t value, uint32_t mask, uint32_t whole) {
  std::string field = std::string(" ") + name;
  if (mask == whole)
    text += field + " is " + std::to_string(value);
  else if (mask)
    text += field + " spec " + std::to_string(value) + field + " mask " + std::to_string(mask);
}

void FlowPattern::Address(const char *name, int family, const void *value, const void *mask) {
  if (IsZero(mask, family == AF_INET ? kAddress4 : kAddress6)) return;
  std::string field = std::string(" ") + name;
  text += field + " spec " + AddressText(family, value) + field + " mask " + AddressText(family, mask);
}

FlowPattern::FlowPattern(const FlowMatch &match) {
  const Layout layout(match);
  const bool plain = !layout.ports && layout.protocol >= 0;  // no header behind IP's is named: its number is
  const auto number = static_cast<uint8_t>(layout.protocol);
  items[0].type = RTE_FLOW_ITEM_TYPE_ETH;
  for (int i = 0; i < 2; i++) {
    auto pick = [&](const Part &part) { return i ? part.mask : part.value; };
    rte_ipv4_hdr &four = ipv4_[i].hdr;
    rte_ipv6_hdr &six = ipv6_[i].hdr;
    if (layout.four) {
      memcpy(&four.src_addr, pick(layout.source), kAddress4), memcpy(&four.dst_addr, pick(layout.destination), kAddress4);
      if (plain) four.next_proto_id = i ? 0xff : number;
    } else {
      memcpy(&six.src_addr, pick(layout.source), kAddress6), memcpy(&six.dst_addr, pick(layout.destination), kAddress6);
      if (plain) six.proto = i ? 0xff : number;
    }
    const uint16_t from = i ? layout.from_mask : layout.from, to = i ? layout.to_mask : layout.to;
    tcp_[i].hdr.src_port = udp_[i].hdr.src_port = sctp_[i].hdr.src_port = from;
    tcp_[i].hdr.dst_port = udp_[i].hdr.dst_port = sctp_[i].hdr.dst_port = to;
  }
  if (layout.four)
    Add(RTE_FLOW_ITEM_TYPE_IPV4, "ipv4", ipv4_);
  else
    Add(RTE_FLOW_ITEM_TYPE_IPV6, "ipv6", ipv6_);
  const int family = layout.four ? AF_INET : AF_INET6;
  Address("src", family, layout.source.value, layout.source.mask);
  Address("dst", family, layout.destination.value, layout.destination.mask);
  if (plain) Field("proto", number, 0xff, 0xff);
  if (layout.ports) {
    if (layout.protocol == IPPROTO_TCP)
      Add(RTE_FLOW_ITEM_TYPE_TCP, "tcp", tcp_);
    else if (layout.protocol == IPPROTO_UDP)
      Add(RTE_FLOW_ITEM_TYPE_UDP, "udp", udp_);
    else
      Add(RTE_FLOW_ITEM_TYPE_SCTP, "sctp", sctp_);
    Field("src", ntohs(layout.from), ntohs(layout.from_mask), 0xffff);
    Field("dst", ntohs(layout.to), ntohs(layout.to_mask), 0xffff);
  }
  text += " / end";
}

FlowActions::FlowActions(std::vector<uint16_t> queues, uint64_t rss_fields, const std::string &rss_key) : queues_(std::move(queues)) {
  if (queues_.size() == 1) {
    queue_.index = queues_[0];
    actions[0] = {RTE_FLOW_ACTION_TYPE_QUEUE, &queue_};
    text = "actions queue index " + std::to_string(queue_.index);
  } else {
    rss_.func = RTE_ETH_HASH_FUNCTION_DEFAULT;
    rss_.types = rss_fields;
    rss_.key_len = static_cast<uint32_t>(rss_key.size());
    rss_.key = rss_key.empty() ? nullptr : reinterpret_cast<const uint8_t *>(rss_key.data());
    rss_.queue_num = static_cast<uint32_t>(queues_.size());
    rss_.queue = queues_.data();
    actions[0] = {RTE_FLOW_ACTION_TYPE_RSS, &rss_};
    text = "actions rss queues";
    for (uint16_t queue : queues_) text += " " + std::to_string(queue);
    text += " end";
  }
  text += " / end";
}

std::string FlowExpression(const FlowMatch &match) {
  const Layout layout(match);
  const std::string ip = layout.four ? "ip" : "ip6";
  std::string text = ip;
  auto equal = [&](const std::string &at, uint32_t value, uint32_t mask) {
    if (mask) text += " and " + at + " & " + std::to_string(mask) + " = " + std::to_string(value & mask);
  };
  auto address = [&](const Part &part, uint32_t at) {
    for (uint32_t i = 0; i < (layout.four ? 1u : 4u); i++) {
      uint32_t value, mask;
      memcpy(&value, static_cast<const uint8_t *>(part.value) + 4 * i, 4),
          memcpy(&mask, static_cast<const uint8_t *>(part.mask) + 4 * i, 4);
      equal(ip + "[" + std::to_string(at + 4 * i) + ":4]", ntohl(value), ntohl(mask));
    }
  };
  if (layout.protocol >= 0) text += " and " + ip + (layout.four ? "[9] = " : "[6] = ") + std::to_string(layout.protocol);
  address(layout.source, layout.four ? 12 : 8);
  address(layout.destination, layout.four ? 16 : 24);
  if (layout.ports) {
    const std::string header = !layout.four                     ? "ip6"
                               : layout.protocol == IPPROTO_TCP ? "tcp"
                               : layout.protocol == IPPROTO_UDP ? "udp"
                                                                : "sctp";
    const uint32_t at = layout.four ? 0 : 40;  // libpcap finds the port of an IPv4 packet only
    equal(header + "[" + std::to_string(at) + ":2]", ntohs(layout.from), ntohs(layout.from_mask));
    equal(header + "[" + std::to_string(at + 2) + ":2]", ntohs(layout.to), ntohs(layout.to_mask));
  }
  return text;
}

}  // namespace rxb::dpdk
