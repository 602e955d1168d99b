// Interface lookup by rtnetlink and ethtool ioctls, never by sysfs: /sys may show another network namespace.
#include "netdev.h"

#include <linux/ethtool.h>
#include <linux/if_arp.h>
#include <linux/if_packet.h>
#include <linux/rtnetlink.h>
#include <linux/sockios.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <utility>

namespace rxb::netdev {

constexpr uint32_t kAlternativeNameMax = 128;  // ALTIFNAMSIZ

struct Descriptor {
  int fd;
  ~Descriptor() {
    if (fd >= 0) close(fd);
  }
};

// Edits that turn one name into the other (Levenshtein); both are shorter than IFNAMSIZ or cut there.
static uint32_t Distance(const char *a, const char *b) {
  uint32_t row[IFNAMSIZ + 1], n = static_cast<uint32_t>(strnlen(b, IFNAMSIZ));
  for (uint32_t j = 0; j <= n; j++) row[j] = j;
  for (uint32_t i = 1; i <= strnlen(a, IFNAMSIZ); i++) {
    uint32_t diagonal = row[0]++;
    for (uint32_t j = 1; j <= n; j++) {
      uint32_t replaced = diagonal + (a[i - 1] != b[j - 1]);
      diagonal = row[j];
      row[j] = std::min({row[j] + 1, row[j - 1] + 1, replaced});
    }
  }
  return row[n];
}

static Status FailNoInterface(const char *name) {
  constexpr uint32_t kShown = 5;
  struct if_nameindex *all = if_nameindex();
  uint32_t count = 0;
  if (all) {
    while (all[count].if_index) count++;
    std::stable_sort(all, all + count, [name](const auto &a, const auto &b) {
      return Distance(name, a.if_name) < Distance(name, b.if_name);
    });
  }
  char names[kShown * (IFNAMSIZ + 2) + 8] = "";
  uint32_t used = 0;
  for (uint32_t i = 0; i < std::min(count, kShown); i++)
    used += static_cast<uint32_t>(snprintf(names + used, sizeof names - used, "%s%s", i ? ", " : "", all[i].if_name));
  if (count > kShown) snprintf(names + used, sizeof names - used, ", …");
  Status status = Fail(
      kNoInterface, "there is no network interface '%s' in this network namespace; it has %s. List them with: ip link",
      name, count ? names : "none");
  if (all) if_freenameindex(all);
  return status;
}

// Real queue counts; a driver without channels has those that the kernel allocated.
static void AskEthtool(int fd, Netdev *out) {
  struct ifreq request {};
  memcpy(request.ifr_name, out->name, IFNAMSIZ);
  struct ethtool_drvinfo driver {};
  driver.cmd = ETHTOOL_GDRVINFO;
  request.ifr_data = reinterpret_cast<char *>(&driver);
  if (!ioctl(fd, SIOCETHTOOL, &request)) snprintf(out->driver, sizeof out->driver, "%s", driver.driver);
  struct ethtool_cmd link {};  // the old command: every kernel answers it, also for drivers that know the new one only
  link.cmd = ETHTOOL_GSET;
  request.ifr_data = reinterpret_cast<char *>(&link);
  if (!ioctl(fd, SIOCETHTOOL, &request)) {
    uint32_t speed = ethtool_cmd_speed(&link);
    if (speed != static_cast<uint32_t>(SPEED_UNKNOWN)) out->speed_mbps = speed;
    out->full_duplex = link.duplex != DUPLEX_HALF;
  }
  struct ethtool_channels channels {};
  channels.cmd = ETHTOOL_GCHANNELS;
  request.ifr_data = reinterpret_cast<char *>(&channels);
  if (ioctl(fd, SIOCETHTOOL, &request)) return;
  out->rx_queues = std::max(1u, channels.rx_count + channels.combined_count);
  out->tx_queues = std::max(1u, channels.tx_count + channels.combined_count);
}

static void ReadLink(const nlmsghdr *message, Netdev *out) {
  auto *info = static_cast<const ifinfomsg *>(NLMSG_DATA(message));
  out->index = static_cast<uint32_t>(info->ifi_index);
  out->type = info->ifi_type;
  out->up = info->ifi_flags & IFF_UP;
  out->carrier = info->ifi_flags & IFF_RUNNING;
  auto left = static_cast<int>(IFLA_PAYLOAD(message));
  for (auto *a = IFLA_RTA(info); RTA_OK(a, left); a = RTA_NEXT(a, left)) {
    auto number = [a] {
      uint32_t value = 0;
      memcpy(&value, RTA_DATA(a), std::min(sizeof value, RTA_PAYLOAD(a)));
      return value;
    };
    if (a->rta_type == IFLA_IFNAME) snprintf(out->name, sizeof out->name, "%s", static_cast<const char *>(RTA_DATA(a)));
    if (a->rta_type == IFLA_CARRIER_CHANGES) out->link_changes = number();
    if (a->rta_type == IFLA_MTU) out->mtu = number();
    if (a->rta_type == IFLA_NUM_RX_QUEUES) out->rx_queues = std::max(1u, number());
    if (a->rta_type == IFLA_NUM_TX_QUEUES) out->tx_queues = std::max(1u, number());
    if (a->rta_type == IFLA_XDP) {
      auto inner = static_cast<int>(RTA_PAYLOAD(a));
      for (auto *x = static_cast<const rtattr *>(RTA_DATA(a)); RTA_OK(x, inner); x = RTA_NEXT(x, inner))
        if (x->rta_type == IFLA_XDP_ATTACHED)
          out->xdp_generic = *static_cast<const uint8_t *>(RTA_DATA(x)) == XDP_ATTACHED_SKB;
        else if (x->rta_type == IFLA_XDP_PROG_ID)
          memcpy(&out->xdp_program, RTA_DATA(x), sizeof out->xdp_program);
    }
    if (a->rta_type == IFLA_ADDRESS && RTA_PAYLOAD(a) == sizeof out->mac && info->ifi_type == ARPHRD_ETHER) {
      memcpy(out->mac, RTA_DATA(a), sizeof out->mac);
      out->has_mac = true;
    }
  }
}

// By name, or without one by index.
static Status Find(const char *name, uint32_t index, Netdev *out) {
  uint32_t length = static_cast<uint32_t>(strlen(name));
  if ((!length && !index) || length >= kAlternativeNameMax) return FailNoInterface(name);
  Descriptor rtnetlink{socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE)};
  if (rtnetlink.fd < 0) return FailErrno("opening an rtnetlink socket");

