// The broker's socket as JavaScript calls it: processes of one user come, ask, and are answered on the event loop.
#include <linux/if_xdp.h>
#include <net/if.h>
#include <sys/socket.h>
#include <unistd.h>
#include <uv.h>

#include <memory>
#include <string>
#include <unordered_set>

#include "../bpf/bpf.h"
#include "../core/registry.h"
#include "../grant/plugin_socket.h"
#include "broker.h"
#include "steering.h"

namespace rxb {
namespace broker {

constexpr size_t kConnectionsMax = 64;  // others wait in the kernel, at no cost
constexpr uint64_t kRestMs = 100;       // after an accept() that failed, for want of descriptors

struct Server;

// A connection; the listener is one too.
struct Connection {
  uv_poll_t poll;
  int fd;
  uint32_t number;
  Server *server;
};

struct Server {
  Napi::FunctionReference handler;
  uv_loop_t *loop = nullptr;
  uv_timer_t rest;
  uid_t user = 0;
  Connection *listener = nullptr;
  std::unordered_set<Connection *> connections;  // with the listener
  uint32_t numbers = 0;
  int closing = 0;  // handles whose end libuv has not told yet
  bool ending = false;
  std::shared_ptr<Server *> self;  // null when it is gone
  napi_async_cleanup_hook_handle hook = nullptr;
};

void OnMessage(uv_poll_t *handle, int status, int);
void OnArrival(uv_poll_t *handle, int status, int);

void EndIfClosed(Server *server) {
  if (!server->ending || server->closing) return;
  napi_remove_async_cleanup_hook(server->hook);
  *server->self = nullptr;
  delete server;
}

void Close(Connection *connection) {
  connection->server->connections.erase(connection);
  connection->server->closing++;
  uv_poll_stop(&connection->poll);
  uv_close(reinterpret_cast<uv_handle_t *>(&connection->poll), [](uv_handle_t *closed) {
    auto *connection = static_cast<Connection *>(closed->data);
    Server *server = connection->server;
    close(connection->fd);
    delete connection;
    server->closing--;
    EndIfClosed(server);
  });
}

Connection *Watch(Server *server, int fd, uv_poll_cb callback) {
  auto *connection = new Connection{{}, fd, server->numbers++, server};
  connection->poll.data = connection;
  uv_poll_init(server->loop, &connection->poll, fd);
  uv_poll_start(&connection->poll, UV_READABLE | UV_DISCONNECT, callback);
  uv_unref(reinterpret_cast<uv_handle_t *>(&connection->poll));
  server->connections.insert(connection);
  return connection;
}

void ListenAgain(Server *server) {
  if (!server->ending && server->connections.size() <= kConnectionsMax) uv_poll_start(&server->listener->poll, UV_READABLE, OnArrival);
}

// handler(connection, message) -> [answer, descriptor or -1]; message null: it has hung up.
bool Answer(Connection *connection, const std::string *message) {
  Server *server = connection->server;
  Napi::Env env = server->handler.Env();
  Napi::HandleScope scope(env);
  Napi::Value words = message ? Napi::String::New(env, *message).As<Napi::Value>() : env.Null();
  Napi::Value answer = server->handler.MakeCallback(env.Global(), {Napi::Number::New(env, connection->number), words});
  if (env.IsExceptionPending()) env.GetAndClearPendingException();
  if (!message || answer.IsEmpty() || !answer.IsArray()) return false;
  auto list = answer.As<Napi::Array>();
  Napi::Value text = list.Get(0u), descriptor = list.Get(1u);
  if (!text.IsString() || !descriptor.IsNumber()) return false;
  // Its end does not block: a client that asks and does not listen is hung up on.
  return bool(door::Say(connection->fd, text.As<Napi::String>(), descriptor.As<Napi::Number>().Int32Value()));
}

void OnMessage(uv_poll_t *handle, int, int) {
  auto *connection = static_cast<Connection *>(handle->data);
  Server *server = connection->server;
  if (server->ending) return;
  std::string message;
  bool open = false;
  bool heard = bool(door::Hear(connection->fd, 0, &message, nullptr, &open));
  if (!heard) return;
  if (open && Answer(connection, &message)) return;
  if (server->ending) return;
  Answer(connection, nullptr);
  Close(connection);
  ListenAgain(server);
}

void OnArrival(uv_poll_t *handle, int, int) {
  Server *server = static_cast<Connection *>(handle->data)->server;
  if (server->ending) return;
  int fd = -1;
  Status status = door::Accept(server->listener->fd, server->user, &fd);
  if (fd >= 0) Watch(server, fd, OnMessage);
  if (status && server->connections.size() <= kConnectionsMax) return;
  uv_poll_stop(&server->listener->poll);
  if (!status)
    uv_timer_start(
        &server->rest, [](uv_timer_t *timer) { ListenAgain(static_cast<Server *>(timer->data)); }, kRestMs, 0);
}

// No callback may come when the environment is gone: Node runs the loop once more before it asks cleanup hooks, so JavaScript calls
// this from `exit`. The server is gone when libuv has closed every handle.
void End(napi_async_cleanup_hook_handle, void *data) {
  auto *server = static_cast<Server *>(data);
  if (server->ending) return;
  server->ending = true;
  server->handler.Reset();
  while (!server->connections.empty()) Close(*server->connections.begin());
  server->closing++;
  uv_timer_stop(&server->rest);
  uv_close(reinterpret_cast<uv_handle_t *>(&server->rest), [](uv_handle_t *closed) {
    auto *server = static_cast<Server *>(closed->data);
    server->closing--;
    EndIfClosed(server);
  });
}

// serveBroker(path, user, handler) -> a function that ends it
Napi::Value Serve(const Napi::CallbackInfo &info) {
  if (!info[0].IsString() || !info[1].IsNumber() || !info[2].IsFunction())
    return Failed(info, Fail(kBadArgument, "serveBroker wants a path, a user's number and a function"));
  uv_loop_t *loop;
  if (napi_get_uv_event_loop(info.Env(), &loop) != napi_ok) return Failed(info, Fail(kSystem, "no event loop"));
  int fd = -1;
  uid_t user = info[1].As<Napi::Number>().Uint32Value();
  if (Status status = door::Listen(info[0].As<Napi::String>().Utf8Value().c_str(), user, &fd); !status) return Failed(info, status);
  auto *server = new Server;
  server->loop = loop;
  server->user = user;
  server->handler = Napi::Persistent(info[2].As<Napi::Function>());
  server->rest.data = server;
  uv_timer_init(loop, &server->rest);
  uv_unref(reinterpret_cast<uv_handle_t *>(&server->rest));
  server->listener = Watch(server, fd, OnArrival);
  server->self = std::make_shared<Server *>(server);
  napi_add_async_cleanup_hook(info.Env(), End, server, &server->hook);
  return Napi::Function::New(info.Env(), [self = server->self](const Napi::CallbackInfo &) {
    if (*self) End(nullptr, *self);
  });
}

// boundSocket(interface) -> a new AF_XDP socket that can be bound to that interface only (Linux 6.5), by whoever has it
Napi::Value BoundSocket(const Napi::CallbackInfo &info) {
  std::string name = info[0].IsString() ? info[0].As<Napi::String>().Utf8Value() : std::string();
  int fd = socket(AF_XDP, SOCK_RAW | SOCK_CLOEXEC, 0);
  if (fd < 0) return Failed(info, FailErrno("opening an AF_XDP socket"));
  if (name.empty() || name.size() >= IFNAMSIZ ||
      setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, name.c_str(), static_cast<socklen_t>(name.size()))) {
    Status status = FailErrno("tying an AF_XDP socket to its interface");
    close(fd);
    return Failed(info, status);
  }
  return Napi::Number::New(info.Env(), fd);
}

// isSocketReady(fd, interface) -> whether its program has bound it. Until then packets redirected to it would be lost.
Napi::Value IsSocketReady(const Napi::CallbackInfo &info) {
  sockaddr_xdp address{};
  address.sxdp_family = AF_XDP;
  address.sxdp_ifindex = info[1].IsString() ? if_nametoindex(info[1].As<Napi::String>().Utf8Value().c_str()) : 0;
  // Flags that exclude each other: xsk_bind() refuses them with EINVAL, after a look at the state, which says EBUSY.
  address.sxdp_flags = XDP_SHARED_UMEM | XDP_COPY;
  bool ready = bind(Whole(info[0]), reinterpret_cast<sockaddr *>(&address), sizeof address) && errno == EBUSY;
  return Napi::Boolean::New(info.Env(), ready);
}

// putSocket(port, queue, fd): into the port's XSKMAP; fd -1 takes out what is there
Napi::Value PutSocket(const Napi::CallbackInfo &info) {
  uint32_t id = static_cast<uint32_t>(Whole(info[0])), queue = static_cast<uint32_t>(Whole(info[1]));
  int fd = Whole(info[2]);
  std::lock_guard<std::mutex> lock(ControlLock());
  Port *port = PortById(id);
  if (!port || port->sockets_map < 0) return Failed(info, Fail(kClosed, "the port is closed"));
  if (fd < 0)
    bpf::DeleteElement(port->sockets_map, &queue);
  else if (bpf::UpdateElement(port->sockets_map, &queue, &fd))
    return Failed(info, FailErrno("putting an AF_XDP socket into the XSKMAP"));
  return info.Env().Undefined();
}

}  // namespace broker
}  // namespace rxb
