// XDP programs made from rules: what is passed, what is redirected into our sockets, and the counters of each.
#include "program.h"

#include <cstddef>
#include <cstdlib>
#include <memory>

namespace rxb::steer {
namespace {

constexpr uint32_t kXdpNodesWanted = 3000;  // some ten instructions each, and jumps reach 32767
constexpr int16_t kKeySlot = -4, kSaved = -16;

// Adds by `add`, which works on R1, to a field of the counters at R0.
void AddTo(Assembler *out, int16_t field, const bpf_insn &add) {
  out->Emit(bpf::Load(BPF_DW, 1, 0, field));
  out->Emit(add);
  out->Emit(bpf::Store(BPF_DW, 0, field, 1));
}

// CPUs that the kernel keeps a copy for in a per-CPU map: one more than the last in the list "0-3,8-11".
uint32_t PossibleCpus() {
  static const uint32_t count = [] {
    char list[256] = "";
    if (FILE *file = fopen("/sys/devices/system/cpu/possible", "re")) {
      if (!fgets(list, sizeof list, file)) list[0] = 0;
      fclose(file);
    }
    uint32_t last = 0;
    for (char *at = list; *at; at++)
      if (*at >= '0' && *at <= '9') last = static_cast<uint32_t>(strtoul(at, &at, 10)), at--;
    return last + 1;
  }();
  return count;
}

// Leaves the packet's length in R8.
void EmitLength(const XdpProgramRequest &request, Access access, Assembler *out) {
  if (request.fragments) {
    out->Emit(bpf::Store(BPF_DW, 10, kSaved, 1));
    out->Emit(bpf::MovReg(1, kContext));
    out->Emit(bpf::Helper(BPF_FUNC_xdp_get_buff_len));
    out->Emit(bpf::MovReg(8, 0));
    out->Emit(bpf::Load(BPF_DW, 1, 10, kSaved));
  } else if (access == Access::kDirect) {
    out->Emit(bpf::Alu64(BPF_SUB, kDataEnd, kData));
  } else {
    out->Emit(bpf::MovReg(8, 9));
  }
}

// Behind the matcher, with the rule's slot in R1.
void EmitVerdicts(const XdpProgramRequest &request, int counters, Access access, Assembler *out, Assembler::Label steer,
                  Assembler::Label pass) {
  Assembler::Label count = out->NewLabel(), taken = out->NewLabel(), leave = out->NewLabel();
  out->Place(steer);
  EmitLength(request, access, out);
  out->Emit(bpf::Store(BPF_W, 10, kKeySlot, 1));
  if (request.metadata.columns) EmitMetadata(request.metadata, out);
  out->LoadMap(1, request.xskmap);
  out->Emit(bpf::Load(BPF_W, 2, kContext, offsetof(xdp_md, rx_queue_index)));
  out->Emit(bpf::MovImm(3, XDP_PASS));  // what to answer when the queue has no socket
  out->Emit(bpf::Helper(BPF_FUNC_redirect_map));
  out->Emit(bpf::MovReg(7, 0));
  out->Emit(bpf::MovReg(9, 0));
  if (request.metadata.columns) {
    out->Branch(BPF_JMP | BPF_JEQ | BPF_K, 7, 0, XDP_REDIRECT, count);
    EmitNoMetadata(out);
  }
  out->Jump(count);
  out->Place(pass);
  EmitLength(request, access, out);
  out->Emit(bpf::Store(BPF_W, 10, kKeySlot, 1));
  out->Emit(bpf::MovImm(7, XDP_PASS));
  out->Emit(bpf::MovImm(9, XDP_REDIRECT));  // counted like a packet that found its socket
  out->Place(count);
  out->LoadMap(1, counters);
  out->Emit(bpf::MovReg(2, 10));
  out->Emit(bpf::Alu64Imm(BPF_ADD, 2, kKeySlot));
  out->Emit(bpf::Helper(BPF_FUNC_map_lookup_elem));
  out->Branch(BPF_JMP | BPF_JEQ | BPF_K, 0, 0, 0, leave);
  out->Branch(BPF_JMP | BPF_JEQ | BPF_K, 9, 0, XDP_REDIRECT, taken);
  AddTo(out, offsetof(RuleCounts, elsewhere), bpf::Alu64Imm(BPF_ADD, 1, 1));
  out->Jump(leave);
  out->Place(taken);
  AddTo(out, offsetof(RuleCounts, packets), bpf::Alu64Imm(BPF_ADD, 1, 1));
  AddTo(out, offsetof(RuleCounts, bytes), bpf::Alu64(BPF_ADD, 1, 8));
  out->Place(leave);
  out->Emit(bpf::MovReg(0, 7));
  out->Emit(bpf::Exit());
}

// Packets in one buffer go through the direct matcher, others through the one that asks the kernel for every byte.
bool EmitMatchers(const Graph &graph, bool fragments, Access access, const std::vector<Assembler::Label> &rules, Assembler::Label nobody,
                  Assembler *out) {
  out->Emit(bpf::MovReg(kContext, 1));
  if (!fragments || access != Access::kDirect) return EmitMatcher(graph, fragments ? Access::kFragments : access, rules, nobody, out);
  Assembler::Label several = out->NewLabel();
  out->Emit(bpf::Helper(BPF_FUNC_xdp_get_buff_len));
  out->Emit(bpf::Load(BPF_W, 1, kContext, offsetof(xdp_md, data)));
  out->Emit(bpf::Load(BPF_W, 2, kContext, offsetof(xdp_md, data_end)));
  out->Emit(bpf::Alu64(BPF_SUB, 2, 1));
  out->Branch(BPF_JMP | BPF_JNE | BPF_X, 0, 2, 0, several);
  if (!EmitMatcher(graph, Access::kDirect, rules, nobody, out)) return false;
  out->Place(several);
  return EmitMatcher(graph, Access::kFragments, rules, nobody, out);
}

// The verifier's complaint: the last line that is not a statistic.
void Complaint(const char *log, char *line, size_t bytes) {
  const char *last = "no reason given";
  size_t length = strlen(last);
  for (const char *at = log; *at;) {
    size_t n = strcspn(at, "\n");
    if (n && strncmp(at, "processed ", 10) && strncmp(at, "verification time", 17) && strncmp(at, "stack depth", 11)) last = at, length = n;
    at += n + (at[n] == '\n');
  }
  snprintf(line, bytes, "%.*s", static_cast<int>(length), last);
}

Status LoadXdp(const bpf::Code &code, const char *name, bool fragments, int *program, uint32_t bound_to = 0) {
  uint32_t flags = fragments ? BPF_F_XDP_HAS_FRAGS : 0;
  *program = bpf::LoadProgram(BPF_PROG_TYPE_XDP, code, name, BPF_XDP, nullptr, 0, flags, bound_to);
  if (*program >= 0) return {};
  int error = errno;
  if (error == EPERM) return FailErrno("The kernel refuses to load an XDP program", error);
  // Once more for its reasons: a log costs time, and a log that is too small hides the error.
  constexpr uint32_t kLogBytes = 1 << 20;
  std::unique_ptr<char[]> log(new char[kLogBytes]());
  *program = bpf::LoadProgram(BPF_PROG_TYPE_XDP, code, name, BPF_XDP, log.get(), kLogBytes, flags, bound_to);
  if (*program >= 0) return {};
  char line[256];
  Complaint(log.get(), line, sizeof line);
  return Fail(kSteer,
              "The kernel's verifier refuses the program made of these rules (%zu instructions): %s (%s). Fewer or simpler rules may pass.",
              code.size(), line, strerror(error));
}

}  // namespace

Status CompileRules(const RuleRequest *requests, uint32_t count, std::vector<Rule> *rules) {
  rules->clear();
  for (uint32_t i = 0; i < count; i++) {
    if (requests[i].slot >= kRulesMax) return Fail(kLimit, "a port has at most %u rules", kRulesMax);
    rules->push_back({{}, requests[i].pass, requests[i].slot});
    // Nobody knows whether a later fragment belongs to what is to stay with the kernel, so all that may belong to it do.
    const bool take = requests[i].pass || requests[i].takes_fragments;
    RXB_TRY(Compile(requests[i].expression, &rules->back().filter, take ? Fragments::kTake : Fragments::kLeave));
  }
  return {};
}

Status CreateCounters(int *map) {
  *map = bpf::CreateMap(BPF_MAP_TYPE_PERCPU_ARRAY, 4, sizeof(RuleCounts), kRulesMax, "rxburst_rules");
  return *map < 0 ? FailErrno("A map for the rules' counters can't be made") : Status{};
}

Status ReadCounters(int map, uint32_t slot, RuleCounts *sums) {
  std::vector<RuleCounts> each(PossibleCpus());
  *sums = {};
  if (bpf::LookupElement(map, &slot, each.data())) return FailErrno("The rules' counters can't be read");
  for (const RuleCounts &one : each) {
    sums->packets += one.packets;
    sums->bytes += one.bytes;
    sums->elsewhere += one.elsewhere;
  }
  return {};
}

Status ClearCounters(int map, uint32_t slot) {
  std::vector<RuleCounts> zero(PossibleCpus());
  return bpf::UpdateElement(map, &slot, zero.data()) ? FailErrno("The rules' counters can't be cleared") : Status{};
}

namespace {

// Rules that are asked together, in the order in which they are asked.
struct Part {
  std::vector<const Rule *> order;
  Gate gate;
  Graph graph;
  int counters = -1;
  const std::vector<uint32_t> *queues = nullptr;  // null: every queue
};

Status PlanPart(const std::vector<Rule> &rules, const std::vector<Rule> *ceiling, Part *part) {
  auto add = [part](const std::vector<Rule> &from, bool pass) {
    for (const Rule &rule : from)
      if (rule.pass == pass) part->order.push_back(&rule);
  };
  add(rules, true);
  part->gate.from = part->order.size();
  if (ceiling) add(*ceiling, false);
  part->gate.to = part->order.size();
  add(rules, false);
  if (part->order.size() > kRulesMax) return Fail(kLimit, "%zu rules: a port can have %u.", part->order.size(), kRulesMax);
  std::vector<const Filter *> filters;
  for (const Rule *rule : part->order) filters.push_back(&rule->filter);
  return BuildGraph(filters, kXdpNodesWanted, &part->graph, part->gate);
}

// Expects the context in R1, and leaves it there for the next part.
bool EmitPart(const XdpProgramRequest &request, const Part &part, Access access, Assembler *out) {
  Assembler::Label mine = out->NewLabel(), next = out->NewLabel();
  if (part.queues) {
    out->Emit(bpf::Load(BPF_W, 2, 1, offsetof(xdp_md, rx_queue_index)));
    for (uint32_t queue : *part.queues) out->Branch(BPF_JMP | BPF_JEQ | BPF_K, 2, 0, static_cast<int32_t>(queue), mine);
    out->Jump(next);
    out->Place(mine);
  }
  std::vector<Assembler::Label> rules;
  for (size_t i = 0; i < part.order.size(); i++) rules.push_back(out->NewLabel());
  Assembler::Label nobody = out->NewLabel(), steer = out->NewLabel(), pass = out->NewLabel();
  if (!EmitMatchers(part.graph, request.fragments, access, rules, nobody, out)) return false;
  out->Place(nobody);
  out->Emit(bpf::MovImm(0, XDP_PASS));
  out->Emit(bpf::Exit());
  for (size_t i = 0; i < part.order.size(); i++) {
    if (i >= part.gate.from && i < part.gate.to) continue;  // nothing ends there
    out->Place(rules[i]);
    out->Emit(bpf::MovImm(1, static_cast<int32_t>(part.order[i]->slot)));
    out->Jump(part.order[i]->pass ? pass : steer);
  }
  EmitVerdicts(request, part.counters, access, out, steer, pass);
  out->Place(next);
  return true;
}

}  // namespace

Status BuildXdpProgram(const XdpProgramRequest &request, int *program, Access *used) {
  std::vector<Part> parts(request.served.size());
  for (size_t i = 0; i < parts.size(); i++) {
    const ServedRules &served = request.served[i];
    parts[i].counters = served.counters;
    parts[i].queues = served.queues;
    RXB_TRY(PlanPart(*served.rules, request.rules, &parts[i]));
  }
  bool rest = parts.empty() || parts.back().queues;
  if (rest && !request.rules->empty()) {
    parts.emplace_back().counters = request.counters;
    RXB_TRY(PlanPart(*request.rules, nullptr, &parts.back()));
  }
  Status status = Fail(kSteer, "The rules make a program that is too large: fewer or simpler rules may pass.");
  for (Access access : {Access::kDirect, Access::kHelper}) {
    Assembler out;
    bool emitted = true;
    for (const Part &part : parts) emitted = emitted && EmitPart(request, part, access, &out);
    if (!emitted) continue;
    out.Emit(bpf::MovImm(0, XDP_PASS));
    out.Emit(bpf::Exit());
    bpf::Code code;
    if (!out.Finish(&code)) continue;
    status = LoadXdp(code, request.name, request.fragments, program, request.metadata.bound_to);
    if (used) *used = access;
    if (status) return status;
  }
  return status;
}

Status BuildTakeAllProgram(const char *name, int xskmap, bool fragments, const Metadata &metadata, int *program) {
  Assembler out;
  if (metadata.columns) {
    out.Emit(bpf::MovReg(kContext, 1));
    EmitMetadata(metadata, &out);
    out.Emit(bpf::MovReg(1, kContext));
  }
  out.Emit(bpf::Load(BPF_W, 2, 1, offsetof(xdp_md, rx_queue_index)));
  out.LoadMap(1, xskmap);
  out.Emit(bpf::MovImm(3, XDP_PASS));  // what to answer when the queue has no socket
  out.Emit(bpf::Helper(BPF_FUNC_redirect_map));
  if (metadata.columns) {
    Assembler::Label taken = out.NewLabel();
    out.Emit(bpf::MovReg(7, 0));
    out.Branch(BPF_JMP | BPF_JEQ | BPF_K, 7, 0, XDP_REDIRECT, taken);
    EmitNoMetadata(&out);
    out.Place(taken);
    out.Emit(bpf::MovReg(0, 7));
  }
  out.Emit(bpf::Exit());
  bpf::Code code;
  out.Finish(&code);
  *program = bpf::LoadProgram(BPF_PROG_TYPE_XDP, code, name, BPF_XDP, nullptr, 0, fragments ? BPF_F_XDP_HAS_FRAGS : 0, metadata.bound_to);
  return *program < 0 ? FailErrno("loading the XDP program") : Status{};
}

Status BuildMatchProgram(const std::vector<const Filter *> &filters, Access access, int *program) {
  Graph graph;
  RXB_TRY(BuildGraph(filters, kXdpNodesWanted, &graph));
  Assembler out;
  std::vector<Assembler::Label> rules;
  for (size_t i = 0; i < filters.size(); i++) rules.push_back(out.NewLabel());
  Assembler::Label nobody = out.NewLabel();
  out.Emit(bpf::MovReg(kContext, 1));
  bool emitted = EmitMatcher(graph, access, rules, nobody, &out);
  for (size_t i = 0; i <= filters.size(); i++) {
    out.Place(i < filters.size() ? rules[i] : nobody);
    out.Emit(bpf::MovImm(0, i < filters.size() ? static_cast<int32_t>(i + 1) : 0));
    out.Emit(bpf::Exit());
  }
  bpf::Code code;
  if (!emitted || !out.Finish(&code)) return Fail(kSteer, "The rules make a program that is too large: fewer or simpler rules may pass.");
  return LoadXdp(code, "rxburst_match", access == Access::kFragments, program);
}

}  // namespace rxb::steer
