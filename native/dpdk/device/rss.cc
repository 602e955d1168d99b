// Receive-side scaling: which fields are hashed, with which key, and which queue each hash goes to.
#include <rte_errno.h>
#include <rte_ethdev.h>

#include <cstdlib>
#include <vector>

#include "../port.h"

namespace rxb::dpdk {

namespace {

struct Field {
  const char *name;
  uint64_t bits;
};
// Names a person types; each stands for what the device can do of it.
const Field kFields[] = {
    {"ip", RTE_ETH_RSS_IP},
    {"ipv4", RTE_ETH_RSS_IPV4 | RTE_ETH_RSS_FRAG_IPV4 | RTE_ETH_RSS_NONFRAG_IPV4_OTHER},
    {"ipv6", RTE_ETH_RSS_IPV6 | RTE_ETH_RSS_FRAG_IPV6 | RTE_ETH_RSS_NONFRAG_IPV6_OTHER | RTE_ETH_RSS_IPV6_EX},
    {"tcp", RTE_ETH_RSS_TCP},
    {"udp", RTE_ETH_RSS_UDP},
    {"sctp", RTE_ETH_RSS_SCTP},
    {"port", RTE_ETH_RSS_PORT},
    {"vlan", RTE_ETH_RSS_VLAN},
    {"l2", RTE_ETH_RSS_L2_PAYLOAD | RTE_ETH_RSS_ETH},
    {"tunnel", RTE_ETH_RSS_TUNNEL},
    {"mpls", RTE_ETH_RSS_MPLS},
    {"esp", RTE_ETH_RSS_ESP},
};

std::string Supported(uint64_t capable) {
  std::string names = RssFieldNames(capable);
  return names.empty() ? "none: it does no RSS" : names;
}

Status ParseFields(const char *port, const char *text, uint64_t capable, uint64_t *fields) {
  *fields = 0;
  std::string list = text;
  for (size_t from = 0; from <= list.size();) {
    size_t comma = list.find(',', from);
    if (comma == std::string::npos) comma = list.size();
    std::string name = list.substr(from, comma - from);
    from = comma + 1;
    if (name == "none" || name.empty()) continue;
    uint64_t bits = 0;
    for (const Field &field : kFields)
      if (name == field.name) bits = field.bits;
    if (!bits)
      return Fail(kBadOption, "%s: rss knows no field '%s'; this device hashes %s", port, name.c_str(),
                  Supported(capable).c_str());
    if (!(bits & capable))
      return Fail(kNotSupported, "%s: this device can't hash by %s; it hashes %s", port, name.c_str(),
                  Supported(capable).c_str());
    *fields |= bits & capable;
  }
  return {};
}

int Hex(char c) {
  return c >= '0' && c <= '9'   ? c - '0'
         : c >= 'a' && c <= 'f' ? c - 'a' + 10
         : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                : -1;
}

Status ParseKey(const char *port, const char *text, uint32_t bytes, std::string *key) {
  key->clear();
  int high = -1;
  for (const char *c = text; *c; c++) {
    if (*c == ':') continue;
    int digit = Hex(*c);
    if (digit < 0) return Fail(kBadOption, "%s: rssKey is hexadecimal digits, two a byte; '%c' is not one", port, *c);
    if (high < 0)
      high = digit;
    else
      key->push_back(static_cast<char>(high << 4 | digit)), high = -1;
  }
  if (high >= 0 || key->size() != bytes)
    return Fail(kBadOption, "%s: this device's rssKey has %u bytes, which are %u digits; %zu digits were given", port,
                bytes, bytes * 2, key->size() * 2 + (high >= 0));
  return {};
}

Status ParseTable(const char *port, const std::string &text, uint32_t queues, std::vector<uint16_t> *table) {
  for (size_t from = 0; from < text.size();) {
    const size_t comma = std::min(text.find(',', from), text.size());
    uint32_t queue;
    if (!ParseWhole(text.c_str() + from, comma - from, &queue) || comma + 1 == text.size())
      return Fail(kBadOption, "%s: option rssTable wants queue numbers with commas between, such as 0,1,1,0; not '%s'",
                  port, text.c_str());
    if (queue >= queues)
      return Fail(kNoQueue, "%s: rssTable names queue %u; the port was opened with queues up to %u", port, queue,
                  queues - 1);
    table->push_back(static_cast<uint16_t>(queue));
    from = comma + 1;
  }
  return {};
}

}  // namespace

std::string RssFieldNames(uint64_t fields) {
  std::string names;
  for (const Field &field : kFields)
    if (field.bits & fields) names += (names.empty() ? "" : ", ") + std::string(field.name);
  return names;
}

Status ParseRss(const PortRequest &request, const rte_eth_dev_info &info, DpdkPort *port) {
  const Options &options = request.options;
  const char *fields = FindOption(options, "rss"), *key = FindOption(options, "rssKey"),
             *table = FindOption(options, "rssTable");
  uint64_t capable = info.flow_type_rss_offloads;
  port->rss_fields = capable & (RTE_ETH_RSS_IP | RTE_ETH_RSS_TCP | RTE_ETH_RSS_UDP | RTE_ETH_RSS_SCTP);
  if (fields) RXB_TRY(ParseFields(request.name, fields, capable, &port->rss_fields));
  if (key) {
    if (!info.hash_key_size) return Fail(kNotSupported, "%s: this device takes no rssKey", request.name);
    RXB_TRY(ParseKey(request.name, key, info.hash_key_size, &port->rss_key));
  }
  if (table) {
    if (!info.reta_size) return Fail(kNotSupported, "%s: this device has no rssTable that can be set", request.name);
    std::vector<uint16_t> queues;
    RXB_TRY(ParseTable(request.name, table, port->highest, &queues));
    if (queues.empty() || queues.size() > info.reta_size)
      return Fail(kBadOption, "%s: rssTable has 1 to %u entries on this device, repeated to fill it; %zu were given",
                  request.name, info.reta_size, queues.size());
    port->rss_table = table;
  }
  return {};
}

// Every hash goes to a queue that somebody reads: as the user's table says, or to each bound queue in turn.
Status ApplyRssTable(DpdkPort *port, const rte_eth_dev_info &info) {
  if (!info.reta_size || port->highest < 2 || !port->rss_fields) return {};
  std::vector<uint16_t> queues;
  if (!port->rss_table.empty()) {
    RXB_TRY(ParseTable(port->name, port->rss_table, port->highest, &queues));
  } else {
    for (Queue *queue : port->queues)
      if (queue && static_cast<DpdkQueue *>(queue)->set_up) queues.push_back(static_cast<uint16_t>(queue->index));
  }
  if (queues.empty()) return {};
  std::vector<rte_eth_rss_reta_entry64> table(info.reta_size / RTE_ETH_RETA_GROUP_SIZE + 1);
  for (uint32_t i = 0; i < info.reta_size; i++) {
    rte_eth_rss_reta_entry64 &group = table[i / RTE_ETH_RETA_GROUP_SIZE];
    group.mask |= uint64_t(1) << (i % RTE_ETH_RETA_GROUP_SIZE);
    group.reta[i % RTE_ETH_RETA_GROUP_SIZE] = queues[i % queues.size()];
  }
  int result = rte_eth_dev_rss_reta_update(port->port_id, table.data(), info.reta_size);
  if (result == 0 || (result == -ENOTSUP && port->rss_table.empty())) return {};
  return Fail(kNotSupported, "%s: the device refused the RSS table: %s", port->name, rte_strerror(-result));
}

}  // namespace rxb::dpdk
