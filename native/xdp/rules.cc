// Makes the rules of a port, and keeps what they count in a map.
#include "rules.h"

#include <cstdio>
#include <cstdlib>

namespace rxb::steer {
namespace {

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

}  // namespace

Status MakeRules(const RuleRequest *requests, uint32_t count, std::vector<Rule> *rules) {
  rules->clear();
  for (uint32_t i = 0; i < count; i++) {
    if (requests[i].slot >= kRulesMax) return Fail(kLimit, "a port has at most %u rules", kRulesMax);
    rules->push_back({{}, requests[i].pass, requests[i].slot});
    // Nobody knows whether a later fragment belongs to what is to stay with the kernel, so all that may belong to it
    // do.
    const bool take = requests[i].pass || requests[i].takes_fragments;
    RXB_TRY(FromCompiled(requests[i].expression, requests[i].code, requests[i].code_count,
                         take ? Fragments::kTake : Fragments::kLeave, &rules->back().filter));
  }
  return {};
}

Status CreateCounters(int *map) {
  *map = bpf::CreateMap(BPF_MAP_TYPE_PERCPU_ARRAY, 4, sizeof(RuleCounts), kRulesMax, "rxburst_rules");
  return *map < 0 ? FailErrno("making the map of the rules' counters") : Status{};
}

Status ReadCounters(int map, uint32_t slot, RuleCounts *sums) {
  std::vector<RuleCounts> each(PossibleCpus());
  *sums = {};
  if (bpf::LookupElement(map, &slot, each.data())) return FailErrno("reading the rules' counters");
  for (const RuleCounts &one : each) {
    sums->packets += one.packets;
    sums->bytes += one.bytes;
    sums->elsewhere += one.elsewhere;
  }
  return {};
}

Status ClearCounters(int map, uint32_t slot) {
  std::vector<RuleCounts> zero(PossibleCpus());
  if (!bpf::UpdateElement(map, &slot, zero.data())) return {};
  // kernel/bpf/syscall.c: map_update_elem() answers EPERM where map_get_sys_perms() sees a frozen map (BPF_MAP_FREEZE).
  if (errno == EPERM)
    return Fail(kGrant,
                "the rules' counters can't be cleared: the program has frozen their map (bpf(2), BPF_MAP_FREEZE). Its "
                "rules stay as "
                "they were; start the program again.");
  return FailErrno("clearing the rules' counters");
}

}  // namespace rxb::steer
