// The parse and the actions of flows, on packets that a test brings.
#include <algorithm>
#include <string>
#include <vector>

#include "../../flows/action.h"
#include "../values/arguments.h"
#include "../values/errors.h"
#include "../values/exports.h"
#include "../values/fields.h"

namespace rxb {
namespace flow_actions {

constexpr size_t kCodeMax = 4096, kPacketsMax = 1u << 20, kRoomMax = 512;
constexpr uint8_t kUntouched = 0xa5;
constexpr uint32_t kBorder = 64;  // bytes around a frame that nobody may write

// Packets one behind the other.
struct Given {
  std::vector<uint8_t> bytes;
  std::vector<uint32_t> lengths;

  Given(Arguments *in, Fields *asked)
      : bytes(asked->Bytes("packets", kPacketsMax)), lengths(asked->Words("lengths", kPacketsMax)) {
    uint64_t sum = 0;
    for (uint32_t length : lengths) sum += length;
    if (sum > bytes.size())
      in->Refuse(Fail(kBadArgument, "the lengths add up to %llu bytes, and the packets have %zu",
                      (unsigned long long)sum, bytes.size()));
  }
};

// testing.parsePackets({packets, lengths}) -> Uint32Array: l3, l4, vlan, ethertype, family, protocol, ttl, TCP flags,
// flags, lacks of each
Napi::Value ParseForJs(const Napi::CallbackInfo &info) {
  Arguments in(info, "testing.parsePackets");
  Fields asked(&in, info[0], "the packets");
  const Given given(&in, &asked);
  if (!in.ok()) return in.Throw();
  constexpr uint32_t kFields = 10;
  auto answers = Napi::Uint32Array::New(info.Env(), given.lengths.size() * kFields);
  uint32_t *to = answers.Data();
  size_t at = 0;
  for (uint32_t length : given.lengths) {
    ParsedPacket p, slow;
    const std::vector<uint8_t> alone(given.bytes.begin() + at,
                                     given.bytes.begin() + at + length);  // a sanitizer finds what reads behind it
    Parse(alone.data(), length, &slow);
    ParseInPlace(alone.data(), length, &p);
    if (memcmp(&p, &slow, sizeof p)) in.Refuse(Fail(kBadArgument, "the two ways to parse a packet differ"));
    const uint32_t fields[kFields] = {p.l3,       p.l4,  p.vlan,      p.ethertype, p.family,
                                      p.protocol, p.ttl, p.tcp_flags, p.flags,     p.lacks};
    to = std::copy(fields, fields + kFields, to);
    at += length;
  }
  if (!in.ok()) return in.Throw();
  return answers;
}

struct Done {
  std::vector<uint8_t> bytes, mirrored;
  std::vector<uint32_t> lengths, verdicts, mirrored_lengths, mirrored_ports;
  bool outside = false;

  static void Mirror(void *self, uint32_t port, const uint8_t *data, uint32_t length) {
    Done &done = *static_cast<Done *>(self);
    done.mirrored.insert(done.mirrored.end(), data, data + length);
    done.mirrored_lengths.push_back(length);
    done.mirrored_ports.push_back(port);
  }
};

// One packet in a frame of its own, with a border that must stay as it is.
void ExecuteOne(const ExecuteContext &context, Action &action, const uint8_t *packet, uint32_t length, uint32_t front,
                uint32_t behind, uint64_t param, Done *done) {
  std::vector<uint8_t> memory(2 * kBorder + front + length + behind, kUntouched);
  uint8_t *data = memory.data() + kBorder + front;
  memcpy(data, packet, length);
  ParsedPacket parsed;
  Parse(data, length, &parsed);
  const PacketRef ref{data, kBorder + front, length, kBorder, memory.size() - kBorder};
  const Outcome outcome = Execute(context, action, parsed, ref, param);
  const auto touched = [](uint8_t byte) { return byte != kUntouched; };
  done->outside |= std::any_of(memory.begin(), memory.begin() + kBorder, touched) ||
                   std::any_of(memory.end() - kBorder, memory.end(), touched) || outcome.offset < ref.begin ||
                   outcome.offset + outcome.length > ref.end ||
                   outcome.moved != (outcome.offset != ref.offset || outcome.length != length);
  done->bytes.insert(done->bytes.end(), memory.begin() + outcome.offset,
                     memory.begin() + outcome.offset + outcome.length);
  done->lengths.push_back(outcome.length);
  done->verdicts.push_back(outcome.verdict);
}

template<typename Array, typename T>
void Set(Napi::Object object, const char *key, const std::vector<T> &values) {
  auto array = Array::New(object.Env(), values.size());
  std::copy(values.begin(), values.end(), array.Data());
  object.Set(key, array);
}

// testing.executeAction({code, packets, lengths, front, behind, param, stepNs, shown}) -> what became of each packet
Napi::Value ExecuteForJs(const Napi::CallbackInfo &info) {
  Arguments in(info, "testing.executeAction");
  Fields asked(&in, info[0], "the question");
  const Given given(&in, &asked);
  const std::vector<uint8_t> code = asked.Bytes("code", kCodeMax);
  const uint32_t front = asked.Whole("front", kRoomMax), behind = asked.Whole("behind", kRoomMax);
  const double param = asked.Number("param", 0, 9007199254740991.0);
  const uint32_t step_ns = asked.Whole("stepNs");
  const bool shown = asked.Flag("shown");
  if (!in.ok()) return in.Throw();
  Action action;
  if (Status status = CompileAction(code.data(), code.size(), &action); !status)
    return Throw(info.Env(), status), info.Env().Undefined();
  Done done;
  ExecuteContext context{1'000'000'000, shown, Done::Mirror, &done};
  size_t at = 0;
  for (uint32_t length : given.lengths) {
    ExecuteOne(context, action, given.bytes.data() + at, length, front, behind, static_cast<uint64_t>(param), &done);
    at += length;
    context.now += step_ns;
  }
  auto answer = Napi::Object::New(info.Env());
  Set<Napi::Uint8Array>(answer, "packets", done.bytes);
  Set<Napi::Uint32Array>(answer, "lengths", done.lengths);
  Set<Napi::Uint32Array>(answer, "verdicts", done.verdicts);
  Set<Napi::Uint8Array>(answer, "mirrored", done.mirrored);
  Set<Napi::Uint32Array>(answer, "mirroredLengths", done.mirrored_lengths);
  Set<Napi::Uint32Array>(answer, "mirroredPorts", done.mirrored_ports);
  answer.Set("outside", done.outside);
  answer.Set("metered", static_cast<double>(action.metered));
  answer.Set("unfit", static_cast<double>(action.unfit));
  return answer;
}

}  // namespace flow_actions

void ExportFlowActions(Napi::Env, Napi::Object exports) {
  Export(exports, "testing.parsePackets", flow_actions::ParseForJs);
  Export(exports, "testing.executeAction", flow_actions::ExecuteForJs);
}

}  // namespace rxb
