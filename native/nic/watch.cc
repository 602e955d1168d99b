// The watch over an interface, on a netlink socket that hears of every change of a link.
#include "watch.h"

#include <linux/rtnetlink.h>
#include <sys/socket.h>
#include <unistd.h>

#include "netdev.h"

namespace rxb {

Status InterfaceWatch::Open(uint32_t index) {
  Close();
  fd_ = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_ROUTE);
  sockaddr_nl address{};
  address.nl_family = AF_NETLINK;
  address.nl_groups = RTMGRP_LINK;
  if (fd_ < 0 || bind(fd_, reinterpret_cast<sockaddr *>(&address), sizeof address))
    return FailErrno("watching an interface by rtnetlink");
  index_ = index;
  Netdev now;  // it may have gone before the socket heard of it
  gone_ = !FindNetdev(index, &now);
  return {};
}

bool InterfaceWatch::Gone() {
  alignas(nlmsghdr) char buffer[16384];
  while (fd_ >= 0 && !gone_) {
    ssize_t bytes = recv(fd_, buffer, sizeof buffer, 0);
    if (bytes < 0 && errno == EINTR) continue;
    if (bytes < 0 && errno == ENOBUFS) {  // messages were lost: look instead
      Netdev now;
      gone_ = !FindNetdev(index_, &now);
      continue;
    }
    if (bytes <= 0) break;
    auto left = static_cast<uint32_t>(bytes);
    for (auto *m = reinterpret_cast<const nlmsghdr *>(buffer); NLMSG_OK(m, left); m = NLMSG_NEXT(m, left)) {
      if (m->nlmsg_type != RTM_DELLINK) continue;
      auto *link = static_cast<const ifinfomsg *>(NLMSG_DATA(m));
      // A bridge's port that leaves it is told as a deleted link of family AF_BRIDGE.
      if (link->ifi_family == AF_UNSPEC && static_cast<uint32_t>(link->ifi_index) == index_) gone_ = true;
    }
  }
  return gone_;
}

void InterfaceWatch::Close() {
  if (fd_ >= 0) close(fd_);
  fd_ = -1;
  index_ = 0;
  gone_ = false;
}

}  // namespace rxb
