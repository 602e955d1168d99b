// The steering part as JavaScript calls it.
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <string>
#include <vector>

#include "../../core/module.h"
#include "../../core/registry.h"
#include "../../filter/emit/emit_cbpf.h"
#include "../../xdp/owner.h"
#include "../../xdp/test_run/test_run.h"
#include "../values/descriptors.h"
#include "../values/errors.h"
#include "../values/exports.h"
#include "../values/fields.h"
#include "../values/filter_object.h"

namespace rxb {
namespace {

using steer::Access;

constexpr uint32_t kRunsMax = 1'000'000;       // of a program over a packet, in one call
constexpr uint32_t kExpressionsMax = 254;      // whose numbers fit into the answer for a packet
constexpr size_t kPacketBytesMax = 64u << 20;  // of all packets of a call

Status CompileAll(const std::vector<std::string> &expressions, std::vector<steer::Filter> *filters,
                  steer::Fragments fragments = steer::Fragments::kLeave) {
  filters->resize(expressions.size());
  for (size_t i = 0; i < expressions.size(); i++)
    RXB_TRY(steer::Compile(expressions[i].c_str(), &(*filters)[i], fragments));
  return {};
}

// rules.compile(expression) -> the filter, for rules and nic.flowMatches
Napi::Value SteerCompile(const Napi::CallbackInfo &info) {
  Arguments in(info, "rules.compile");
  const std::string expression = in.Text(0, "the filter, in tcpdump's language,", kExpressionMax);
  steer::Filter filter;
  if (in.ok()) in.Refuse(steer::Compile(expression.c_str(), &filter));
  return in.ok() ? WrapFilter(info.Env(), std::move(filter)) : in.Throw();
}

// testing.pcapCompiles() -> calls of libpcap's compiler so far, in this process with the modules it has loaded
Napi::Value PcapCompilesCall(const Napi::CallbackInfo &info) {
  return Napi::Number::New(info.Env(), steer::PcapCompiles() + ModulesPcapCompiles());
}

// One packet after the other through one layer; answers are 1 + the number of the first expression that matches, or 0.
struct Layers {
  std::vector<steer::Filter> filters;
  std::vector<const steer::Filter *> pointers;
  const uint8_t *bytes;
  const uint32_t *lengths;
  size_t count;

  Status Interpreted(uint8_t *answers) const {
    const uint8_t *packet = bytes;
    for (size_t i = 0; i < count; packet += lengths[i++]) {
      answers[i] = 0;
      for (size_t f = 0; f < filters.size() && !answers[i]; f++)
        if (steer::MatchInterpreted(filters[f], packet, lengths[i], lengths[i]))
          answers[i] = static_cast<uint8_t>(f + 1);
    }
    return {};
  }

  // Shorter packets than an Ethernet header can't be run and answer 255.
  Status Xdp(Access access, uint8_t *answers) const {
    int program;
    RXB_TRY(steer::BuildMatchProgram(pointers, access, &program));
    const uint8_t *packet = bytes;
    Status status;
    for (size_t i = 0; i < count && status; packet += lengths[i++]) {
      uint32_t result = 255;
      if (lengths[i] >= 14 && bpf::TestRun(program, packet, lengths[i], 1, &result))
        status = FailErrno("running BPF_PROG_TEST_RUN");
      answers[i] = static_cast<uint8_t>(result);
    }
    close(program);
    return status;
  }

