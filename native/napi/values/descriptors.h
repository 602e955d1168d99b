// The file descriptors that JavaScript holds as numbers: only those that native code gave it may be used or closed
// through native code, for any other number is Node's own or somebody else's.
#pragma once
#include "../../abi/status.h"

namespace rxb {

// Notes that JavaScript has it from now on; returns it.
int Lend(int fd);
// Whether JavaScript has it.
bool IsLent(int fd);
// Takes it back: whoever calls this closes it. ERR_BAD_ARGUMENT when JavaScript hasn't got it.
Status TakeLent(int fd);

}  // namespace rxb
