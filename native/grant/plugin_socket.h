// The door between a process with privilege and one without: short messages over a Unix socket that keeps their borders
// (SOCK_SEQPACKET), with a descriptor beside them when there is one to hand over.
#pragma once
#include <sys/types.h>

#include <string>

#include "../abi/status.h"

namespace rxb::door {

constexpr size_t kMessageMax = 65536;

// Opens a door for others to come to; close-on-exec. A path that begins with @ is a name in this network namespace, no file.
Status Listen(const char *path, int *door);
// Lets in whoever stands before the door, if it is that user's process; *end is -1 otherwise.
Status Accept(int door, uid_t user, int *end);
// A door somebody else keeps, by its path.
Status Connect(const char *path, int *end);
// `descriptor` -1: none.
Status Say(int end, const std::string &message, int descriptor = -1);
// Waits at most that long. *open is false once the other side is gone. The descriptor is the caller's, close-on-exec.
Status Hear(int end, int timeout_ms, std::string *message, int *descriptor, bool *open);
// Says, then hears the answer.
Status Ask(int end, const std::string &message, std::string *answer, int *descriptor);

}  // namespace rxb::door
