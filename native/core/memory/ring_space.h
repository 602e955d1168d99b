// Pieces of the arena's ring space, addresses behind the frames, lent to backends whose kernel rings have to be seen by
// JavaScript.
#pragma once
#include <cstdint>

namespace rxb {

// Whole pages, to be mapped over with MAP_FIXED; null when the arena has no such piece left.
uint8_t *TakeRingSpace(uint64_t bytes);
// Puts zero pages in place of whatever was mapped there, so that a stale view reads zeros.
void GiveRingSpaceBack(uint8_t *at, uint64_t bytes);

}  // namespace rxb
