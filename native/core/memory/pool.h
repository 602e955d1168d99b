// The core pool: a worker's own stack of free frames. One thread, no lock; a handle is the frame's index.
#pragma once
#include "../backend.h"

namespace rxb {

// Null when there is no memory for it.
Pool *MakeCorePool(const uint32_t *frames, uint32_t count, bool poison);

}  // namespace rxb
