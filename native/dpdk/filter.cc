// Rules on a DPDK port.
#include "filter.h"

#include <algorithm>
#include <cstddef>

#include "pool.h"

namespace rxb::dpdk {

namespace {

// DPDK's verifier looks at every path by itself, so a large graph would keep it busy for long.
constexpr uint32_t kNodesMax = 120;

static_assert(sizeof(bpf_insn) == sizeof(ebpf_insn) && offsetof(bpf_insn, imm) == offsetof(ebpf_insn, imm),
              "the kernel's instructions are DPDK's");

// Leaves rules.program null where it can't be had: then the interpreter does the work.
void CompileJustInTime(RuleSet *rules) {
  std::vector<const steer::Filter *> filters;
  for (const steer::Rule &rule : rules->rules) filters.push_back(&rule.filter);
  steer::Graph graph;
  if (!steer::BuildGraph(filters, kNodesMax, &graph) || graph.nodes.size() > kNodesMax) return;
  steer::Assembler out;
  std::vector<steer::Assembler::Label> labels;
  for (size_t i = 0; i < filters.size(); i++) labels.push_back(out.NewLabel());
  steer::Assembler::Label nobody = out.NewLabel();
  out.Emit(bpf::MovReg(steer::kContext, 1));
  out.Emit(bpf::Load(BPF_W, steer::kLength, 1, offsetof(rte_mbuf, pkt_len)));
  if (!steer::EmitMatcher(graph, steer::Access::kMbuf, labels, nobody, &out)) return;
  for (size_t i = 0; i <= filters.size(); i++) {
    out.Place(i < filters.size() ? labels[i] : nobody);
    out.Emit(bpf::MovImm(0, i < filters.size() ? static_cast<int32_t>(i + 1) : 0));
    out.Emit(bpf::Exit());
  }
  bpf::Code code;
  if (!out.Finish(&code)) return;
  rte_bpf_prm wanted{};
  wanted.ins = reinterpret_cast<const ebpf_insn *>(code.data());
  wanted.nb_ins = static_cast<uint32_t>(code.size());
  wanted.prog_arg.type = RTE_BPF_ARG_PTR_MBUF;
  wanted.prog_arg.size = sizeof(rte_mbuf);
  wanted.prog_arg.buf_size = RTE_MBUF_DEFAULT_BUF_SIZE;
  rules->program = rte_bpf_load(&wanted);
  rte_bpf_jit compiled{};
  if (rules->program && !rte_bpf_get_jit(rules->program, &compiled)) rules->compiled = compiled.func;
}

uint64_t Match(const RuleSet &rules, rte_mbuf *m) {
  if (rules.compiled) return rules.compiled(m);
  if (rules.program) return rte_bpf_exec(rules.program, m);
  for (size_t i = 0; i < rules.rules.size(); i++)
    if (steer::MatchInterpreted(rules.rules[i].filter, rte_pktmbuf_mtod(m, const uint8_t *), m->pkt_len, m->data_len)) return i + 1;
  return 0;
}

}  // namespace

Status SetRules(Filter *filter, const RuleRequest *requests, uint32_t count) {
  auto fresh = std::make_unique<RuleSet>();
  RXB_TRY(steer::CompileRules(requests, count, &fresh->rules));
  std::stable_sort(fresh->rules.begin(), fresh->rules.end(), [](const auto &a, const auto &b) { return a.keep > b.keep; });
  if (count) CompileJustInTime(fresh.get());
  for (uint32_t i = 0; i < count; i++)
    if (requests[i].fresh) filter->packets[requests[i].slot] = filter->bytes[requests[i].slot] = 0;
  filter->now.store(count ? fresh.get() : nullptr, std::memory_order_release);
  filter->all.push_back(std::move(fresh));
  return {};
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
      if (!rule.keep) {
        mbufs[kept++] = m;
        continue;
      }
    }
    FreeForeign(m);  // there is no kernel to leave it to
  }
  return kept;
}

}  // namespace rxb::dpdk
