// The process at the other end of a Unix socket, as JavaScript asks for it: node:net does not tell.
#include <sys/socket.h>

#include "../values/arguments.h"
#include "../values/errors.h"
#include "../values/exports.h"

namespace rxb {

namespace {

// system.peerOf(fd) -> {pid, uid}, or null. SO_PEERCRED has the credentials of connect() or listen(), which a later
// setuid() does not change (unix(7)).
Napi::Value PeerOf(const Napi::CallbackInfo &info) {
  Arguments in(info, "system.peerOf");
  const int fd = in.Descriptor(0, "the socket's descriptor");
  if (!in.ok()) return in.Throw();
  int family = 0;
  socklen_t bytes = sizeof family;
  if (getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &family, &bytes) || family != AF_UNIX) return info.Env().Null();
  ucred peer{};
  bytes = sizeof peer;
  // A socket without a peer answers with process 0 and user -1 (net/core/sock.c:cred_to_ucred).
  if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &bytes) || peer.uid == static_cast<uid_t>(-1))
    return info.Env().Null();
  auto out = Napi::Object::New(info.Env());
  out["pid"] = peer.pid;
  out["uid"] = peer.uid;
  return out;
}

}  // namespace

void ExportPeer(Napi::Env, Napi::Object exports) { Export(exports, "system.peerOf", PeerOf); }

}  // namespace rxb
