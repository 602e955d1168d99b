// From what a filter wants of a NIC to rte_flow's items and actions.
#include "flow_pattern.h"

#include <arpa/inet.h>

#include <cstring>

namespace rxb::dpdk {

namespace {

bool IsZero(const void *bytes, size_t size) {
  for (size_t i = 0; i < size; i++)
    if (static_cast<const uint8_t *>(bytes)[i]) return false;
  return true;
}

// An address, or its mask, in network byte order; of IPv4 the first word.
struct AddressWords {
  uint32_t word[4];
  AddressWords(const FlowMatch::Address &address, bool mask) {
    for (int i = 0; i < 4; i++) word[i] = htonl(mask ? address.word[i].mask : address.word[i].value);
  }
};

std::string AddressText(bool four, const AddressWords &words) {
  char text[INET6_ADDRSTRLEN];
  return inet_ntop(four ? AF_INET : AF_INET6, words.word, text, sizeof text);
}

uint16_t PortWord(const FlowMatch::Number &port, bool mask) {
  return htons(static_cast<uint16_t>(mask ? port.mask : port.value));
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

void FlowPattern::Address(const char *name, const FlowMatch &match, const FlowMatch::Address &address) {
  const AddressWords value(address, false), mask(address, true);
  if (IsZero(mask.word, sizeof mask.word)) return;
  std::string field = std::string(" ") + name;
  text += field + " spec " + AddressText(match.four, value) + field + " mask " + AddressText(match.four, mask);
}

FlowPattern::FlowPattern(const FlowMatch &match) {
  const bool ports = offload::HasPorts(match.protocol);
  const bool plain = !ports && match.protocol >= 0;  // no header behind IP's is named: its number is
  const auto number = static_cast<uint8_t>(match.protocol);
  items[0].type = RTE_FLOW_ITEM_TYPE_ETH;
  for (bool mask : {false, true}) {
    rte_ipv4_hdr &four = ipv4_[mask].hdr;
    rte_ipv6_hdr &six = ipv6_[mask].hdr;
    const AddressWords source(match.source, mask), destination(match.destination, mask);
    if (match.four) {
      four.src_addr = source.word[0], four.dst_addr = destination.word[0];
      if (plain) four.next_proto_id = mask ? 0xff : number;
    } else {
      memcpy(&six.src_addr, source.word, sizeof source.word),
          memcpy(&six.dst_addr, destination.word, sizeof destination.word);
      if (plain) six.proto = mask ? 0xff : number;
    }
    tcp_[mask].hdr.src_port = udp_[mask].hdr.src_port = sctp_[mask].hdr.src_port = PortWord(match.source_port, mask);
    tcp_[mask].hdr.dst_port = udp_[mask].hdr.dst_port = sctp_[mask].hdr.dst_port =
        PortWord(match.destination_port, mask);
  }
  if (match.four)
    Add(RTE_FLOW_ITEM_TYPE_IPV4, "ipv4", ipv4_);
  else
    Add(RTE_FLOW_ITEM_TYPE_IPV6, "ipv6", ipv6_);
  Address("src", match, match.source);
  Address("dst", match, match.destination);
  if (plain) Field("proto", number, 0xff, 0xff);
  if (ports) {
    if (match.protocol == IPPROTO_TCP)
      Add(RTE_FLOW_ITEM_TYPE_TCP, "tcp", tcp_);
    else if (match.protocol == IPPROTO_UDP)
      Add(RTE_FLOW_ITEM_TYPE_UDP, "udp", udp_);
    else
      Add(RTE_FLOW_ITEM_TYPE_SCTP, "sctp", sctp_);
    Field("src", match.source_port.value, match.source_port.mask, 0xffff);
    Field("dst", match.destination_port.value, match.destination_port.mask, 0xffff);
  }
  text += " / end";
}

FlowActions::FlowActions(const offload::FlowRule &rule, uint64_t rss_fields, const std::string &rss_key)
    : queues_(rule.queues) {
  if (rule.drops) {
    actions[0].type = RTE_FLOW_ACTION_TYPE_COUNT;
    actions[1].type = RTE_FLOW_ACTION_TYPE_DROP;
    text = "actions count / drop / end";
    return;
  }
  text = "actions ";
  rte_flow_action *fate = &actions[0];
  if (rule.marks) {
    mark_.id = rule.mark;
    *fate++ = {RTE_FLOW_ACTION_TYPE_MARK, &mark_};
    text += "mark id " + std::to_string(rule.mark) + " / ";
  }
  if (queues_.size() == 1) {
    queue_.index = queues_[0];
    *fate = {RTE_FLOW_ACTION_TYPE_QUEUE, &queue_};
    text += "queue index " + std::to_string(queue_.index);
  } else {
    rss_.func = RTE_ETH_HASH_FUNCTION_DEFAULT;
    rss_.types = rss_fields;
    rss_.key_len = static_cast<uint32_t>(rss_key.size());
    rss_.key = rss_key.empty() ? nullptr : reinterpret_cast<const uint8_t *>(rss_key.data());
    rss_.queue_num = static_cast<uint32_t>(queues_.size());
    rss_.queue = queues_.data();
    *fate = {RTE_FLOW_ACTION_TYPE_RSS, &rss_};
    text += "rss queues";
    for (uint16_t queue : queues_) text += " " + std::to_string(queue);
    text += " end";
  }
  text += " / end";
}

}  // namespace rxb::dpdk
