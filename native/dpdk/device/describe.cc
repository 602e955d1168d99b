// Everything else one may want to know of a device, as JSON: link, offloads, RSS, every extended statistic, DPDK's last
// words.
#include <rte_eal.h>
#include <rte_ethdev.h>
#include <rte_version.h>

#include <string>
#include <vector>

#include "../eal/eal.h"
#include "../eal/log.h"
#include "../port.h"

namespace rxb::dpdk {

namespace {

constexpr uint32_t kLogLines = 32;

void Quote(std::string *json, const std::string &text) {
  *json += '"';
  for (unsigned char c : text) {
    if (c == '"' || c == '\\') *json += '\\';
    if (c >= 0x20)
      *json += static_cast<char>(c);
    else
      *json += ' ';
  }
  *json += '"';
}

void Key(std::string *json, const char *key) {
  if (json->back() != '{') *json += ',';
  Quote(json, key);
  *json += ':';
}

void Offloads(std::string *json, const char *key, uint64_t bits, const char *(*name)(uint64_t)) {
  Key(json, key);
  *json += '[';
  for (uint64_t rest = bits; rest; rest &= rest - 1) {
    if (json->back() != '[') *json += ',';
    Quote(json, name(rest & (~rest + 1)));
  }
  *json += ']';
}

void Link(std::string *json, const DpdkPort &port, bool lost) {
  rte_eth_link link{};
  rte_eth_link_get_nowait(port.port_id, &link);
  Key(json, "link");
  *json += "{\"up\":" + std::string(link.link_status && !lost ? "true" : "false");
  *json +=
      ",\"speedMbps\":" + (link.link_speed == RTE_ETH_SPEED_NUM_UNKNOWN ? "null" : std::to_string(link.link_speed));
  *json += ",\"duplex\":\"" + std::string(link.link_duplex ? "full" : "half") +
           "\",\"changes\":" + std::to_string(port.link_changes.load()) + "}";
}

void Rss(std::string *json, const DpdkPort &port, const rte_eth_dev_info &info) {
  std::vector<uint8_t> key(info.hash_key_size);
  rte_eth_rss_conf conf{};
  conf.rss_key = key.empty() ? nullptr : key.data();
  conf.rss_key_len = info.hash_key_size;
  Key(json, "rss");
  if (rte_eth_dev_rss_hash_conf_get(port.port_id, &conf) != 0) {
    *json += "null";
    return;
  }
  *json += "{\"fields\":";
  Quote(json, RssFieldNames(conf.rss_hf));
  *json += ",\"key\":\"";
  for (uint8_t byte : key) {
    char hex[3];
    snprintf(hex, sizeof hex, "%02x", byte);
    *json += hex;
  }
  *json += "\",\"table\":[";
  std::vector<rte_eth_rss_reta_entry64> table(info.reta_size / RTE_ETH_RETA_GROUP_SIZE + 1);
  for (auto &group : table) group.mask = ~uint64_t(0);
  if (info.reta_size && rte_eth_dev_rss_reta_query(port.port_id, table.data(), info.reta_size) == 0)
    for (uint32_t i = 0; i < info.reta_size; i++)
      *json += (i ? "," : "") + std::to_string(table[i / RTE_ETH_RETA_GROUP_SIZE].reta[i % RTE_ETH_RETA_GROUP_SIZE]);
  *json += "]}";
}

void Statistics(std::string *json, const DpdkPort &port) {
  Key(json, "xstats");
  *json += '{';
  int count = port.has_run ? rte_eth_xstats_get_names(port.port_id, nullptr, 0) : 0;
  if (count > 0) {
    std::vector<rte_eth_xstat_name> names(count);
    std::vector<rte_eth_xstat> values(count);
    if (rte_eth_xstats_get_names(port.port_id, names.data(), count) == count &&
        rte_eth_xstats_get(port.port_id, values.data(), count) == count)
      for (const rte_eth_xstat &value : values) {
        Key(json, names[value.id].name);
        *json += std::to_string(value.value);
      }
  }
  *json += '}';
}

const char *MemoryName(Memory memory) {
  return memory == Memory::kSplit ? "split" : memory == Memory::kExternal ? "external" : "own";
}

void LastWords(std::string *json) {
  Key(json, "log");
  *json += '[';
  std::string text = LogSince(0, kLogLines, "\n");
  for (size_t from = 0; from < text.size();) {
    size_t end = text.find('\n', from);
    if (end == std::string::npos) end = text.size();
    if (json->back() != '[') *json += ',';
    Quote(json, text.substr(from, end - from));
    from = end + 1;
  }
  *json += ']';
}

void Everything(std::string *json, const DpdkPort &port, bool link_only, bool lost) {
  Link(json, port, lost);
  rte_eth_dev_info info;
  if (link_only || rte_eth_dev_info_get(port.port_id, &info) != 0) return;
  Key(json, "device");
  Quote(json, port.device);
  Key(json, "memory");
  Quote(json, MemoryName(port.traits->memory));
  Key(json, "hugepages");
  *json += rte_eal_has_hugepages() ? "true" : "false";
  Key(json, "promiscuous");
  *json += rte_eth_promiscuous_get(port.port_id) == 1 ? "true" : "false";
  Key(json, "isolated");
  *json += port.flows.isolated ? "true" : "false";
  Offloads(json, "rxOffloads", info.rx_offload_capa, rte_eth_dev_rx_offload_name);
  Offloads(json, "txOffloads", info.tx_offload_capa, rte_eth_dev_tx_offload_name);
  Rss(json, port, info);
  Statistics(json, port);
  LastWords(json);
}

}  // namespace

uint32_t Describe(Port *base, bool link_only, char *out, uint32_t size) {
  auto *port = static_cast<DpdkPort *>(base);
  bool lost = port->lost || port->watch.Gone();  // drivers go on saying what they said last
  std::string json = "{";
  OnEalThread([&] { Everything(&json, *port, link_only, lost); });
  json += '}';
  if (json.size() < size) memcpy(out, json.c_str(), json.size() + 1);
  return static_cast<uint32_t>(json.size() + 1);
}

}  // namespace rxb::dpdk
