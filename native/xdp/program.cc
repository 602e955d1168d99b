// The generator of XDP programs: plans the parts, has their blocks make instructions, and loads the whole.
#include "program.h"

#include <cstddef>
#include <memory>

#include "blocks/blocks.h"
#include "blocks/flows.h"

namespace rxb::steer {
namespace {

constexpr uint32_t kXdpNodesWanted = 3000;  // some ten instructions each, and jumps reach 32767

// Packets in one buffer go through the direct matcher, others through the one that asks the kernel for every byte.
bool EmitMatchers(const Graph &graph, bool fragments, Access access, const std::vector<Assembler::Label> &rules,
                  Assembler::Label nobody, Assembler *out) {
  out->Emit(bpf::MovReg(kContext, 1));
  if (!fragments || access != Access::kDirect)
    return EmitMatcher(graph, fragments ? Access::kFragments : access, rules, nobody, out);
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
    if (n && strncmp(at, "processed ", 10) && strncmp(at, "verification time", 17) && strncmp(at, "stack depth", 11))
      last = at, length = n;
    at += n + (at[n] == '\n');
  }
  snprintf(line, bytes, "%.*s", static_cast<int>(length), last);
}

// `ruled`: the program was made of rules, which may be too many for the verifier.
Status LoadXdp(const bpf::Code &code, const char *name, bool fragments, bool ruled, int *program,
               uint32_t bound_to = 0) {
  uint32_t flags = fragments ? BPF_F_XDP_HAS_FRAGS : 0;
  *program = bpf::LoadProgram(BPF_PROG_TYPE_XDP, code, name, BPF_XDP, nullptr, 0, flags, bound_to);
  if (*program >= 0) return {};
  int error = errno;
  if (!ruled) return FailErrno("loading the XDP program", error);
  if (error == EPERM) return FailErrno("loading an XDP program made of rules", error);
  // Once more for its reasons: a log costs time, and a log that is too small hides the error.
  constexpr uint32_t kLogBytes = 1 << 20;
  std::unique_ptr<char[]> log(new char[kLogBytes]());
  *program = bpf::LoadProgram(BPF_PROG_TYPE_XDP, code, name, BPF_XDP, log.get(), kLogBytes, flags, bound_to);
  if (*program >= 0) return {};
  char line[256];
  Complaint(log.get(), line, sizeof line);
  return Fail(kSteer,
              "the kernel's verifier refuses the program made of these rules (%zu instructions): %s (%s). Fewer or "
              "simpler rules may pass.",
              code.size(), line, strerror(error));
}

}  // namespace

