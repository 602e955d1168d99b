// The worker that a thread runs.
#pragma once
#include "../../core/worker/worker.h"

namespace rxb {

Worker *CurrentWorker();  // null: this thread runs none

}  // namespace rxb
