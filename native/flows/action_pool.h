// The actions of one worker, by number: entries hold the number. A number is free again when no flow and no handle
// names it.
#pragma once
#include <sys/mman.h>

#include <new>
#include <vector>

#include "action.h"

namespace rxb {

constexpr uint32_t kActionsMax = 65536;

// Memory is reserved for all of them and touched as they are made, so that an action never moves.
struct ActionPool {
  Action *all = nullptr;
  uint32_t used = 0;  // numbers that were ever given
  std::vector<uint32_t> free;

  Status Make() {
    void *at = mmap(nullptr, sizeof(Action) * kActionsMax, PROT_READ | PROT_WRITE,
                    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (at == MAP_FAILED) return FailErrno("taking memory for the actions of flows");
    all = static_cast<Action *>(at);
    return {};
  }
  ~ActionPool() {
    if (all) munmap(all, sizeof(Action) * kActionsMax);
  }

  bool Has(uint32_t number) const { return number < used && all[number].references; }

  // One that `code` describes, with one reference, the caller's.
  Status Add(const uint8_t *code, size_t bytes, uint32_t *number) {
    if (free.empty() && used == kActionsMax)
      return Fail(kLimit, "a worker has %u actions at most, and all are used by flows", kActionsMax);
    Action made;
    RXB_TRY(CompileAction(code, bytes, &made));
    *number = free.empty() ? used : free.back();
    Action &a = all[*number];
    made.generation = a.generation + 1;  // pages are zero where no action was yet
    made.references = 1;
    made.held = true;
    a = made;
    if (free.empty()) {
      used++;
    } else {
      free.pop_back();
    }
    return {};
  }

  // The handle's reference goes, once: a program may call with any number.
  void Drop(uint32_t number) {
    if (!all[number].held) return;
    all[number].held = false;
    Give(number);
  }
  void Take(uint32_t number) { all[number].references++; }
  void Give(uint32_t number) {
    if (!--all[number].references) free.push_back(number);
  }
};

}  // namespace rxb
