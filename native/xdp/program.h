// XDP programs made from rules: what is passed, what is redirected into our sockets, and the counters of each.
#pragma once
#include "../bpf/bpf.h"
#include "../core/backend.h"
#include "../filter/emit_ebpf.h"
#include "../filter/graph.h"
#include "metadata.h"

namespace rxb::steer {

constexpr uint32_t kRulesMax = 256;  // rules of one port, and slots of its counters

// One rule. `pass` rules leave a packet to the kernel whatever the others say; asked first, whatever their place.
struct Rule {
  Filter filter;
  bool pass = false;
  uint32_t slot = 0;  // of the counters; a rule that stays keeps its slot, and with it its counts
};

// Compiles what a port was asked for.
Status CompileRules(const RuleRequest *requests, uint32_t count, std::vector<Rule> *rules);

// The rules of one program that a broker serves, with counters of its own: in force on the queues where it has sockets. Rules of the
// port that steer are their ceiling: a packet must match one of those first.
struct ServedRules {
  const std::vector<Rule> *rules;
  const std::vector<uint32_t> *queues;  // null: every queue
  int counters;
};

struct XdpProgramRequest {
  const char *name;                // as `bpftool prog` shows it
  const std::vector<Rule> *rules;  // none: every packet, which only `served` makes use of
  int xskmap;                      // by rx queue
  int counters;                    // from CreateCounters
  bool fragments;                  // packets in several buffers too (kernel 6.6)
  Metadata metadata = {};
  std::vector<ServedRules> served = {};
};

// A map of RuleCounts for kRulesMax slots, per CPU. The descriptor is the caller's.
Status CreateCounters(int *map);
// Sums of one slot over all CPUs.
Status ReadCounters(int map, uint32_t slot, RuleCounts *sums);
Status ClearCounters(int map, uint32_t slot);

// Loads a program: the descriptor is the caller's. To change rules while packets flow, build another with the same maps and put it
// into the bpf_link in place of the first (bpf::UpdateLink): the kernel swaps them between two packets.
Status BuildXdpProgram(const XdpProgramRequest &request, int *program, Access *access = nullptr);

// The program without rules: every packet goes to the socket of the queue on which it arrived, or stays with the kernel where there is
// none.
Status BuildTakeAllProgram(const char *name, int xskmap, bool fragments, const Metadata &metadata, int *program);

// The matcher alone, to be run by bpf::TestRun: returns 1 + the number of the first filter that matches, or 0.
Status BuildMatchProgram(const std::vector<const Filter *> &filters, Access access, int *program);

}  // namespace rxb::steer
