// UDP in plain C, as a peer: a recvmmsg receiver, an echo, and the client that measures every responder.
#include <arpa/inet.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <atomic>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "../core/thread.h"
#include "../napi/values/errors.h"
#include "../napi/values/fields.h"
#include "bench.h"

namespace rxb {

namespace {

constexpr uint32_t kBatch = 32;
constexpr long kQuietUs = 10'000;  // how late close() can be
constexpr uint32_t kPayloadMax = 2048;
constexpr double kPingMsMax = 10'000;  // a process can't end while a client measures
constexpr double kPauseUsMax = 1e6;

// A bound UDP socket; -1 and errno when it can't be had.
int UdpSocket(const sockaddr_in &address, long timeout_us) {
  int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  timeval timeout{0, timeout_us};
  int room = 4 << 20;
  if (fd < 0) return -1;
  setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof timeout);
  setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &room, sizeof room);
  if (!bind(fd, reinterpret_cast<const sockaddr *>(&address), sizeof address)) return fd;
  int error = errno;
  close(fd);
  errno = error;
  return -1;
}

sockaddr_in Address(Arguments *in, const std::string &address, uint32_t port) {
  sockaddr_in out{};
  out.sin_family = AF_INET;
  out.sin_port = htons(static_cast<uint16_t>(port));
  if (inet_pton(AF_INET, address.c_str(), &out.sin_addr) != 1)
    in->Refuse(Fail(kBadArgument, "an IPv4 address is wanted"));
  return out;
}

// new UdpPeer({address, port, cpu, echo}): a thread that takes datagrams and counts them, or sends each back.
class UdpPeer : public Napi::ObjectWrap<UdpPeer> {
 public:
  static Napi::Function Class(Napi::Env env) {
    return DefineClass(env, "UdpPeer",
                       {InstanceMethod<&UdpPeer::Count>("count"), InstanceMethod<&UdpPeer::Close>("close")});
  }

  explicit UdpPeer(const Napi::CallbackInfo &info) : Napi::ObjectWrap<UdpPeer>(info) {
    Arguments in(info, "UdpPeer");
    Fields peer(&in, info[0], "the peer");
    const std::string ip = peer.Text("address");
    const sockaddr_in address = Address(&in, ip, peer.Whole("port", UINT16_MAX));
    const int cpu = peer.Cpu("cpu");
    const bool echo = peer.Flag("echo");
    if (in.ok() && (fd_ = UdpSocket(address, kQuietUs)) < 0) in.Refuse(FailErrno("binding a UDP socket"));
    if (!in.ok()) {
      in.Throw();
      return;
    }
    thread_ = std::thread([this, cpu, echo] {
      if (cpu >= 0) PinThread(cpu);
      echo ? Echo() : Receive();
    });
  }
  ~UdpPeer() override { End(); }

 private:
  void Receive() {
    std::vector<uint8_t> bytes(kBatch * kPayloadMax);
    mmsghdr messages[kBatch] = {};
    iovec parts[kBatch];
    for (uint32_t i = 0; i < kBatch; i++) {
      parts[i] = {&bytes[i * kPayloadMax], kPayloadMax};
      messages[i].msg_hdr.msg_iov = &parts[i];
      messages[i].msg_hdr.msg_iovlen = 1;
    }
    while (!stop_.load(std::memory_order_relaxed)) {
      int n = recvmmsg(fd_, messages, kBatch, MSG_WAITFORONE, nullptr);
      if (n > 0) packets_.store(packets_.load(std::memory_order_relaxed) + n, std::memory_order_relaxed);
    }
  }

  void Echo() {
    uint8_t bytes[kPayloadMax];
    while (!stop_.load(std::memory_order_relaxed)) {
      sockaddr_in from;
      socklen_t length = sizeof from;
      ssize_t n = recvfrom(fd_, bytes, sizeof bytes, 0, reinterpret_cast<sockaddr *>(&from), &length);
      if (n < 0) continue;
      sendto(fd_, bytes, n, 0, reinterpret_cast<sockaddr *>(&from), length);
      packets_.store(packets_.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
    }
  }

  Napi::Value Count(const Napi::CallbackInfo &info) {
    return Napi::Number::New(info.Env(), double(packets_.load(std::memory_order_relaxed)));
  }
  void Close(const Napi::CallbackInfo &) { End(); }
  void End() {
    stop_ = true;
    if (thread_.joinable()) thread_.join();
    if (fd_ >= 0) close(fd_);
    fd_ = -1;
  }

  int fd_ = -1;
  std::atomic<bool> stop_{false};
  std::atomic<uint64_t> packets_{0};
  std::thread thread_;
};

struct PingRequest {
  sockaddr_in from, to;
  double milliseconds, pause_us;
  uint32_t bytes;
  int cpu;
};

double NowInNs() {
  timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return double(now.tv_sec) * 1e9 + double(now.tv_nsec);
}

// One request under way at a time; the client spins for the answer, so that its own wake-up is in no figure.
class Ping : public Napi::AsyncWorker {
 public:
  Ping(Napi::Env env, const PingRequest &request) : Napi::AsyncWorker(env), request_(request), deferred_(env) {}
  Napi::Promise promise() { return deferred_.Promise(); }

