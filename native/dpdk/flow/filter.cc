// Rules on a DPDK port.
#include "filter.h"

#include <algorithm>
#include <cstddef>

#include "../queue/pool.h"

namespace rxb::dpdk {

namespace {

// DPDK's verifier looks at every path by itself, so a large graph would keep it busy for long.
constexpr uint32_t kNodesMax = 120;

static_assert(sizeof(bpf_insn) == sizeof(ebpf_insn) && offsetof(bpf_insn, imm) == offsetof(ebpf_insn, imm),
              "the kernel's instructions are DPDK's");

// DPDK 22.11's compiler lays the machine code out again and again and takes it for final when its size stays the same
// twice. The first round has no instructions that save registers, the second has; when as many bytes of jumps shrink
// meanwhile, it stops too early and jumps lead to wrong places. Jumps put in front, more than those instructions have
// bytes, rule that out: then the second round is always smaller, and sizes only fall from there. They take time, so the
// program without them is used where it came out the same.
constexpr uint32_t kFrontJumps = 12;  // each shrinks by 4 bytes; saving registers takes at most 39

// One way out, so that no jump leads back: a backward one of 127 or 128 bytes is another that the compiler gets wrong.
bool Translate(const steer::Graph &graph, size_t rules, uint32_t jumps, bpf::Code *code) {
  steer::Assembler out;
  std::vector<steer::Assembler::Label> labels;
  for (size_t i = 0; i < rules; i++) labels.push_back(out.NewLabel());
  steer::Assembler::Label nobody = out.NewLabel(), end = out.NewLabel();
  if (jumps) out.Emit(bpf::MovImm(0, 0));
  for (uint32_t i = 0; i < jumps; i++) {
    steer::Assembler::Label next = out.NewLabel();
    out.Branch(BPF_JMP | BPF_JNE | BPF_K, 0, 0, 0, next);
    out.Place(next);
  }
  out.Emit(bpf::MovReg(steer::kContext, 1));
  out.Emit(bpf::Load(BPF_W, steer::kLength, 1, offsetof(rte_mbuf, pkt_len)));
  if (!steer::EmitMatcher(graph, steer::Access::kMbuf, labels, nobody, &out)) return false;
  for (size_t i = 0; i < rules; i++) {
    out.Place(labels[i]);
    out.Emit(bpf::MovImm(0, static_cast<int32_t>(i + 1)));
    out.Jump(end);
  }
  out.Place(nobody);
  out.Emit(bpf::MovImm(0, 0));
  out.Place(end);
  out.Emit(bpf::Exit());
  return out.Finish(code);
}

// Is the longer one the shorter one with something put in?
bool Alike(const rte_bpf_jit &one, const rte_bpf_jit &other) {
  auto *a = reinterpret_cast<const uint8_t *>(one.func), *b = reinterpret_cast<const uint8_t *>(other.func);
  if (one.sz > other.sz) return Alike(other, one);
  size_t front = 0, back = 0;
  while (front < one.sz && a[front] == b[front]) front++;
  while (back < one.sz && a[one.sz - 1 - back] == b[other.sz - 1 - back]) back++;
  return front + back >= one.sz;
}

struct Compiled {
  rte_bpf *program = nullptr;
  rte_bpf_jit code{};
};

Compiled Load(const steer::Graph &graph, size_t rules, uint32_t jumps) {
  Compiled made;
  bpf::Code code;
  if (!Translate(graph, rules, jumps, &code)) return made;
  rte_bpf_prm wanted{};
  wanted.ins = reinterpret_cast<const ebpf_insn *>(code.data());
  wanted.nb_ins = static_cast<uint32_t>(code.size());
  wanted.prog_arg.type = RTE_BPF_ARG_PTR_MBUF;
  wanted.prog_arg.size = sizeof(rte_mbuf);
  wanted.prog_arg.buf_size = RTE_MBUF_DEFAULT_BUF_SIZE;
  made.program = rte_bpf_load(&wanted);
  if (made.program && rte_bpf_get_jit(made.program, &made.code)) made.code = {};
  return made;
}

// Leaves rules.program null where it can't be had: then the interpreter does the work.
void CompileJustInTime(RuleSet *rules) {
  std::vector<const steer::Filter *> filters;
  for (const steer::Rule &rule : rules->rules) filters.push_back(&rule.filter);
  steer::Graph graph;
  if (!steer::BuildGraph(filters, kNodesMax, &graph) || graph.nodes.size() > kNodesMax) return;
  Compiled plain = Load(graph, filters.size(), 0), safe = Load(graph, filters.size(), kFrontJumps);
  Compiled check = Load(graph, filters.size(), kFrontJumps + 1);
  if (plain.code.func && safe.code.func && check.code.func && Alike(safe.code, check.code)) {
    Compiled &best = Alike(plain.code, safe.code) ? plain : safe;
    rules->compiled = best.code.func;
    std::swap(rules->program, best.program);
  } else {
    std::swap(rules->program, plain.program);
  }
  for (Compiled *rest : {&plain, &safe, &check})
    if (rest->program) rte_bpf_destroy(rest->program);
}

uint64_t Match(const RuleSet &rules, rte_mbuf *m) {
  if (rules.compiled) return rules.compiled(m);
  if (rules.program) return rte_bpf_exec(rules.program, m);
  for (size_t i = 0; i < rules.rules.size(); i++)
    if (steer::MatchInterpreted(rules.rules[i].filter, rte_pktmbuf_mtod(m, const uint8_t *), m->pkt_len, m->data_len))
      return i + 1;
  return 0;
}

}  // namespace

Status MakeSet(const RuleRequest *requests, uint32_t count, std::unique_ptr<RuleSet> *out) {
  auto fresh = std::make_unique<RuleSet>();
  RXB_TRY(steer::MakeRules(requests, count, &fresh->rules));
  std::stable_sort(fresh->rules.begin(), fresh->rules.end(),
                   [](const auto &a, const auto &b) { return a.pass > b.pass; });
  if (count) CompileJustInTime(fresh.get());
  *out = std::move(fresh);
  return {};
}

void UseSet(Filter *filter, std::unique_ptr<RuleSet> fresh, const RuleRequest *requests, uint32_t count) {
  for (uint32_t i = 0; i < count; i++)
    if (requests[i].fresh) filter->packets[requests[i].slot] = filter->bytes[requests[i].slot] = 0;
  filter->now.store(count ? fresh.get() : nullptr, std::memory_order_release);
  filter->all.push_back(std::move(fresh));
}

uint32_t FilterPackets(Filter *filter, const RuleSet &rules, rte_mbuf **mbufs, uint32_t n) {
  uint32_t kept = 0;
  for (uint32_t i = 0; i < n; i++) {
    rte_mbuf *m = mbufs[i];
    uint64_t match = Match(rules, m);
    if (match) {
      const steer::Rule &rule = rules.rules[match - 1];
      filter->packets[rule.slot].fetch_add(1, std::memory_order_relaxed);
      filter->bytes[rule.slot].fetch_add(m->pkt_len, std::memory_order_relaxed);
      if (!rule.pass) {
        mbufs[kept++] = m;
        continue;
      }
    }
    FreeForeign(m);  // there is no kernel to leave it to
  }
  return kept;
}

}  // namespace rxb::dpdk