  struct {
    nlmsghdr head;
    ifinfomsg info;
    rtattr mask_head;
    uint32_t mask;
    rtattr name_head;
    char name[kAlternativeNameMax];
  } ask{};
  ask.mask_head = {RTA_LENGTH(sizeof ask.mask), IFLA_EXT_MASK};
  ask.mask = RTEXT_FILTER_SKIP_STATS;
  ask.name_head.rta_len = static_cast<uint16_t>(RTA_LENGTH(length + 1));
  ask.name_head.rta_type = length < IFNAMSIZ ? IFLA_IFNAME : IFLA_ALT_IFNAME;
  memcpy(ask.name, name, length);
  ask.info.ifi_index = static_cast<int>(index);
  ask.head.nlmsg_len = static_cast<uint32_t>(offsetof(decltype(ask), name_head)) + (length ? RTA_SPACE(length + 1) : 0);
  ask.head.nlmsg_type = RTM_GETLINK;
  ask.head.nlmsg_flags = NLM_F_REQUEST;
  if (send(rtnetlink.fd, &ask, ask.head.nlmsg_len, 0) < 0) return FailErrno("asking for an interface by rtnetlink");

  alignas(nlmsghdr) char answer[16384];
  ssize_t bytes = recv(rtnetlink.fd, answer, sizeof answer, 0);
  auto *message = reinterpret_cast<const nlmsghdr *>(answer);
  if (bytes < 0 || !NLMSG_OK(message, static_cast<uint32_t>(bytes)))
    return FailErrno("reading an interface by rtnetlink");
  if (message->nlmsg_type == NLMSG_ERROR) {
    int error = -static_cast<const nlmsgerr *>(NLMSG_DATA(message))->error;
    return error == ENODEV || error == ERANGE || error == EINVAL ? FailNoInterface(name)
                                                                 : FailErrno("looking up an interface", error);
  }
  ReadLink(message, out);
  AskEthtool(rtnetlink.fd, out);
  return {};
}

}  // namespace rxb::netdev

namespace rxb {

Status FindNetdev(const char *name, Netdev *out) {
  *out = {};
  return netdev::Find(name, 0, out);
}

Status FindNetdev(uint32_t index, Netdev *out) {
  *out = {};
  return netdev::Find("", index, out);
}

void NameDeviceClock(const char *name, char *clock, size_t bytes) {
  netdev::Descriptor asking{socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0)};
  ethtool_ts_info info{};
  info.cmd = ETHTOOL_GET_TS_INFO;
  ifreq request{};
  snprintf(request.ifr_name, sizeof request.ifr_name, "%s", name);
  request.ifr_data = reinterpret_cast<char *>(&info);
  if (!ioctl(asking.fd, SIOCETHTOOL, &request) && info.phc_index >= 0)
    snprintf(clock, bytes, "/dev/ptp%d", info.phc_index);
  else
    snprintf(clock, bytes, "device");
}

int HoldPromiscuous(uint32_t index) {
  netdev::Descriptor hearing_nothing{socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0)};
  packet_mreq membership{};
  membership.mr_ifindex = static_cast<int>(index);
  membership.mr_type = PACKET_MR_PROMISC;
  if (setsockopt(hearing_nothing.fd, SOL_PACKET, PACKET_ADD_MEMBERSHIP, &membership, sizeof membership)) return -1;
  return std::exchange(hearing_nothing.fd, -1);
}

uint32_t DescribeLink(uint32_t index, bool link_only, char *json, uint32_t size) {
  if (!link_only) return static_cast<uint32_t>(snprintf(json, size, "null")) + 1;
  Netdev dev;
  bool up = index && FindNetdev(index, &dev) && dev.up && dev.carrier;
  char speed[16] = "null";
  if (up && dev.speed_mbps) snprintf(speed, sizeof speed, "%u", dev.speed_mbps);
  return static_cast<uint32_t>(snprintf(json, size, R"({"link":{"up":%s,"speedMbps":%s,"duplex":"%s","changes":%u}})",
                                        up ? "true" : "false", speed, dev.full_duplex ? "full" : "half",
                                        dev.link_changes)) +
         1;
}

}  // namespace rxb
