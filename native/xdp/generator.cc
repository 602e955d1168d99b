// The flood's XDP program, its pacing, and what JavaScript sees of it.
#include "generator.h"

#include <napi.h>
#include <time.h>

#include <algorithm>
#include <cmath>
#include <memory>

#include "../napi/arguments.h"
#include "../napi/control.h"
#include "../nic/netdev.h"

namespace rxb {

namespace {

constexpr uint32_t kFramesPerCall = 4096;   // under 2 ms: how late a stop can be
constexpr double kBacklogSeconds = 0.01;    // what a busy machine delayed by more is not caught up in one lump
constexpr double kLumpSeconds = 0.0005;     // a rate is kept in lumps of so long, for each call costs as much as 40 frames,
constexpr double kLumpFrames = 32;          // or of so many frames, for a receiver's ring has to hold them
constexpr double kNapSeconds = 50e-6;       // shorter waits are spun through
constexpr uint32_t kFrameBytesMax = 65535;  // the kernel takes less
constexpr double kRunMsMax = 10'000;        // a process can't end while a call of run() goes on

double Now() {
  timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_nsec) / 1e9;
}

void Nap(double seconds) {
  timespec t{0, static_cast<long>(std::min(seconds, 0.1) * 1e9)};
  nanosleep(&t, nullptr);
}

// r7 = the number of the next flow, kept in the map's only value; written into the frame as first_port + number.
void NumberFlows(bpf::Code &code, const FloodRequest &request, int state) {
  using namespace bpf;
  const auto flows = static_cast<int32_t>(request.flows), end = static_cast<int32_t>(request.port_offset + 2);
  code.push_back(Insn(BPF_LD | BPF_DW | BPF_IMM, 6, BPF_PSEUDO_MAP_VALUE, 0, state));
  code.push_back(Insn(0, 0, 0, 0, 0));
  code.push_back(Load(BPF_W, 7, 6, 0));
  code.push_back(MovReg(2, 7));
  code.push_back(Alu64Imm(BPF_ADD, 2, 1));
  code.push_back(Insn(BPF_JMP | BPF_JLT | BPF_K, 2, 0, 1, flows));
  code.push_back(MovImm(2, 0));
  code.push_back(Store(BPF_W, 6, 0, 2));
  code.push_back(Alu64Imm(BPF_ADD, 7, request.first_port));
  code.push_back(Insn(BPF_ALU | BPF_END | BPF_TO_BE, 7, 0, 0, 16));
  code.push_back(Load(BPF_W, 2, 1, offsetof(xdp_md, data)));
  code.push_back(Load(BPF_W, 3, 1, offsetof(xdp_md, data_end)));
  code.push_back(MovReg(4, 2));
  code.push_back(Alu64Imm(BPF_ADD, 4, end));
  code.push_back(Insn(BPF_JMP | BPF_JGT | BPF_X, 4, 3, 1, 0));
  code.push_back(Store(BPF_H, 2, static_cast<int16_t>(request.port_offset), 7));
}

// Pins the calling thread for as long as it lives; the thread belongs to a pool.
class Pinned {
 public:
  explicit Pinned(int cpu) {
    if (cpu < 0 || sched_getaffinity(0, sizeof before_, &before_)) return;
    cpu_set_t wanted;
    CPU_ZERO(&wanted);
    CPU_SET(cpu, &wanted);
    pinned_ = sched_setaffinity(0, sizeof wanted, &wanted) == 0;
    failed_ = !pinned_;
  }
  ~Pinned() {
    if (pinned_) sched_setaffinity(0, sizeof before_, &before_);
  }
  bool failed() const { return failed_; }

 private:
  cpu_set_t before_;
  bool pinned_ = false, failed_ = false;
};

}  // namespace

Flood::~Flood() {
  bpf::Unregister(&registration_);
  if (program_ >= 0) close(program_);
  if (state_ >= 0) close(state_);
}

Status Flood::Open(FloodRequest request) {
  using namespace bpf;
  Code code;
  if (request.flows > 1) {
    if (request.port_offset + 2 > request.frame.size()) return Fail(kBadArgument, "the port to vary lies outside the frame");
    state_ = CreateMap(BPF_MAP_TYPE_ARRAY, 4, 8, 1, "flood_flow");
    if (state_ < 0) return FailErrno("making the map of the flood");
    NumberFlows(code, request, state_);
  }
  code.push_back(MovImm(1, static_cast<int32_t>(request.ifindex)));
  code.push_back(MovImm(2, 0));
  code.push_back(Helper(BPF_FUNC_redirect));
  code.push_back(Exit());
  program_ = LoadProgram(BPF_PROG_TYPE_XDP, code, "flood");
  if (program_ < 0) return FailErrno("loading the XDP program of the flood");
  registration_ = Register(program_);
  request_ = std::move(request);
  return {};
}

