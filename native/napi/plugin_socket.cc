// The door as JavaScript calls it.
#include "../grant/plugin_socket.h"

#include <sys/resource.h>
#include <unistd.h>

#include <string>

#include "../bpf/bpf.h"
#include "control.h"
#include "steering.h"

namespace rxb {
namespace doors {

std::string Text(const Napi::Value &value) { return value.IsString() ? value.As<Napi::String>().Utf8Value() : std::string(); }
int Descriptor(const Napi::Value &value) { return value.IsNumber() ? value.As<Napi::Number>().Int32Value() : -1; }

Napi::Value Or(const Napi::CallbackInfo &info, const Status &status, const Napi::Value &value) {
  if (status) return value;
  Throw(info.Env(), status);
  return info.Env().Undefined();
}

Napi::Value ConnectCall(const Napi::CallbackInfo &info) {
  int end = -1;
  Status status = door::Connect(Text(info[0]).c_str(), &end);
  return Or(info, status, Napi::Number::New(info.Env(), end));
}

// doorAsk(end, message) -> [answer, descriptor or -1]
Napi::Value AskCall(const Napi::CallbackInfo &info) {
  std::string answer;
  int descriptor = -1;
  Status status = door::Ask(Descriptor(info[0]), Text(info[1]), &answer, &descriptor);
  auto out = Napi::Array::New(info.Env(), 2);
  out[0u] = answer, out[1u] = descriptor;
  return Or(info, status, out);
}

// openPinned(path) -> descriptor of a pinned map
Napi::Value OpenPinned(const Napi::CallbackInfo &info) {
  std::string path = Text(info[0]);
  int fd = bpf::GetPinned(path.c_str());
  Status status = fd < 0 ? Fail(kSystem, "the pinned map '%s' can't be opened: %s", path.c_str(), strerror(errno)) : Status{};
  return Or(info, status, Napi::Number::New(info.Env(), fd));
}

// openXskmap(path) -> descriptor of a pinned XSKMAP, and of nothing else
Napi::Value OpenXskmap(const Napi::CallbackInfo &info) {
  std::string path = Text(info[0]);
  int fd = bpf::GetPinned(path.c_str());
  Status status = fd < 0 ? Fail(kDoor, "xskmap: the pinned map '%s' can't be opened: %s", path.c_str(), strerror(errno)) : Status{};
  if (fd >= 0 && bpf::MapType(fd) != BPF_MAP_TYPE_XSKMAP) {
    close(fd);
    status = Fail(kDoor, "xskmap: '%s' is no XSKMAP. See what it is: bpftool map show pinned %s", path.c_str(), path.c_str());
  }
  return Or(info, status, Napi::Number::New(info.Env(), fd));
}

// memlockBytes() -> the hard limit on locked memory, up to which the soft one can be raised; -1: none
Napi::Value Memlock(const Napi::CallbackInfo &info) {
  rlimit limit{};
  getrlimit(RLIMIT_MEMLOCK, &limit);
  return Napi::Number::New(info.Env(), limit.rlim_max == RLIM_INFINITY ? -1.0 : static_cast<double>(limit.rlim_max));
}

Napi::Value CloseCall(const Napi::CallbackInfo &info) {
  if (int fd = Descriptor(info[0]); fd >= 0) close(fd);
  return info.Env().Undefined();
}

}  // namespace doors

void ExportDoor(Napi::Env, Napi::Object exports) {
  auto add = [&](const char *name, Napi::Value (*function)(const Napi::CallbackInfo &)) { Export(exports, name, function); };
  add("doorConnect", doors::ConnectCall);
  add("doorAsk", doors::AskCall);
  add("openPinned", doors::OpenPinned);
  add("openXskmap", doors::OpenXskmap);
  add("memlockBytes", doors::Memlock);
  add("closeDescriptor", doors::CloseCall);
}

}  // namespace rxb
