// The XDP generator's program and its pacing.
#include "generator.h"

#include <sched.h>
#include <time.h>

#include <algorithm>

namespace rxb {

namespace {

constexpr uint32_t kFramesPerCall = 4096;  // under 2 ms: how late a stop can be
constexpr double kBacklogSeconds = 0.01;   // what a busy machine delayed by more is not caught up in one lump
// A rate is kept in lumps of so long, for each call costs as much as 40 frames, or of so many frames, for a receiver's
// ring has to hold them.
constexpr double kLumpSeconds = 0.0005;
constexpr double kLumpFrames = 32;
constexpr double kNapSeconds = 50e-6;  // shorter waits are spun through

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
void NumberFlows(bpf::Code &code, const XdpGeneratorRequest &request, int state) {
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

XdpGenerator::~XdpGenerator() {
  bpf::Unregister(&registration_);
  if (program_ >= 0) close(program_);
  if (state_ >= 0) close(state_);
}

Status XdpGenerator::Open(XdpGeneratorRequest request) {
  using namespace bpf;
  Code code;
  if (request.flows > 1) {
    if (request.port_offset + 2 > request.frame.size())
      return Fail(kBadArgument, "the port to vary lies outside the frame");
    state_ = CreateMap(BPF_MAP_TYPE_ARRAY, 4, 8, 1, "generator_flow");
    if (state_ < 0) return FailErrno("making the map of the generator");
    NumberFlows(code, request, state_);
  }
  code.push_back(MovImm(1, static_cast<int32_t>(request.ifindex)));
  code.push_back(MovImm(2, 0));
  code.push_back(Helper(BPF_FUNC_redirect));
  code.push_back(Exit());
  program_ = LoadProgram(BPF_PROG_TYPE_XDP, code, "generator");
  if (program_ < 0) return FailErrno("loading the XDP program of the generator");
  registration_ = Register(program_);
  request_ = std::move(request);
  return {};
}

Status XdpGenerator::Run(const XdpGeneratorPace &pace, double *sent) {
  Pinned pinned(pace.cpu);
  if (pinned.failed())
    return Fail(kBadArgument, "CPU %d can't be used: %s. `nproc` says how many there are", pace.cpu, strerror(errno));
  const double rate = pace.packets_per_second;
  const double end = Now() + pace.milliseconds / 1e3;
  *sent = 0;
  for (double now; *sent < pace.packets && (now = Now()) < end;) {
    double due = kFramesPerCall;
    if (rate > 0) {
      if (credited_at_ > 0)
        credit_ = std::min(credit_ + (now - credited_at_) * rate, std::max(1.0, kBacklogSeconds * rate));
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
        return Fail(kNotSupported,
                    "the kernel sends no XDP live frames of %zu bytes: Linux 5.18 is needed, and frames under 3 KiB",
                    request_.frame.size());
      return FailErrno("sending XDP live frames");
    }
    *sent += frames;
    credit_ -= frames;
  }
  return {};
}

}  // namespace rxb
