// Messages between a process with privileges and one without, over a Unix socket.
#include "plugin_socket.h"

#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstddef>
#include <memory>
#include <mutex>

namespace rxb::plugin_socket {
namespace {

constexpr int kAnswerMs = 5000;  // the broker may have a program to load first

constexpr int kWaitingMax = 16;  // processes that come at once

struct Address {
  sockaddr_un name;
  socklen_t bytes;
};

Status AddressOf(const char *path, Address *address) {
  size_t length = strlen(path);
  if (!length || length >= sizeof address->name.sun_path)
    return Fail(kBadOption, "'%s' can't be a socket's path: that has 1 to %zu characters", path,
                sizeof address->name.sun_path - 1);
  address->name = {};
  address->name.sun_family = AF_UNIX;
  memcpy(address->name.sun_path, path, length);
  if (*path == '@') address->name.sun_path[0] = 0;
  address->bytes = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + length + (*path != '@'));
  return {};
}

// Padding makes room for two descriptors where one is expected.
union Control {
  char bytes[CMSG_SPACE(sizeof(int))];
  cmsghdr align;
};

// What came after its question had been given up would be taken for the answer to the next.
void ForgetLateAnswers(int end) {
  pollfd ready{end, POLLIN, 0};
  while (poll(&ready, 1, 0) > 0 && ready.revents & POLLIN) {
    std::string late;
    int descriptor;
    bool open;
    if (!Hear(end, 0, &late, &descriptor, &open) || !open) return;
    if (descriptor >= 0) close(descriptor);
  }
}

}  // namespace

Status Listen(const char *path, uid_t user, int *listener) {
  Address address;
  RXB_TRY(AddressOf(path, &address));
  int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (fd < 0) return FailErrno("opening a Unix socket");
  // To connect takes the right to write to the file (unix(7)), so others cost the broker nothing.
  mode_t before = umask(0177);
  bool failed = bind(fd, reinterpret_cast<sockaddr *>(&address.name), address.bytes);
  umask(before);
  if (failed || lchown(path, user, static_cast<gid_t>(-1)) || listen(fd, kWaitingMax)) {
    Status status = FailErrno("opening the broker's socket");
    close(fd);
    return status;
  }
  *listener = fd;
  return {};
}

Status Accept(int listener, uid_t user, int *end) {
  *end = -1;
  int fd = accept4(listener, nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK);
  if (fd < 0)
    return errno == EAGAIN || errno == ECONNABORTED || errno == EINTR ? Status{} : FailErrno("accepting a connection");
  ucred peer{};
  socklen_t bytes = sizeof peer;
  if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &bytes) || peer.uid != user)
    close(fd);
  else
    *end = fd;
  return {};
}

Status Connect(const char *path, int *end) {
  Address address;
  RXB_TRY(AddressOf(path, &address));
  int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
  if (fd < 0) return FailErrno("opening a Unix socket");
  // A broker that serves as many as it may lets others wait.
  timeval patience{kAnswerMs / 1000, 0};
  setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
  if (connect(fd, reinterpret_cast<sockaddr *>(&address.name), address.bytes)) {
    int error = errno;
    close(fd);
    return Fail(kGrant, "nobody listens at '%s': %s. %s", path, strerror(error),
                "Has rxburst grant ended, or is the device plugin's socket not mounted there?");
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
  if (message.size() > kMessageMax)
    return Fail(kLimit,
                "these rules make a message of %zu bytes; %zu fit into one message: fewer or shorter rules may pass",
                message.size(), kMessageMax);
  if (sendmsg(end, &head, MSG_NOSIGNAL) < 0) return Fail(kGrant, "the broker is gone (%s)", strerror(errno));
  return {};
}

Status Hear(int end, int timeout_ms, std::string *message, int *descriptor, bool *open) {
  *open = true;
  if (descriptor) *descriptor = -1;
  message->clear();
  pollfd ready{end, POLLIN, 0};
  int waited;
  while ((waited = poll(&ready, 1, timeout_ms)) < 0 && errno == EINTR) continue;
  if (waited < 0) return FailErrno("waiting for the broker");
  if (!waited) return Fail(kGrant, "the broker did not answer within %d ms", timeout_ms);
  std::unique_ptr<char[]> room(new char[kMessageMax]);
  iovec bytes{room.get(), kMessageMax};
  msghdr head{};
  Control control{};
  head.msg_iov = &bytes;
  head.msg_iovlen = 1;
  if (descriptor) {
    head.msg_control = control.bytes;
    head.msg_controllen = sizeof control.bytes;
  }
  ssize_t got = recvmsg(end, &head, MSG_CMSG_CLOEXEC);
  if (got <= 0) {
    *open = false;
    return {};
  }
  message->assign(room.get(), static_cast<size_t>(got));
  for (cmsghdr *each = CMSG_FIRSTHDR(&head); descriptor && each; each = CMSG_NXTHDR(&head, each)) {
    if (each->cmsg_level != SOL_SOCKET || each->cmsg_type != SCM_RIGHTS) continue;
    size_t count = (each->cmsg_len - CMSG_LEN(0)) / sizeof(int);
    for (size_t i = 0; i < count; i++) {
      int fd;
      memcpy(&fd, CMSG_DATA(each) + i * sizeof fd, sizeof fd);
      if (*descriptor < 0)
        *descriptor = fd;
      else
        close(fd);
    }
  }
  return {};
}

Status Ask(int end, const std::string &message, std::string *answer, int *descriptor) {
  // Workers ask for sockets while the main thread asks for rules: one question at a time.
  static std::mutex asking;
  std::lock_guard<std::mutex> hold(asking);
  bool open;
  ForgetLateAnswers(end);
  RXB_TRY(Say(end, message));
  RXB_TRY(Hear(end, kAnswerMs, answer, descriptor, &open));
  return open ? Status{} : Fail(kGrant, "the broker is gone");
}

}  // namespace rxb::plugin_socket