  void Execute() override {
    if (request_.cpu >= 0) PinThread(request_.cpu);
    int fd = UdpSocket(request_.from, 0);
    if (fd < 0) {
      status_ = FailErrno("binding the client's UDP socket");
      return;
    }
    if (connect(fd, reinterpret_cast<sockaddr *>(&request_.to), sizeof request_.to))
      status_ = FailErrno("connecting the client");
    else
      Measure(fd);
    close(fd);
  }

  void OnOK() override {
    if (!status_) {
      Throw(Env(), status_);
      return deferred_.Reject(Env().GetAndClearPendingException().Value());
    }
    auto out = Napi::Object::New(Env());
    auto times = Napi::Float64Array::New(Env(), times_.size());
    for (size_t i = 0; i < times_.size(); i++) times[i] = times_[i];
    out["times"] = times;
    out["lost"] = lost_;
    deferred_.Resolve(out);
  }

 private:
  void Measure(int fd) {
    constexpr double kLostNs = 100e6;
    constexpr uint32_t kLostMax = 10;
    uint8_t bytes[kPayloadMax] = {};
    uint32_t number = 0;
    const double end = NowInNs() + request_.milliseconds * 1e6, last = end + kLostMax * kLostNs;
    // A window in which nothing was answered goes on for a while: the first request may have met an interface in
    // change.
    for (double from; (from = NowInNs()) < end || (times_.empty() && lost_ < kLostMax && from < last);) {
      number++;
      memcpy(bytes, &number, sizeof number);
      if (send(fd, bytes, request_.bytes, 0) < 0) {
        if (errno == ECONNREFUSED) continue;
        status_ = FailErrno("sending a request");
        return;
      }
      double now;
      for (;;) {
        uint8_t answer[kPayloadMax];
        ssize_t n = recv(fd, answer, sizeof answer, MSG_DONTWAIT);
        now = NowInNs();
        if (n >= 4 && !memcmp(answer, &number, sizeof number)) {
          times_.push_back(now - from);
          break;
        }
        if (now - from > kLostNs) {
          lost_++;
          break;
        }
      }
      for (double until = now + request_.pause_us * 1e3; NowInNs() < until;) {
      }
    }
  }

  PingRequest request_;
  Napi::Promise::Deferred deferred_;
  Status status_;
  std::vector<double> times_;
  uint32_t lost_ = 0;
};

// udpPing({from, to, port, milliseconds, pauseUs, bytes, cpu}) -> Promise<{ times: Float64Array (ns), lost }>
Napi::Value UdpPing(const Napi::CallbackInfo &info) {
  Arguments in(info, "udpPing");
  PingRequest request{};
  Fields ping(&in, info[0], "the request");
  const std::string from = ping.Text("from"), to = ping.Text("to");
  request.from = Address(&in, from, 0);
  request.to = Address(&in, to, ping.Whole("port", UINT16_MAX));
  request.milliseconds = ping.Number("milliseconds", 0, kPingMsMax);
  request.pause_us = ping.Number("pauseUs", 0, kPauseUsMax);
  request.bytes = std::min(std::max(ping.Whole("bytes"), 4u), kPayloadMax);
  request.cpu = ping.Cpu("cpu");
  if (!in.ok()) return in.Throw();
  auto *client = new Ping(info.Env(), request);
  client->Queue();
  return client->promise();
}

}  // namespace

void ExportUdp(Napi::Env env, Napi::Object exports) {
  Export(exports, "udpPing", UdpPing);
  ExportValue(exports, "UdpPeer", UdpPeer::Class(env));
}

}  // namespace rxb
