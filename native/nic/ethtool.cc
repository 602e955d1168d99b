// What a NIC can be told by ethtool ioctls: n-tuple rules, RSS table, channels, offload flags.
#include "ethtool.h"

#include <linux/sockios.h>
#include <net/if.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

namespace rxb::ethtool {
namespace {

constexpr uint32_t kStatisticsMore = 4096;

int Ask(const char *interface, void *request) {
  int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (fd < 0) return -1;
  struct ifreq ask {};
  snprintf(ask.ifr_name, sizeof ask.ifr_name, "%s", interface);
  ask.ifr_data = static_cast<char *>(request);
  int result = ioctl(fd, SIOCETHTOOL, &ask), error = errno;
  close(fd);
  errno = error;
  return result;
}

Status Refused(const char *interface, const char *what) {
  int error = errno;
  if (error == EOPNOTSUPP || error == ENOTSUP)
    return Fail(kNotSupported, "%s: the driver can't %s (EOPNOTSUPP)", interface, what);
  if (error == ENODEV)
    return Fail(kNoInterface, "there is no network interface '%s' in this network namespace. List them with: ip link",
                interface);
  char text[160];
  snprintf(text, sizeof text, "%s: the driver refused to %s", interface, what);
  return FailErrno(text, error);
}

// A request with an array of u32 at its end.
template<typename Head>
struct WithArray {
  explicit WithArray(size_t words) : bytes(sizeof(Head) + 4 * words) {}
  Head *operator->() { return reinterpret_cast<Head *>(bytes.data()); }
  std::vector<uint8_t> bytes;
};

// How many rules there are, and what GRXCLSRLCNT says about the table.
Status CountRules(const char *interface, uint32_t *count, uint64_t *table) {
  ethtool_rxnfc ask{};
  ask.cmd = ETHTOOL_GRXCLSRLCNT;
  if (Ask(interface, &ask)) return Refused(interface, "take n-tuple rules");
  *count = ask.rule_cnt;
  *table = ask.data;
  return {};
}

Status Locations(const char *interface, std::vector<uint32_t> *taken, uint64_t *table_size) {
  uint32_t count = 0;
  RXB_TRY(CountRules(interface, &count, table_size));
  WithArray<ethtool_rxnfc> all(count);
  all->cmd = ETHTOOL_GRXCLSRLALL;
  all->rule_cnt = count;
  if (Ask(interface, all.bytes.data())) return Refused(interface, "list its n-tuple rules");
  if (all->data) *table_size = all->data;
  if (all->rule_cnt < count) count = all->rule_cnt;
  taken->assign(all->rule_locs, all->rule_locs + count);
  return {};
}

// RX_CLS_LOC_ANY where the driver chooses by itself; else the last free place, which is what ethtool(8) takes.
Status FindPlace(const char *interface, uint32_t *location) {
  uint32_t count = 0;
  uint64_t table = 0;
  RXB_TRY(CountRules(interface, &count, &table));
  *location = RX_CLS_LOC_ANY;
  if (table & RX_CLS_LOC_SPECIAL) return {};
  std::vector<uint32_t> taken;
  RXB_TRY(Locations(interface, &taken, &table));
  std::vector<bool> used(table);
  for (uint32_t at : taken)
    if (at < table) used[at] = true;
  while (table > 0 && used[table - 1]) table--;
  if (!table)
    return Fail(kNotSupported, "%s: the NIC's table of n-tuple rules is full (%zu). See them: ethtool -n %s", interface,
                taken.size(), interface);
  *location = static_cast<uint32_t>(table - 1);
  return {};
}

}  // namespace

Status InsertRule(const char *interface, ethtool_rx_flow_spec rule, uint32_t *location) {
  RXB_TRY(FindPlace(interface, &rule.location));
  ethtool_rxnfc ask{};
  ask.cmd = ETHTOOL_SRXCLSRLINS;
  ask.fs = rule;
  if (Ask(interface, &ask)) return Refused(interface, "take this n-tuple rule");
  *location = ask.fs.location;
  return {};
}

Status DeleteRule(const char *interface, uint32_t location) {
  ethtool_rxnfc ask{};
  ask.cmd = ETHTOOL_SRXCLSRLDEL;
  ask.fs.location = location;
  return Ask(interface, &ask) ? Refused(interface, "delete an n-tuple rule") : Status{};
}

Status ListRules(const char *interface, std::vector<ethtool_rx_flow_spec> *rules) {
  std::vector<uint32_t> taken;
  uint64_t table = 0;
  RXB_TRY(Locations(interface, &taken, &table));
  for (uint32_t at : taken) {
    ethtool_rxnfc ask{};
    ask.cmd = ETHTOOL_GRXCLSRULE;
    ask.fs.location = at;
    if (!Ask(interface, &ask)) rules->push_back(ask.fs);
  }
  return {};
}

Status GetRss(const char *interface, std::vector<uint32_t> *table) {
  ethtool_rxfh size{};
  size.cmd = ETHTOOL_GRSSH;
  if (Ask(interface, &size)) return Refused(interface, "show its RSS table");
  if (!size.indir_size) return Fail(kNotSupported, "%s: the driver has no RSS table", interface);
  // The hash key comes behind the table; it is neither wanted nor changed.
  WithArray<ethtool_rxfh> all(size.indir_size + (size.key_size + 3) / 4);
  all->cmd = ETHTOOL_GRSSH;
  all->indir_size = size.indir_size;
  all->key_size = size.key_size;
  if (Ask(interface, all.bytes.data())) return Refused(interface, "show its RSS table");
  table->assign(all->rss_config, all->rss_config + size.indir_size);
  return {};
}

Status SetRss(const char *interface, const std::vector<uint32_t> &table) {
  WithArray<ethtool_rxfh> ask(table.size());
  ask->cmd = ETHTOOL_SRSSH;
  ask->indir_size = static_cast<uint32_t>(table.size());
  if (!table.empty()) memcpy(ask->rss_config, table.data(), 4 * table.size());
  return Ask(interface, ask.bytes.data()) ? Refused(interface, "change its RSS table") : Status{};
}

Status GetChannels(const char *interface, Channels *channels) {
  ethtool_channels ask{};
  ask.cmd = ETHTOOL_GCHANNELS;
  if (Ask(interface, &ask)) return Refused(interface, "show its channels");
  *channels = {ask.rx_count, ask.tx_count, ask.combined_count, ask.max_rx, ask.max_tx, ask.max_combined};
  return {};
}

Status SetChannels(const char *interface, const Channels &channels) {
  ethtool_channels ask{};
  ask.cmd = ETHTOOL_GCHANNELS;
  if (Ask(interface, &ask)) return Refused(interface, "show its channels");
  ask.cmd = ETHTOOL_SCHANNELS;
  ask.rx_count = channels.rx;
  ask.tx_count = channels.tx;
  ask.combined_count = channels.combined;
  return Ask(interface, &ask) ? Refused(interface, "change its channels") : Status{};
}

Status GetFlags(const char *interface, uint32_t *flags) {
  ethtool_value ask{ETHTOOL_GFLAGS, 0};
  if (Ask(interface, &ask)) return Refused(interface, "show its offloads");
  *flags = ask.data;
  return {};
}

Status SetFlags(const char *interface, uint32_t flags) {
  ethtool_value ask{ETHTOOL_SFLAGS, flags};
  return Ask(interface, &ask) ? Refused(interface, "change its offloads") : Status{};
}

Status GetFeatures(const char *interface, std::vector<Feature> *features) {
  WithArray<ethtool_sset_info> sizes(1);
  sizes->cmd = ETHTOOL_GSSET_INFO;
  sizes->sset_mask = uint64_t{1} << ETH_SS_FEATURES;
  if (Ask(interface, sizes.bytes.data())) return Refused(interface, "list its features");
  uint32_t count = sizes->sset_mask ? sizes->data[0] : 0;
  WithArray<ethtool_gstrings> names(count * ETH_GSTRING_LEN / 4);
  names->cmd = ETHTOOL_GSTRINGS;
  names->string_set = ETH_SS_FEATURES;
  names->len = count;
  uint32_t blocks = (count + 31) / 32;
  WithArray<ethtool_gfeatures> all(blocks * sizeof(ethtool_get_features_block) / 4);
  all->cmd = ETHTOOL_GFEATURES;
  all->size = blocks;
  if (Ask(interface, names.bytes.data()) || Ask(interface, all.bytes.data()))
    return Refused(interface, "show its features");
  for (uint32_t i = 0; i < count; i++) {
    const char *name = reinterpret_cast<const char *>(names->data) + i * ETH_GSTRING_LEN;
    const ethtool_get_features_block &block = all->features[i / 32];
    uint32_t bit = uint32_t{1} << i % 32;
    features->push_back({std::string(name, strnlen(name, ETH_GSTRING_LEN)), (block.active & bit) != 0,
                         !(block.available & bit) || (block.never_changed & bit)});
  }
  return {};
}

Status GetStatistics(const char *interface, std::vector<Statistic> *statistics) {
  WithArray<ethtool_sset_info> sizes(1);
  sizes->cmd = ETHTOOL_GSSET_INFO;
  sizes->sset_mask = uint64_t{1} << ETH_SS_STATS;
  if (Ask(interface, sizes.bytes.data())) return Refused(interface, "count its statistics");
  uint32_t count = sizes->sset_mask ? sizes->data[0] : 0;
  if (!count) return {};
  // The kernel writes as many as there are by then, whatever was asked for (net/ethtool/ioctl.c:ethtool_get_stats);
  // there may be more when somebody has added queues meanwhile.
  uint32_t room = count + kStatisticsMore;
  WithArray<ethtool_gstrings> names(size_t{room} * ETH_GSTRING_LEN / 4);
  names->cmd = ETHTOOL_GSTRINGS;
  names->string_set = ETH_SS_STATS;
  names->len = count;
  WithArray<ethtool_stats> values(size_t{room} * 2);
  values->cmd = ETHTOOL_GSTATS;
  values->n_stats = count;
  if (Ask(interface, names.bytes.data()) || Ask(interface, values.bytes.data()))
    return Refused(interface, "show its statistics");
  if (names->len < count) count = names->len;
  if (values->n_stats < count) count = values->n_stats;
  for (uint32_t i = 0; i < count; i++) {
    const char *name = reinterpret_cast<const char *>(names->data) + size_t{i} * ETH_GSTRING_LEN;
    uint64_t value;  // they stand behind two words of 32 bits
    memcpy(&value, reinterpret_cast<const uint8_t *>(values->data) + size_t{i} * sizeof value, sizeof value);
    statistics->push_back({std::string(name, strnlen(name, ETH_GSTRING_LEN)), value});
  }
  return {};
}

}  // namespace rxb::ethtool
