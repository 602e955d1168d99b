// Messages between a process with privileges and one without: short messages over a Unix socket that keeps their
// borders (SOCK_SEQPACKET), with a descriptor beside them when there is one to hand over.
#pragma once
#include <sys/types.h>

#include <string>

#include "../abi/status.h"

namespace rxb::plugin_socket {

constexpr size_t kMessageMax = 65536;

// A socket that listens at that path, which only that user and root may connect to; close-on-exec.
Status Listen(const char *path, uid_t user, int *listener);
// *end is -1 when nobody waits any more, or when it is another user's process.
Status Accept(int listener, uid_t user, int *end);
// Connects to the socket at that path, where a broker or a device plugin listens.
Status Connect(const char *path, int *end);
// `descriptor` -1: none.
Status Say(int end, const std::string &message, int descriptor = -1);
// Waits at most that long. *open is false once the other side is gone. The descriptor is the caller's, close-on-exec;
// null: the kernel closes what comes. Of several that come with one message the first is taken.
Status Hear(int end, int timeout_ms, std::string *message, int *descriptor, bool *open);
// Says, then hears the answer.
Status Ask(int end, const std::string &message, std::string *answer, int *descriptor);

}  // namespace rxb::plugin_socket