Status Flood::Run(const FloodPace &pace, double *sent) {
  Pinned pinned(pace.cpu);
  if (pinned.failed()) return Fail(kBadArgument, "CPU %d can't be used: %s. `nproc` says how many there are", pace.cpu, strerror(errno));
  const double rate = pace.packets_per_second;
  const double end = Now() + pace.milliseconds / 1e3;
  *sent = 0;
  for (double now; *sent < pace.packets && (now = Now()) < end;) {
    double due = kFramesPerCall;
    if (rate > 0) {
      if (credited_at_ > 0) credit_ = std::min(credit_ + (now - credited_at_) * rate, std::max(1.0, kBacklogSeconds * rate));
      credited_at_ = now;
      const double lump = std::clamp(rate * kLumpSeconds, 1.0, kLumpFrames);
      if (credit_ < lump) {
        if (const double wait = (lump - credit_) / rate; wait > kNapSeconds) Nap(std::min(wait, end - now));
        continue;
      }
      due = credit_;
    }
    const auto frames = static_cast<uint32_t>(std::min({due, pace.packets - *sent, double{kFramesPerCall}}));
    if (bpf::RunLive(program_, request_.frame.data(), static_cast<uint32_t>(request_.frame.size()), frames)) {
      if (errno == EINTR) continue;  // a signal on its way to the main thread; what was sent until then goes uncounted
      if (errno == EINVAL)
        return Fail(kNotSupported, "the kernel sends no XDP live frames of %zu bytes: Linux 5.18 is needed, and frames under 3 KiB",
                    request_.frame.size());
      return FailErrno("sending XDP live frames");
    }
    *sent += frames;
    credit_ -= frames;
  }
  return {};
}

namespace {

class FloodRun : public Napi::AsyncWorker {
 public:
  FloodRun(Napi::Env env, std::shared_ptr<Flood> flood, const FloodPace &pace)
      : Napi::AsyncWorker(env), flood_(std::move(flood)), pace_(pace), deferred_(env) {}
  Napi::Promise promise() { return deferred_.Promise(); }
  void Execute() override { status_ = flood_->Run(pace_, &sent_); }
  void OnOK() override {
    if (status_) return deferred_.Resolve(Napi::Number::New(Env(), sent_));
    Throw(Env(), status_);
    deferred_.Reject(Env().GetAndClearPendingException().Value());
  }

 private:
  std::shared_ptr<Flood> flood_;
  FloodPace pace_;
  Napi::Promise::Deferred deferred_;
  Status status_;
  double sent_ = 0;
};

// new Flood(interface, frame, portOffset, firstPort, flows); run(packets, packetsPerSecond, milliseconds, cpu); close()
class FloodObject : public Napi::ObjectWrap<FloodObject> {
 public:
  static Napi::Function Class(Napi::Env env) {
    return DefineClass(env, "Flood", {InstanceMethod<&FloodObject::Run>("run"), InstanceMethod<&FloodObject::Close>("close")});
  }
  explicit FloodObject(const Napi::CallbackInfo &info) : Napi::ObjectWrap<FloodObject>(info) {
    Arguments in(info, "Flood");
    const std::string name = in.Text(0, "the interface's name");
    FloodRequest request;
    request.frame = in.Bytes(1, "the frame", kFrameBytesMax);
    request.port_offset = in.Whole(2, "the offset of the port", kFrameBytesMax);
    request.first_port = static_cast<uint16_t>(in.Whole(3, "the first port", UINT16_MAX));
    request.flows = in.Whole(4, "the number of flows", UINT16_MAX + 1);
    if (!in.ok()) {
      in.Throw();
      return;
    }
    flood_ = std::make_shared<Flood>();
    Netdev device;
    Status status = HoldsNul(info[0]) ? Fail(kNoInterface, "a name with a NUL is no interface's") : FindNetdev(name.c_str(), &device);
    request.ifindex = device.index;
    if (status && !device.up) status = Fail(kInterfaceDown, "%s is down. `ip link set %s up` mends that", name.c_str(), name.c_str());
    if (status) status = flood_->Open(std::move(request));
    if (!status) Throw(info.Env(), status);
  }

 private:
  Napi::Value Run(const Napi::CallbackInfo &info) {
    if (!flood_) {
      Throw(info.Env(), Fail(kClosed, "the flood is closed"));
      return {};
    }
    Arguments in(info, "run");
    FloodPace pace;
    pace.packets = in.Number(0, "the number of packets", 0, INFINITY);
    pace.packets_per_second = in.Number(1, "the rate", 0, INFINITY);
    pace.milliseconds = in.Number(2, "the time in milliseconds", 0, kRunMsMax);
    pace.cpu = static_cast<int>(in.Number(3, "the CPU", -1, CPU_SETSIZE - 1));
    if (!in.ok()) return in.Throw();
    auto *run = new FloodRun(info.Env(), flood_, pace);
    run->Queue();
    return run->promise();
  }
  void Close(const Napi::CallbackInfo &) { flood_.reset(); }

  std::shared_ptr<Flood> flood_;
};

}  // namespace

void ExportFlood(Napi::Env env, Napi::Object exports) { exports["Flood"] = FloodObject::Class(env); }

}  // namespace rxb