  // Answers 1 when the rule that matches first has an even number (0, 2, …), to see that refusing works too. A datagram
  // socket runs the same filters as a packet socket and needs no privilege.
  Status Socket(uint8_t *answers) const {
    std::vector<bool> take;
    for (size_t f = 0; f < filters.size(); f++) take.push_back(f % 2 == 0);
    std::vector<sock_filter> code;
    RXB_TRY(steer::BuildClassic({&pointers, &take, false}, &code));
    int pair[2];
    if (socketpair(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, pair))
      return FailErrno("making a pair of sockets");
    sock_fprog program{static_cast<unsigned short>(code.size()), code.data()};
    Status status;
    if (setsockopt(pair[1], SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof program))
      status = FailErrno("setting SO_ATTACH_FILTER");
    const uint8_t *packet = bytes;
    uint8_t received[1];
    for (size_t i = 0; i < count && status; packet += lengths[i++]) {
      if (send(pair[0], packet, lengths[i], 0) < 0) status = FailErrno("sending a packet");
      answers[i] = recv(pair[1], received, sizeof received, MSG_TRUNC) >= 0;
    }
    close(pair[0]);
    close(pair[1]);
    return status;
  }
};

// What becomes of fragments: 'leave', 'take', or nothing: as libpcap has it.
steer::Fragments FragmentsOf(const Napi::Value &value) {
  const std::string word = value.IsString() ? value.As<Napi::String>().Utf8Value() : "";
  return word == "take"    ? steer::Fragments::kTake
         : word == "leave" ? steer::Fragments::kLeave
                           : steer::Fragments::kAsLibpcap;
}

// testing.answers({expressions, packets one behind the other, lengths, layer, fragments}) -> Uint8Array of answers
Napi::Value SteerAnswers(const Napi::CallbackInfo &info) {
  Arguments in(info, "testing.answers");
  Fields asked(&in, info[0], "the question");
  const std::vector<std::string> expressions = asked.Texts("expressions", kExpressionsMax, kExpressionMax);
  const std::vector<uint8_t> bytes = asked.Bytes("packets", kPacketBytesMax);
  const std::vector<uint32_t> lengths = asked.Words("lengths", kPacketBytesMax);
  const std::string layer = asked.Text("layer");
  const steer::Fragments fragments = FragmentsOf(asked.Get("fragments"));
  uint64_t sum = 0;
  for (uint32_t length : lengths) sum += length;
  if (sum > bytes.size())
    in.Refuse(Fail(kBadArgument, "testing.answers: the lengths add up to %llu bytes, and the packets have %zu",
                   (unsigned long long)sum, bytes.size()));
  if (!in.ok()) return in.Throw();
  Layers layers{{}, {}, bytes.data(), lengths.data(), lengths.size()};
  auto answers = Napi::Uint8Array::New(info.Env(), layers.count);
  Status status = CompileAll(expressions, &layers.filters, fragments);
  for (const auto &filter : layers.filters) layers.pointers.push_back(&filter);
  if (status) {
    if (layer == "libpcap")
      status = layers.Interpreted(answers.Data());
    else if (layer == "xdp")
      status = layers.Xdp(Access::kDirect, answers.Data());
    else if (layer == "xdp-helper")
      status = layers.Xdp(Access::kHelper, answers.Data());
    else if (layer == "xdp-fragments")
      status = layers.Xdp(Access::kFragments, answers.Data());
    else if (layer == "socket")
      status = layers.Socket(answers.Data());
    else
      status = Fail(kBadArgument, "there is no layer '%s'", layer.c_str());
  }
  if (!status) return Throw(info.Env(), status), info.Env().Undefined();
  return answers;
}

// testing.program([expression, …]) -> descriptor of a program that steers by these rules, with maps of its own
Napi::Value SteerProgram(const Napi::CallbackInfo &info) {
  Arguments in(info, "testing.program");
  const std::vector<std::string> expressions = in.Texts(0, "the list of filters", steer::kRulesMax, kExpressionMax);
  if (!in.ok()) return in.Throw();
  std::vector<steer::Filter> filters;
  std::vector<steer::Rule> rules;
  Status status = CompileAll(expressions, &filters);
  for (size_t i = 0; i < filters.size(); i++) rules.push_back({filters[i], false, static_cast<uint32_t>(i)});
  int sockets = -1, counters = -1, program = -1;
  if (status) status = steer::CreateCounters(&counters);
  if (status && (sockets = bpf::CreateMap(BPF_MAP_TYPE_XSKMAP, 4, 4, 1, "rxburst_xsks")) < 0)
    status = FailErrno("creating an XSKMAP");
  if (status) status = steer::BuildXdpProgram({"rxburst", sockets, false, {{&rules, nullptr, counters}}}, &program);
  if (sockets >= 0) close(sockets);
  if (counters >= 0) close(counters);
  if (!status) return Throw(info.Env(), status), info.Env().Undefined();
  return Napi::Number::New(info.Env(), Lend(program));
}

// testing.programSeconds({program, packet, runs}) -> CPU time that it takes to run a program that often over a packet
Napi::Value ProgramSeconds(const Napi::CallbackInfo &info) {
  Arguments in(info, "testing.programSeconds");
  Fields asked(&in, info[0], "the question");
  const int program = asked.Descriptor("program");
  const std::vector<uint8_t> packet = asked.Bytes("packet", UINT16_MAX);
  const uint32_t runs = asked.Whole("runs", kRunsMax);
  if (!IsLent(program))
    in.Refuse(Fail(kBadArgument, "testing.programSeconds: descriptor %d was not given out by rxburst", program));
  if (!in.ok()) return in.Throw();
  uint32_t result;
  bpf::Registration registration = bpf::Register(program);
  timespec from, to;
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &from);
  int failed = bpf::TestRun(program, packet.data(), static_cast<uint32_t>(packet.size()), runs, &result);
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &to);
  Status status = failed ? FailErrno("running BPF_PROG_TEST_RUN") : Status{};
  bpf::Unregister(&registration);
  if (!status) return Throw(info.Env(), status), info.Env().Undefined();
  return Napi::Number::New(
      info.Env(), static_cast<double>(to.tv_sec - from.tv_sec) + static_cast<double>(to.tv_nsec - from.tv_nsec) / 1e9);
}

// testing.blocks(interface) -> of each part of the XDP program that this process made for it last: [{block,
// instructions, maps}, …]; null where it has made none
Napi::Value Blocks(const Napi::CallbackInfo &info) {
  Arguments in(info, "testing.blocks");
  const std::string name = in.Text(0, "the interface's name");
  Netdev dev;
  if (in.ok()) in.Refuse(FindNetdev(name.c_str(), &dev));
  if (!in.ok()) return in.Throw();
  std::lock_guard<std::mutex> lock(ControlLock());
  const auto owner = steer::Owner::Of(dev.index);
  if (!owner) return info.Env().Null();
  auto parts = Napi::Array::New(info.Env());
  for (const auto &part : owner->info().parts) {
    auto blocks = Napi::Array::New(info.Env());
    for (const steer::BlockInfo &block : part) {
      auto row = Napi::Object::New(info.Env());
      row["block"] = steer::KindName(block.kind);
      row["instructions"] = block.instructions;
      auto maps = Napi::Array::New(info.Env());
      for (int map : block.maps) maps[maps.Length()] = map;
      row["maps"] = maps;
      blocks[blocks.Length()] = row;
    }
    parts[parts.Length()] = blocks;
  }
  return parts;
}

}  // namespace

void ExportSteer(Napi::Env env, Napi::Object exports) {
  ExportValue(exports, "rules.max", Napi::Number::New(env, steer::kRulesMax));
  Export(exports, "rules.compile", SteerCompile);
  Export(exports, "testing.pcapCompiles", PcapCompilesCall);
  Export(exports, "testing.answers", SteerAnswers);
  Export(exports, "testing.program", SteerProgram);
  Export(exports, "testing.programSeconds", ProgramSeconds);
  Export(exports, "testing.blocks", Blocks);
}

}  // namespace rxb
