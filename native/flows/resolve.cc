// The verdict FLOW: the packet that makes a flow goes through the same action as all later ones, also when the flow got
// no entry.
#include "../core/turn/turn_parts.h"
#include "layer.h"

namespace rxb {

// FLOW for a packet without a request stays in the column, where it is no verdict.
void Flows::ResolveVerdicts(Worker &w, Slot &s, uint32_t n, uint32_t *all, bool *moved) {
  FlowSlot &f = slot[IndexOf(w, s)];
  if (!f.asked) return;
  f.asked = false;
  uint8_t *column = s.columns->verdict;
  if (*all == kVerdict_FLOW) {
    memset(column, kVerdict_FLOW, n);
    *all = kUnset;
  }
  for (uint32_t i = 0, end; *all == kUnset && i < n; i = end) {
    end = s.continuations ? EndOfPacket(s.more, i, n) : i + 1;
    const uint32_t wanted = f.wanted[i];
    if (!wanted || __atomic_load_n(&column[i], __ATOMIC_RELAXED) != kVerdict_FLOW || !actions.Has(wanted - 1)) continue;
    Action &a = actions.all[wanted - 1];
    ParsedPacket parsed;
    Parse(TheArena()->memory + s.offset[i], s.length[i], &parsed);
    const bool rejects = end - i > 1 && (a.encaps || a.verdict == kVerdict_PASS);
    if (rejects || (a.grow && s.borrowed)) {
      // It is rejected, or its copy has left, and was counted there: what remains is memory to give back.
      if (rejects)
        s.counter[kCounter_rejected]++, s.counter[kCounter_dropped]--;
      else if (RunOnCopy(w, s, a, parsed, i, f.param[i], true))
        s.counter[kCounter_dropped]--;
      column[i] = kVerdict_DROP;
      continue;
    }
    const Outcome out = Run(w, s, a, parsed, i, f.param[i], true);
    *moved |= out.moved;
    if (out.moved) s.bytes = 0;
    if (out.verdict == kShow) a.unfit++;  // the handler has had it, and left it to the action
    column[i] = out.verdict == kShow ? uint8_t(kVerdict_DROP) : out.verdict;
  }
  memset(f.wanted, 0, n * sizeof *f.wanted);
}

}  // namespace rxb
