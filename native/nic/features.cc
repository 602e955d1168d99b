// What the kernel says a driver's XDP can do: requests to generic netlink.
#include "features.h"

#include <linux/genetlink.h>
#include <linux/netlink.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>

namespace rxb::steer {
namespace {

// linux/netdev.h, which distributions before kernel 6.3 don't have.
constexpr uint8_t kDeviceGet = 1;
constexpr uint16_t kDeviceIfindex = 1, kDeviceXdpFeatures = 3, kDeviceXdpRxMetadata = 5;

struct Request {
  nlmsghdr head;
  genlmsghdr generic;
  nlattr attribute;
  char payload[16];
};

// Sends one attribute, copies the wanted attribute of the answer.
bool AskGeneric(int fd, uint16_t family, uint8_t command, uint16_t type, const void *payload, uint16_t bytes,
                uint16_t wanted, void *out, size_t room) {
  Request ask{};
  ask.head = {static_cast<uint32_t>(NLMSG_LENGTH(GENL_HDRLEN) + NLA_HDRLEN + NLA_ALIGN(bytes)), family, NLM_F_REQUEST,
              1, 0};
  ask.generic = {command, 1, 0};
  ask.attribute = {static_cast<uint16_t>(NLA_HDRLEN + bytes), type};
  memcpy(ask.payload, payload, bytes);
  if (send(fd, &ask, ask.head.nlmsg_len, 0) < 0) return false;
  alignas(nlmsghdr) char answer[8192];
  ssize_t got = recv(fd, answer, sizeof answer, 0);
  auto *head = reinterpret_cast<nlmsghdr *>(answer);
  if (got < 0 || !NLMSG_OK(head, static_cast<uint32_t>(got)) || head->nlmsg_type != family) return false;
  const char *at = answer + NLMSG_HDRLEN + GENL_HDRLEN, *end = answer + head->nlmsg_len;
  while (at + NLA_HDRLEN <= end) {
    nlattr attribute;
    memcpy(&attribute, at, sizeof attribute);
    if (attribute.nla_len < NLA_HDRLEN || at + attribute.nla_len > end) return false;
    if ((attribute.nla_type & NLA_TYPE_MASK) == wanted) {
      memcpy(out, at + NLA_HDRLEN, std::min<size_t>(room, attribute.nla_len - NLA_HDRLEN));
      return true;
    }
    at += NLA_ALIGN(attribute.nla_len);
  }
  return false;
}

}  // namespace

bool XdpFeatures(uint32_t ifindex, uint64_t *features, uint64_t *metadata) {
  int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_GENERIC);
  if (fd < 0) return false;
  uint16_t family = 0;
  auto ask = [&](uint16_t wanted, uint64_t *out) {
    return AskGeneric(fd, family, kDeviceGet, kDeviceIfindex, &ifindex, sizeof ifindex, wanted, out, sizeof *out);
  };
  bool known = AskGeneric(fd, GENL_ID_CTRL, CTRL_CMD_GETFAMILY, CTRL_ATTR_FAMILY_NAME, "netdev", 7, CTRL_ATTR_FAMILY_ID,
                          &family, sizeof family) &&
               ask(kDeviceXdpFeatures, features);
  if (known && metadata && !ask(kDeviceXdpRxMetadata, metadata)) *metadata = 0;
  close(fd);
  return known;
}

}  // namespace rxb::steer
