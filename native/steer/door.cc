// The door between a process with privilege and one without.
#include "door.h"

#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <memory>
#include <mutex>

namespace rxb::door {
namespace {

constexpr int kAnswerMs = 5000;  // the keeper may have a program to load first

union Control {
  char bytes[CMSG_SPACE(sizeof(int))];
  cmsghdr align;
};

}  // namespace

Status Pair(int ends[2]) { return socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) ? FailErrno("socketpair") : Status{}; }

Status Connect(const char *path, int *end) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (strlen(path) >= sizeof address.sun_path) return Fail(kBadOption, "door: '%s' is longer than a socket's path may be", path);
  snprintf(address.sun_path, sizeof address.sun_path, "%s", path);
  int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
  if (fd < 0) return FailErrno("socket");
  if (connect(fd, reinterpret_cast<sockaddr *>(&address), sizeof address)) {
    int error = errno;
    close(fd);
    return Fail(kDoor, "nobody keeps the door '%s': %s. Is the device plugin's socket mounted there?", path, strerror(error));
  }
  *end = fd;
  return {};
}

Status Say(int end, const std::string &message, int descriptor) {
  iovec bytes{const_cast<char *>(message.data()), message.size()};
  msghdr head{};
  head.msg_iov = &bytes;
  head.msg_iovlen = 1;
  Control control{};
  if (descriptor >= 0) {
    head.msg_control = control.bytes;
    head.msg_controllen = sizeof control.bytes;
    cmsghdr *rights = CMSG_FIRSTHDR(&head);
    rights->cmsg_level = SOL_SOCKET;
    rights->cmsg_type = SCM_RIGHTS;
    rights->cmsg_len = CMSG_LEN(sizeof descriptor);
    memcpy(CMSG_DATA(rights), &descriptor, sizeof descriptor);
  }
  if (sendmsg(end, &head, MSG_NOSIGNAL) < 0) return Fail(kDoor, "the process that keeps the privileges is gone (%s)", strerror(errno));
  return {};
}

Status Hear(int end, int timeout_ms, std::string *message, int *descriptor, bool *open) {
  *open = true;
  *descriptor = -1;
  message->clear();
  pollfd ready{end, POLLIN, 0};
  int waited;
  while ((waited = poll(&ready, 1, timeout_ms)) < 0 && errno == EINTR) continue;
  if (waited < 0) return FailErrno("poll");
  if (!waited) return Fail(kDoor, "no answer came through the door within %d ms", timeout_ms);
  std::unique_ptr<char[]> room(new char[kMessageMax]);
  iovec bytes{room.get(), kMessageMax};
  msghdr head{};
  Control control{};
  head.msg_iov = &bytes;
  head.msg_iovlen = 1;
  head.msg_control = control.bytes;
  head.msg_controllen = sizeof control.bytes;
  ssize_t got = recvmsg(end, &head, MSG_CMSG_CLOEXEC);
  if (got <= 0) {
    *open = false;
    return {};
  }
  message->assign(room.get(), static_cast<size_t>(got));
  for (cmsghdr *each = CMSG_FIRSTHDR(&head); each; each = CMSG_NXTHDR(&head, each))
    if (each->cmsg_level == SOL_SOCKET && each->cmsg_type == SCM_RIGHTS) memcpy(descriptor, CMSG_DATA(each), sizeof *descriptor);
  return {};
}

Status Ask(int end, const std::string &message, std::string *answer, int *descriptor) {
  // Workers ask for sockets while the main thread asks for rules: one question at a time.
  static std::mutex asking;
  std::lock_guard<std::mutex> hold(asking);
  bool open;
  RXB_TRY(Say(end, message));
  RXB_TRY(Hear(end, kAnswerMs, answer, descriptor, &open));
  return open ? Status{} : Fail(kDoor, "the process that keeps the privileges is gone");
}

}  // namespace rxb::door
