// A member on a plain thread, for tests: an event loop of its own polls the queues' descriptors and pumps.
#include "../../core/turn/member.h"

#include <uv.h>

#include <future>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "../../core/registry.h"
#include "../values/arguments.h"
#include "../values/errors.h"
#include "../values/exports.h"
#include "../values/fields.h"

namespace rxb {
namespace members {

constexpr uint64_t kTickMs = 20;  // what others ask for is done at the latest then
constexpr uint32_t kEthernet = 14, kUdpEnd = 42;

enum class How { kDrop, kDeliver, kPass, kReflect };
const char *const kHow[] = {"drop", "deliver", "pass", "reflect"};

struct Pumping {
  MemberRequest request{};
  How how = How::kDrop;
  std::thread thread;
  uv_loop_t loop;
  uv_async_t end;
  uv_timer_t tick;
  std::vector<uv_poll_t> polls;
  Member *member = nullptr;
  std::mutex lock;        // of what follows
  MemberCounts counts{};  // as of the last pump
  uint64_t bytes = 0;     // that were copied out
  char thread_name[16] = "";
};

void EndAll(void *);

// By the number of the member; of the control thread. process.exit() in the main thread runs no cleanup hook (Node's
// DefaultProcessExitHandlerInternal calls exit() at once), and a thread that nobody has joined would end the process by
// std::terminate().
struct Members : std::map<uint32_t, std::unique_ptr<Pumping>> {
  ~Members() { EndAll(nullptr); }
} all;

void Swap(uint8_t *a, uint8_t *b, uint32_t bytes) {
  for (uint32_t i = 0; i < bytes; i++) std::swap(a[i], b[i]);
}

// Sends a datagram back to where it came from. Checksums stay right: sums don't know an order.
bool Reflect(uint8_t *packet, uint32_t length) {
  if (length < kUdpEnd || packet[12] != 8 || packet[13] || packet[kEthernet] != 0x45 || packet[23] != 17) return false;
  Swap(packet, packet + 6, 6);
  Swap(packet + 26, packet + 30, 4);
  Swap(packet + 34, packet + 36, 2);
  return true;
}

void Handle(void *context, const Pumped &pumped) {
  auto *p = static_cast<Pumping *>(context);
  uint8_t copy[16384];
  uint64_t bytes = 0;
  p->member->Pump();  // a handler may try: it must do nothing
  for (uint32_t i = 0; i < pumped.count; i++) {
    uint8_t *packet = pumped.memory + pumped.offset[i];
    const uint32_t length = pumped.length[i];
    if (p->how == How::kPass) pumped.fate[i] = Fate::kToKernel;
    if (p->how == How::kReflect && Reflect(packet, length)) pumped.fate[i] = Fate::kSent;
    if (p->how != How::kDeliver || length > sizeof copy) continue;
    memcpy(copy, packet, length);
    bytes += length;
    pumped.fate[i] = Fate::kDelivered;
  }
  std::lock_guard<std::mutex> lock(p->lock);
  p->bytes += bytes;
}

void PumpOnce(Pumping *p) {
  p->member->Pump();
  std::lock_guard<std::mutex> lock(p->lock);
  p->counts = p->member->counts();
}

void Run(Pumping *p, std::promise<Status> *started) {
  Status status = Member::Start(p->request, &p->member);
  if (!status) return started->set_value(status);
  pthread_getname_np(pthread_self(), p->thread_name, sizeof p->thread_name);
  uv_loop_init(&p->loop);
  uv_async_init(&p->loop, &p->end, [](uv_async_t *end) { uv_stop(end->loop); });
  uv_timer_init(&p->loop, &p->tick);
  p->tick.data = p;
  uv_timer_start(
      &p->tick, [](uv_timer_t *tick) { PumpOnce(static_cast<Pumping *>(tick->data)); }, kTickMs, kTickMs);
  p->polls.resize(p->request.queue_count);
  for (uint32_t i = 0; i < p->polls.size(); i++) {
    p->polls[i].data = p;
    uv_poll_init(&p->loop, &p->polls[i], p->member->Descriptor(i));
    uv_poll_start(&p->polls[i], UV_READABLE,
                  [](uv_poll_t *poll, int, int) { PumpOnce(static_cast<Pumping *>(poll->data)); });
  }
  started->set_value({});
  uv_run(&p->loop, UV_RUN_DEFAULT);
  uv_walk(
      &p->loop, [](uv_handle_t *handle, void *) { uv_close(handle, nullptr); }, nullptr);
  uv_run(&p->loop, UV_RUN_DEFAULT);
  uv_loop_close(&p->loop);
  p->member->Close();
}

// The thread has closed the queues when this returns. Without the control lock, which it takes.
void Join(Pumping *p) {
  if (!p->thread.joinable()) return;
  uv_async_send(&p->end);
  p->thread.join();
}

void EndAll(void *) {
  for (auto &each : all) {
    Join(each.second.get());
    delete each.second->member;
  }
  all.clear();
}

Status QueuesOf(const std::vector<uint32_t> &pairs, MemberRequest *request) {
  std::lock_guard<std::mutex> lock(ControlLock());
  if (pairs.size() % 2 || pairs.size() / 2 > k_slotsMax)
    return Fail(kBadArgument, "testing.startMember: queues are pairs of a port and a queue, at most %u", k_slotsMax);
  for (size_t i = 0; i < pairs.size(); i += 2) {
    Port *port = PortById(pairs[i]);
    if (!port) return Fail(kClosed, "the port is closed");
    if (pairs[i + 1] >= k_queuesMax || !port->queues[pairs[i + 1]])
      return Fail(kNoQueue, "%s was not opened with queue %u", port->name, pairs[i + 1]);
    request->queues[request->queue_count++] = port->queues[pairs[i + 1]];
  }
  return {};
}

// testing.startMember({queues: [portId, queue, …], frames, how}) -> its number, which is a worker's too
Napi::Value StartCall(const Napi::CallbackInfo &info) {
  Arguments in(info, "testing.startMember");
  Fields options(&in, info[0], "the options");
  const std::vector<uint32_t> pairs = options.Wholes("queues", 2 * k_slotsMax);
  const std::string how = options.Text("how");
  auto p = std::make_unique<Pumping>();
  p->request.frames = options.Whole("frames", k_framesMax);
  uint32_t kind = 0;
  while (kind < 4 && how != kHow[kind]) kind++;
  if (kind == 4)
    in.Refuse(Fail(kBadArgument, "testing.startMember: how is drop, deliver, pass or reflect, not '%s'", how.c_str()));
  if (in.ok()) in.Refuse(QueuesOf(pairs, &p->request));
  if (!in.ok()) return in.Throw();
  p->how = static_cast<How>(kind);
  p->request.handle = Handle;
  p->request.context = p.get();
  std::promise<Status> started;
  p->thread = std::thread(Run, p.get(), &started);
  if (Status status = started.get_future().get(); !status) {
    p->thread.join();
    in.Refuse(status);
    return in.Throw();
  }
  if (all.empty()) napi_add_env_cleanup_hook(info.Env(), EndAll, &all);
  const uint32_t id = p->member->id();
  all[id] = std::move(p);
  return Napi::Number::New(info.Env(), id);
}

Napi::Object Counts(Napi::Env env, const MemberCounts &c, const Pumping &p) {
  auto out = Napi::Object::New(env);
  out["rx"] = static_cast<double>(c.rx);
  out["delivered"] = static_cast<double>(c.delivered);
  out["dropped"] = static_cast<double>(c.dropped);
  out["toKernel"] = static_cast<double>(c.to_kernel);
  out["sent"] = static_cast<double>(c.sent);
  out["rejected"] = static_cast<double>(c.rejected);
  out["pumps"] = static_cast<double>(c.pumps);
  out["bytes"] = static_cast<double>(p.bytes);
  out["threadName"] = p.thread_name;
  return out;
}

Pumping *ById(Arguments *in) {
  const auto found = all.find(in->Whole(0, "the member's number"));
  if (found == all.end()) in->Refuse(Fail(kClosed, "there is no such member"));
  return found == all.end() ? nullptr : found->second.get();
}

// testing.memberCounts(id)
Napi::Value CountsCall(const Napi::CallbackInfo &info) {
  Arguments in(info, "testing.memberCounts");
  Pumping *p = ById(&in);
  if (!in.ok() || !p) return in.Throw();
  std::lock_guard<std::mutex> lock(p->lock);
  return Counts(info.Env(), p->counts, *p);
}

// testing.stopMember(id) -> its counts, and what the audit of its end found: '' or what is wrong
Napi::Value StopCall(const Napi::CallbackInfo &info) {
  Arguments in(info, "testing.stopMember");
  Pumping *p = ById(&in);
  if (!in.ok() || !p) return in.Throw();
  Join(p);
  Napi::Object out = Counts(info.Env(), p->member->counts(), *p);
  out["problem"] = p->member->audit().ok ? "" : p->member->audit().problem;
  const uint32_t id = p->member->id();
  delete p->member;
  all.erase(id);
  if (all.empty()) napi_remove_env_cleanup_hook(info.Env(), EndAll, &all);
  return out;
}

}  // namespace members

void ExportMembers(Napi::Env, Napi::Object exports) {
  Export(exports, "testing.startMember", members::StartCall);
  Export(exports, "testing.memberCounts", members::CountsCall);
  Export(exports, "testing.stopMember", members::StopCall);
}

}  // namespace rxb
