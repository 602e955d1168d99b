// For the files that make up a turn: what each of them gives to the others.
#pragma once
#include "../worker/worker.h"

#define LIKELY(x) __builtin_expect(!!(x), 1)
#define UNLIKELY(x) __builtin_expect(!!(x), 0)
// Part of both builds of Turn(): left to itself the compiler makes one function of it for both, without the wide
// vectors.
#define PART_OF_TURN __attribute__((always_inline)) inline

namespace rxb {

// One translation unit has all of these files, so what they share is internal to it and the compiler sees a turn whole.
namespace {

inline uint32_t LoadWord(const uint32_t *word) { return __atomic_load_n(word, __ATOMIC_RELAXED); }

inline uint32_t IndexOf(const Worker &w, const Slot &s) { return static_cast<uint32_t>(&s - w.slots); }

// Gives packets of a slot's burst back to whoever lent their memory; without a slot, to the pool.
inline void FreeFor(Worker &w, Slot *lender, const uint64_t *handles, uint32_t n) {
  if (UNLIKELY(lender && lender->borrowed))
    lender->backend->release(lender->queue, handles, n);
  else
    w.pool->ops->free(w.pool, handles, n);
}

inline Slot *TargetOf(Worker &w, Slot &s, uint32_t verdict) {
  uint32_t port = verdict - kVerdict_TX;
  uint8_t target = port < k_portsMax ? s.target[port] : kNoSlot;
  return target == kNoSlot ? nullptr : &w.slots[target];
}

// transmit.cc
PART_OF_TURN void Transmit(Worker &, Slot *lender, Slot &, const Packets &, uint32_t n, uint32_t bytes);
inline void Flush(Worker &, Slot &);
inline void Append(Worker &, Slot &, uint64_t handle, uint32_t offset, uint32_t length, bool moved);
__attribute__((noinline)) void AppendSegments(Worker &, Slot &, const uint64_t *handle, const uint32_t *offset,
                                              const uint32_t *length, uint32_t segments, bool moved);
__attribute__((noinline)) void AppendCopy(Worker &, Slot &, Slot &, uint32_t i);
inline uint32_t PacketsIn(const uint8_t *more, uint32_t n);

// verdicts.cc
inline bool MayKeep(const Slot &, uint32_t i);
__attribute__((cold, noinline)) void ReportFault(Worker &, ErrorCode, uint32_t slot, uint32_t packet, uint32_t value);
template<bool kTapped>
PART_OF_TURN void ApplyVerdicts(Worker &, Slot &);

// owned_frames.cc
__attribute__((noinline)) void ApplyOutbox(Worker &, uint32_t n);

}  // namespace

}  // namespace rxb
