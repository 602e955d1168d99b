// The broker's socket as JavaScript calls it: processes of one user come, ask, and are answered on the event loop.
#include <linux/if_xdp.h>
#include <net/if.h>
#include <sys/socket.h>
#include <unistd.h>
#include <uv.h>

#include <memory>
#include <string>
#include <unordered_set>

#include "../../bpf/bpf.h"
#include "../../core/registry.h"
#include "../../grant/plugin_socket.h"
#include "../values/descriptors.h"
#include "../values/exports.h"
#include "../values/fields.h"
#include "broker.h"

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
  if (!server->ending && server->connections.size() <= kConnectionsMax)
    uv_poll_start(&server->listener->poll, UV_READABLE, OnArrival);
}

// handler({client, message}) -> {answer, descriptor}; message null: it has hung up; descriptor -1: none.
bool Answer(Connection *connection, const std::string *message) {
  Server *server = connection->server;
  Napi::Env env = server->handler.Env();
  Napi::HandleScope scope(env);
  auto asked = Napi::Object::New(env);
  asked["client"] = connection->number;
  asked["message"] = message ? Napi::String::New(env, *message).As<Napi::Value>() : env.Null();
  Napi::Value answer = server->handler.MakeCallback(env.Global(), {asked});
  if (env.IsExceptionPending()) env.GetAndClearPendingException();
  if (!message || answer.IsEmpty() || !answer.IsObject()) return false;
  auto object = answer.As<Napi::Object>();
  Napi::Value text = object.Get("answer");
  if (env.IsExceptionPending()) env.GetAndClearPendingException();
  Napi::Value descriptor = object.Get("descriptor");
  if (env.IsExceptionPending()) env.GetAndClearPendingException();
  if (text.IsEmpty() || descriptor.IsEmpty() || !text.IsString() || !descriptor.IsNumber()) return false;
  // Its end does not block: a client that asks and does not listen is hung up on.
  return bool(plugin_socket::Say(connection->fd, text.As<Napi::String>(), descriptor.As<Napi::Number>().Int32Value()));
}

void OnMessage(uv_poll_t *handle, int, int) {
  auto *connection = static_cast<Connection *>(handle->data);
  Server *server = connection->server;
  if (server->ending) return;
  std::string message;
  bool open = false;
  bool heard = bool(plugin_socket::Hear(connection->fd, 0, &message, nullptr, &open));
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
  Status status = plugin_socket::Accept(server->listener->fd, server->user, &fd);
  if (fd >= 0) Watch(server, fd, OnMessage);
  if (status && server->connections.size() <= kConnectionsMax) return;
  uv_poll_stop(&server->listener->poll);
  if (!status)
    uv_timer_start(
        &server->rest, [](uv_timer_t *timer) { ListenAgain(static_cast<Server *>(timer->data)); }, kRestMs, 0);
}

// No callback may come when the environment is gone: Node runs the loop once more before it asks cleanup hooks, so
// JavaScript calls this from `exit`. The server is gone when libuv has closed every handle.
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

// grant.serve({path, user, handler}) -> a function that ends it
Napi::Value Serve(const Napi::CallbackInfo &info) {
  Arguments in(info, "grant.serve");
  Fields wanted(&in, info[0], "the request");
  const std::string path = wanted.Text("path");
  const uid_t user = wanted.Whole("user");
  const Napi::Function handler = wanted.Function("handler");
  if (!in.ok()) return in.Throw();
  uv_loop_t *loop;
  if (napi_get_uv_event_loop(info.Env(), &loop) != napi_ok)
    return Failed(info, Fail(kSystem, "this thread has no event loop"));
  int fd = -1;
  if (Status status = plugin_socket::Listen(path.c_str(), user, &fd); !status) return Failed(info, status);
  auto *server = new Server;
  server->loop = loop;
  server->user = user;
  server->handler = Napi::Persistent(handler);
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

// grant.boundSocket(interface) -> a new AF_XDP socket that can be bound to that interface only (Linux 6.5), by whoever
// has it
Napi::Value BoundSocket(const Napi::CallbackInfo &info) {
  Arguments in(info, "grant.boundSocket");
  const std::string name = in.Text(0, "the interface's name");
  if (!in.ok()) return in.Throw();
  int fd = socket(AF_XDP, SOCK_RAW | SOCK_CLOEXEC, 0);
  if (fd < 0) return Failed(info, FailErrno("opening an AF_XDP socket"));
  if (name.empty() || name.size() >= IFNAMSIZ ||
      setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, name.c_str(), static_cast<socklen_t>(name.size()))) {
    Status status = FailErrno("tying an AF_XDP socket to its interface");
    close(fd);
    return Failed(info, status);
  }
  return Napi::Number::New(info.Env(), Lend(fd));
}

// grant.isSocketReady({socket, interface}) -> whether its program has bound it. Until then packets redirected to it
// would be lost.
Napi::Value IsSocketReady(const Napi::CallbackInfo &info) {
  Arguments in(info, "grant.isSocketReady");
  Fields asked(&in, info[0], "the question");
  const int fd = asked.Descriptor("socket");
  const std::string name = asked.Text("interface");
  if (in.ok() && !IsLent(fd))
    in.Refuse(Fail(kBadArgument, "grant.isSocketReady: descriptor %d was not given out by rxburst", fd));
  if (!in.ok()) return in.Throw();
  sockaddr_xdp address{};
  address.sxdp_family = AF_XDP;
  address.sxdp_ifindex = if_nametoindex(name.c_str());
  // Flags that exclude each other: xsk_bind() refuses them with EINVAL, after a look at the state, which says EBUSY.
  address.sxdp_flags = XDP_SHARED_UMEM | XDP_COPY;
  bool ready = bind(fd, reinterpret_cast<sockaddr *>(&address), sizeof address) && errno == EBUSY;
  return Napi::Boolean::New(info.Env(), ready);
}

// grant.putSocket({port, queue, socket}): into the port's XSKMAP; socket -1 takes out what is there
Napi::Value PutSocket(const Napi::CallbackInfo &info) {
  Arguments in(info, "grant.putSocket");
  Fields place(&in, info[0], "the place");
  const uint32_t id = place.Whole("port"), queue = place.Whole("queue");
  const int fd = place.Descriptor("socket");
  if (!in.ok()) return in.Throw();
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
