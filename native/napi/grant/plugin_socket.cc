// The socket of a broker or a device plugin, as JavaScript calls it.
#include "../../grant/plugin_socket.h"

#include <sys/resource.h>
#include <unistd.h>

#include <string>

#include "../../bpf/bpf.h"
#include "../values/descriptors.h"
#include "../values/errors.h"
#include "../values/exports.h"
#include "../values/fields.h"

namespace rxb {
namespace plugin_sockets {

std::string Text(const Napi::Value &value) {
  return value.IsString() ? value.As<Napi::String>().Utf8Value() : std::string();
}
int Descriptor(const Napi::Value &value) { return value.IsNumber() ? value.As<Napi::Number>().Int32Value() : -1; }

Napi::Value Or(const Napi::CallbackInfo &info, const Status &status, const Napi::Value &value) {
  if (status) return value;
  Throw(info.Env(), status);
  return info.Env().Undefined();
}

Napi::Value ConnectCall(const Napi::CallbackInfo &info) {
  Arguments in(info, "grant.connect");
  const std::string path = in.Text(0, "the path");
  if (!in.ok()) return in.Throw();
  int end = -1;
  Status status = plugin_socket::Connect(path.c_str(), &end);
  return Or(info, status, Napi::Number::New(info.Env(), Lend(end)));
}

// grant.ask({socket, message}) -> {answer, descriptor}; descriptor -1: none came with it
Napi::Value AskCall(const Napi::CallbackInfo &info) {
  Arguments in(info, "grant.ask");
  Fields asked(&in, info[0], "the question");
  const int end = asked.Descriptor("socket");
  const std::string message = asked.Text("message", plugin_socket::kMessageMax);
  if (!IsLent(end)) in.Refuse(Fail(kBadArgument, "grant.ask: descriptor %d was not given out by rxburst", end));
  if (!in.ok()) return in.Throw();
  std::string answer;
  int descriptor = -1;
  Status status = plugin_socket::Ask(end, message, &answer, &descriptor);
  auto out = Napi::Object::New(info.Env());
  out["answer"] = answer;
  out["descriptor"] = Lend(descriptor);
  return Or(info, status, out);
}

// testing.openPinned(path) -> descriptor of a pinned map
Napi::Value OpenPinned(const Napi::CallbackInfo &info) {
  Arguments in(info, "testing.openPinned");
  const std::string path = in.Text(0, "the path");
  if (!in.ok()) return in.Throw();
  int fd = bpf::GetPinned(path.c_str());
  Status status =
      fd < 0 ? Fail(kSystem, "the pinned map '%s' can't be opened: %s", path.c_str(), strerror(errno)) : Status{};
  return Or(info, status, Napi::Number::New(info.Env(), Lend(fd)));
}

// grant.openXskmap(path) -> descriptor of a pinned XSKMAP, and of nothing else
Napi::Value OpenXskmap(const Napi::CallbackInfo &info) {
  Arguments in(info, "grant.openXskmap");
  const std::string path = in.Text(0, "the path");
  if (!in.ok()) return in.Throw();
  int fd = bpf::GetPinned(path.c_str());
  Status status = fd < 0
                      ? Fail(kGrant, "xskmap: the pinned map '%s' can't be opened: %s", path.c_str(), strerror(errno))
                      : Status{};
  if (fd >= 0 && bpf::MapType(fd) != BPF_MAP_TYPE_XSKMAP) {
    close(fd);
    status = Fail(kGrant, "xskmap: '%s' is no XSKMAP. See what it is: bpftool map show pinned %s", path.c_str(),
                  path.c_str());
  }
  return Or(info, status, Napi::Number::New(info.Env(), status ? Lend(fd) : -1));
}

// system.memlockBytes() -> the hard limit on locked memory, up to which the soft one can be raised; -1: none
Napi::Value Memlock(const Napi::CallbackInfo &info) {
  rlimit limit{};
  getrlimit(RLIMIT_MEMLOCK, &limit);
  return Napi::Number::New(info.Env(), limit.rlim_max == RLIM_INFINITY ? -1.0 : static_cast<double>(limit.rlim_max));
}

Napi::Value CloseCall(const Napi::CallbackInfo &info) {
  Arguments in(info, "system.closeDescriptor");
  const int fd = in.Descriptor(0, "the descriptor");
  if (in.ok()) in.Refuse(TakeLent(fd));
  if (!in.ok()) return in.Throw();
  close(fd);
  return info.Env().Undefined();
}

}  // namespace plugin_sockets

void ExportPluginSocket(Napi::Env, Napi::Object exports) {
  Export(exports, "grant.connect", plugin_sockets::ConnectCall);
  Export(exports, "grant.ask", plugin_sockets::AskCall);
  Export(exports, "testing.openPinned", plugin_sockets::OpenPinned);
  Export(exports, "grant.openXskmap", plugin_sockets::OpenXskmap);
  Export(exports, "system.memlockBytes", plugin_sockets::Memlock);
  Export(exports, "system.closeDescriptor", plugin_sockets::CloseCall);
}

}  // namespace rxb
