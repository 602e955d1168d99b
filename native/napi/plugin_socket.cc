// The door as JavaScript calls it.
#include "../grant/plugin_socket.h"

#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>
#include <uv.h>

#include <memory>
#include <string>

#include "../bpf/bpf.h"
#include "../core/registry.h"
#include "control.h"
#include "steering.h"

namespace rxb {
namespace doors {

constexpr int kFamily = 44;  // AF_XDP

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

// A door, or somebody who came in by it; calls back with what is said.
struct Watched {
  uv_poll_t poll;
  int end;
  uid_t user;
  std::shared_ptr<Napi::FunctionReference> handler;
};

void Leave(Watched *watched) {
  uv_poll_stop(&watched->poll);
  uv_close(reinterpret_cast<uv_handle_t *>(&watched->poll), [](uv_handle_t *closed) {
    auto *watched = static_cast<Watched *>(closed->data);
    close(watched->end);
    delete watched;
  });
}

void Watch(uv_loop_t *loop, int end, uid_t user, std::shared_ptr<Napi::FunctionReference> handler, uv_poll_cb callback) {
  auto *watched = new Watched{{}, end, user, std::move(handler)};
  watched->poll.data = watched;
  uv_poll_init(loop, &watched->poll, end);
  uv_poll_start(&watched->poll, UV_READABLE, callback);
  uv_unref(reinterpret_cast<uv_handle_t *>(&watched->poll));
}

// A message becomes handler(message) -> [answer, descriptor or -1, close the descriptor then?].
void OnMessage(uv_poll_t *handle, int, int) {
  auto *watched = static_cast<Watched *>(handle->data);
  Napi::Env env = watched->handler->Env();
  Napi::HandleScope scope(env);
  std::string message;
  int descriptor = -1;
  bool open = false;
  if (!door::Hear(watched->end, 0, &message, &descriptor, &open)) return;
  if (descriptor >= 0) close(descriptor);
  if (!open) return Leave(watched);
  Napi::Value answer = watched->handler->MakeCallback(env.Global(), {Napi::String::New(env, message)});
  if (env.IsExceptionPending() || answer.IsEmpty() || !answer.IsArray()) return Leave(watched);
  auto list = answer.As<Napi::Array>();
  door::Say(watched->end, Text(list.Get(0u)), Descriptor(list.Get(1u)));
  if (list.Get(2u).ToBoolean()) close(Descriptor(list.Get(1u)));
}

void OnArrival(uv_poll_t *handle, int, int) {
  auto *watched = static_cast<Watched *>(handle->data);
  int end;
  if (door::Accept(watched->end, watched->user, &end) && end >= 0) Watch(handle->loop, end, watched->user, watched->handler, OnMessage);
}

// doorKeep(path, user, handler): serves that user's processes; does not keep this one alive
Napi::Value KeepCall(const Napi::CallbackInfo &info) {
  uv_loop_t *loop;
  if (napi_get_uv_event_loop(info.Env(), &loop) != napi_ok) return Or(info, Fail(kSystem, "no event loop"), info.Env().Undefined());
  int door = -1;
  Status status = door::Listen(Text(info[0]).c_str(), &door);
  if (status)
    Watch(loop, door, info[1].As<Napi::Number>().Uint32Value(),
          std::make_shared<Napi::FunctionReference>(Napi::Persistent(info[2].As<Napi::Function>())), OnArrival);
  return Or(info, status, info.Env().Undefined());
}

// xdpSocket() -> a new AF_XDP socket, to be handed over
Napi::Value XdpSocket(const Napi::CallbackInfo &info) {
  int fd = socket(kFamily, SOCK_RAW | SOCK_CLOEXEC, 0);
  return Or(info, fd < 0 ? FailErrno("opening an AF_XDP socket") : Status{}, Napi::Number::New(info.Env(), fd));
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

// portMaps(id) -> [XSKMAP, counters or -1], which stay the port's
Napi::Value PortMaps(const Napi::CallbackInfo &info) {
  std::lock_guard<std::mutex> lock(ControlLock());
  Port *port = PortById(info[0].As<Napi::Number>().Uint32Value());
  auto out = Napi::Array::New(info.Env(), 2);
  out[0u] = port ? port->sockets_map : -1, out[1u] = port ? port->counters_map : -1;
  return out;
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

void ExportDoor(Napi::Env env, Napi::Object exports) {
  auto add = [&](const char *name, Napi::Value (*function)(const Napi::CallbackInfo &)) {
    exports[name] = Napi::Function::New(env, function, name);
  };
  add("doorConnect", doors::ConnectCall);
  add("doorAsk", doors::AskCall);
  add("doorKeep", doors::KeepCall);
  add("xdpSocket", doors::XdpSocket);
  add("openPinned", doors::OpenPinned);
  add("openXskmap", doors::OpenXskmap);
  add("portMaps", doors::PortMaps);
  add("memlockBytes", doors::Memlock);
  add("closeDescriptor", doors::CloseCall);
}

}  // namespace rxb