namespace {

// A part of the program while it is made: its blocks in their order, and the one graph of their filters.
struct Part {
  const PartRequest *request;
  std::vector<std::unique_ptr<Block>> blocks;
  Questions questions;
  Graph graph;
};

void AddRules(BlockKind kind, const std::vector<Rule> &from, bool pass, Part *part) {
  std::vector<const Rule *> rules;
  for (const Rule &rule : from)
    if (rule.pass == pass) rules.push_back(&rule);
  if (!rules.empty()) part->blocks.push_back(std::make_unique<RuleBlock>(kind, std::move(rules)));
}

// Says which blocks the part uses.
void ChooseBlocks(const XdpProgramRequest &request, Part *part) {
  const PartRequest &wanted = *part->request;
  const bool counted = !wanted.rules->empty();
  AddRules(BlockKind::kPass, *wanted.rules, true, part);
  if (wanted.ceiling) AddRules(BlockKind::kCeiling, *wanted.ceiling, false, part);
  AddRules(BlockKind::kSteer, *wanted.rules, false, part);
  if (!wanted.flows.empty()) part->blocks.push_back(std::make_unique<FlowsBlock>(wanted.flows, counted));
  part->blocks.push_back(std::make_unique<XskmapBlock>(request.xskmap, wanted.metadata, counted));
  if (counted) part->blocks.push_back(std::make_unique<CountsBlock>(wanted.counters));
}

Status PlanPart(const XdpProgramRequest &request, Part *part) {
  ChooseBlocks(request, part);
  for (const auto &block : part->blocks) block->Ask(&part->questions);
  if (size_t rules = part->questions.filters.size(); rules > kRulesMax)
    return Fail(kLimit, "%zu rules: a port can have %u.", rules, kRulesMax);
  return BuildGraph(part->questions.filters, kXdpNodesWanted, &part->graph, part->questions.gate);
}

// Expects the context in R1, and leaves it there for the next part.
bool EmitPart(const XdpProgramRequest &request, const Part &part, Access access, Assembler *out,
              std::vector<BlockInfo> *blocks) {
  Emission e{out, access, request.fragments, {}};
  Assembler::Label mine = out->NewLabel(), next = out->NewLabel(), nobody = out->NewLabel();
  for (Assembler::Label *label : {&e.take, &e.pass, &e.count}) *label = out->NewLabel();
  const PartRequest &wanted = *part.request;
  e.socket = wanted.flows.empty() ? e.take : out->NewLabel();
  if (wanted.queues || !wanted.others.empty()) out->Emit(bpf::Load(BPF_W, 2, 1, offsetof(xdp_md, rx_queue_index)));
  for (uint32_t queue : wanted.others) out->Branch(BPF_JMP | BPF_JEQ | BPF_K, 2, 0, static_cast<int32_t>(queue), next);
  if (wanted.queues) {
    for (uint32_t queue : *wanted.queues)
      out->Branch(BPF_JMP | BPF_JEQ | BPF_K, 2, 0, static_cast<int32_t>(queue), mine);
    out->Jump(next);
    out->Place(mine);
  }
  const auto &filters = part.questions.filters;
  for (size_t i = 0; i < filters.size(); i++) e.leads.push_back(out->NewLabel());
  if (!filters.empty() && !EmitMatchers(part.graph, request.fragments, access, e.leads, nobody, out)) return false;
  out->Place(nobody);
  auto emit = [&](void (Block::*step)(Emission *) const) {
    for (size_t i = 0; i < part.blocks.size(); i++) {
      const size_t from = out->size();
      (part.blocks[i].get()->*step)(&e);
      (*blocks)[i].instructions += static_cast<uint32_t>(out->size() - from);
    }
  };
  for (const auto &block : part.blocks) blocks->push_back({block->kind(), 0, block->maps()});
  emit(&Block::Emit);
  if (!wanted.others.empty() && !wanted.queues && !filters.empty()) {
    out->Emit(bpf::MovReg(1, kContext));  // another port may want what arrived on a queue that is nobody's
    out->Jump(next);
  } else {
    out->Emit(bpf::MovImm(0, XDP_PASS));
    out->Emit(bpf::Exit());
  }
  emit(&Block::Land);
  out->Place(next);
  return true;
}

}  // namespace

Status BuildXdpProgram(const XdpProgramRequest &request, int *program, ProgramInfo *info) {
  std::vector<Part> parts(request.parts.size());
  bool ruled = false;
  uint32_t bound_to = 0;
  for (size_t i = 0; i < parts.size(); i++) {
    parts[i].request = &request.parts[i];
    ruled |= !request.parts[i].rules->empty();
    if (request.parts[i].metadata.bound_to) bound_to = request.parts[i].metadata.bound_to;
    RXB_TRY(PlanPart(request, &parts[i]));
  }
  Status status = Fail(kSteer, "the rules make a program that is too large: fewer or simpler rules may pass.");
  for (Access access : {Access::kDirect, Access::kHelper}) {
    Assembler out;
    ProgramInfo made{access, {}};
    bool emitted = true;
    for (const Part &part : parts)
      emitted = emitted && EmitPart(request, part, access, &out, &made.parts.emplace_back());
    if (!emitted) continue;
    out.Emit(bpf::MovImm(0, XDP_PASS));
    out.Emit(bpf::Exit());
    bpf::Code code;
    if (!out.Finish(&code)) continue;
    status = LoadXdp(code, request.name, request.fragments, ruled, program, bound_to);
    if (info) *info = std::move(made);
    if (status) return status;
  }
  return status;
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
  if (!emitted || !out.Finish(&code))
    return Fail(kSteer, "the rules make a program that is too large: fewer or simpler rules may pass.");
  return LoadXdp(code, "rxburst_match", access == Access::kFragments, true, program);
}

}  // namespace rxb::steer
