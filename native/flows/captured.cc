// Tells captures of the packets that leave by a flow.
#include "../core/turn/turn_parts.h"
#include "layer.h"

namespace rxb {

// For captures: the packets that leave here, and by which action. Looked up again, so that nobody else pays for it.
__attribute__((noinline)) void Flows::TellTap(Worker &w, Slot &s, FlowSlot &f, uint32_t n) {
  uint8_t skipped[k_burstMax];
  uint32_t action[k_burstMax];
  for (uint32_t i = 0; i < n; i++) {
    skipped[i] = verdict_[i] >= kShow;
    action[i] = 0;
    for (uint32_t t = 0; t < table_count && !action[i] && !skipped[i]; t++) {
      if (f.kind[t][i] == KeyKind::kNone) continue;
      const uint32_t entry = table[t]->Find(f.key[t][i], f.kind[t][i], f.hash[t][i]);
      if (entry != kNoEntry) action[i] = table[t]->entry(entry).action + 1;
    }
  }
  w.tap->Leave(w, s, {n, kUnset, verdict_, skipped, action});
}

// The same of one packet of several segments.
__attribute__((noinline)) void Flows::TellTapOfOne(Worker &w, Slot &s, uint32_t i, uint32_t n, uint32_t verdict,
                                                   const Action &a) {
  uint8_t skipped[k_burstMax];
  uint32_t action[k_burstMax];
  memset(skipped, 1, n);
  skipped[i] = 0;
  action[i] = uint32_t(&a - actions.all) + 1;
  w.tap->Leave(w, s, {n, verdict, nullptr, skipped, action});
}

}  // namespace rxb
