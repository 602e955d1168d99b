// What rtnetlink says of qdiscs and filters.
#include "qdisc.h"

#include <linux/pkt_cls.h>
#include <linux/pkt_sched.h>
#include <linux/rtnetlink.h>
#include <linux/tc_act/tc_mirred.h>
#include <net/if.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstring>
#include <functional>
#include <vector>

#include "netdev.h"

namespace rxb {

namespace {

constexpr uint32_t kIngress = 0xffff0000;
constexpr size_t kAnswerBytes = 64 * 1024;

struct TcMessage {
  nlmsghdr header{};
  tcmsg tc{};
  TcMessage(uint16_t type, uint16_t flags, uint32_t ifindex, uint32_t handle, uint32_t parent) {
    header.nlmsg_len = sizeof *this;
    header.nlmsg_type = type;
    header.nlmsg_flags = NLM_F_REQUEST | flags;
    tc.tcm_ifindex = static_cast<int>(ifindex), tc.tcm_handle = handle, tc.tcm_parent = parent;
  }
};
static_assert(sizeof(TcMessage) == NLMSG_LENGTH(sizeof(tcmsg)));

const rtattr *Find(const void *attributes, size_t length, uint16_t type) {
  for (auto *at = static_cast<const rtattr *>(attributes); RTA_OK(at, length); at = RTA_NEXT(at, length))
    if ((at->rta_type & NLA_TYPE_MASK) == type) return at;
  return nullptr;
}
const rtattr *Inside(const rtattr *nest, uint16_t type) {
  return nest ? Find(RTA_DATA(nest), RTA_PAYLOAD(nest), type) : nullptr;
}

// Sends a request and shows the answer, message by message, to `each`.
Status Ask(const TcMessage &request,
           const std::function<void(const tcmsg &, const rtattr *options, const char *kind)> &each) {
  int netlink = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
  if (netlink < 0) return FailErrno("opening rtnetlink");
  std::vector<char> answer(kAnswerBytes);
  bool done = send(netlink, &request, sizeof request, 0) < 0;
  Status status = done ? FailErrno("asking rtnetlink for qdiscs") : Status{};
  while (!done) {
    ssize_t bytes = recv(netlink, answer.data(), answer.size(), 0);
    if (bytes < 0) status = FailErrno("reading rtnetlink's answer"), done = true;
    auto left = static_cast<uint32_t>(bytes < 0 ? 0 : bytes);
    for (auto *header = reinterpret_cast<nlmsghdr *>(answer.data()); NLMSG_OK(header, left);
         header = NLMSG_NEXT(header, left)) {
      if (header->nlmsg_type == NLMSG_DONE) done = true;
      if (header->nlmsg_type == NLMSG_ERROR) {
        int error = -static_cast<nlmsgerr *>(NLMSG_DATA(header))->error;
        if (error) status = FailErrno("asking rtnetlink for qdiscs", error);
        done = true;
      }
      if (header->nlmsg_type != RTM_NEWQDISC && header->nlmsg_type != RTM_NEWTFILTER) continue;
      auto *tc = static_cast<tcmsg *>(NLMSG_DATA(header));
      const size_t length = header->nlmsg_len - NLMSG_LENGTH(sizeof(tcmsg));
      const rtattr *kind = Find(tc + 1, length, TCA_KIND);
      if (tc->tcm_ifindex == request.tc.tcm_ifindex)  // a dump has those of every interface
        each(*tc, Find(tc + 1, length, TCA_OPTIONS), kind ? static_cast<const char *>(RTA_DATA(kind)) : "");
    }
  }
  close(netlink);
  return status;
}

// A flower filter whose first action redirects to a tap, or to an interface that is gone, as taps are when their
// process has died.
bool IsOurs(const char *kind, const rtattr *options) {
  const rtattr *action = Inside(Inside(options, TCA_FLOWER_ACT), 1), *name = Inside(action, TCA_ACT_KIND);
  const rtattr *parameters = Inside(Inside(action, TCA_ACT_OPTIONS), TCA_MIRRED_PARMS);
  if (strcmp(kind, "flower") || !name || strcmp(static_cast<const char *>(RTA_DATA(name)), "mirred") || !parameters)
    return false;
  char to[IFNAMSIZ];
  Netdev device;
  return !if_indextoname(static_cast<const tc_mirred *>(RTA_DATA(parameters))->ifindex, to) ||
         (FindNetdev(to, &device) && !strcmp(device.driver, "tun"));
}

}  // namespace

Status ListQdiscs(const char *interface, std::string *list) {
  Netdev device;
  RXB_TRY(FindNetdev(interface, &device));
  return Ask(TcMessage(RTM_GETQDISC, NLM_F_DUMP, device.index, 0, 0),
             [&](const tcmsg &tc, const rtattr *, const char *kind) {
               if (!tc.tcm_handle) return;  // the kernel's own have no number
               char text[32];
               snprintf(text, sizeof text, "%s %x:", kind, tc.tcm_handle >> 16);
               *list += (list->empty() ? "" : ", ") + std::string(text);
             });
}

Status DeleteIngress(const char *interface) {
  Netdev device;
  RXB_TRY(FindNetdev(interface, &device));
  bool there = false;
  std::string foreign;
  RXB_TRY(Ask(TcMessage(RTM_GETQDISC, NLM_F_DUMP, device.index, 0, 0),
              [&](const tcmsg &, const rtattr *, const char *kind) { there |= !strcmp(kind, "ingress"); }));
  if (!there) return {};
  RXB_TRY(Ask(TcMessage(RTM_GETTFILTER, NLM_F_DUMP, device.index, 0, kIngress),
              [&](const tcmsg &, const rtattr *options, const char *kind) {
                if (options && !IsOurs(kind, options)) foreign = kind;  // without options it is only the head of others
              }));
  if (!foreign.empty())
    return Fail(kNotSupported,
                "the ingress qdisc of %s, which net_tap has made, stays: somebody has put a filter of the kind %s into "
                "it since. When "
                "nobody needs it: tc qdisc del dev %s ingress",
                interface, foreign.c_str(), interface);
  return Ask(TcMessage(RTM_DELQDISC, NLM_F_ACK, device.index, kIngress, TC_H_INGRESS),
             [](const tcmsg &, const rtattr *, const char *) {});
}

}  // namespace rxb
