// The driver's layer of one worker's table: moves flows into the maps of its ports, adds up what is counted there, and
// takes them away.
//
// A flow goes down some milliseconds after it was made, with others in one system call; until then the worker executes
// it. It ends by a write to its slot. Its key is taken away at the next look at the clock, and its slot is read for the
// last time and free a little later: a CPU may be in the middle of a packet.
#pragma once
#include <memory>

#include "../../flows/layer.h"
#include "flow_maps.h"

namespace rxb::steer {

struct DriverWish {
  bool always = true;       // else flows go down from `promote_at` on
  uint32_t promote_at = 0;  // packets a second
};

// Makes the layer below a table of a worker that has not started. Fails with kNotSupported, and says what is possible,
// where a port of the worker has no XDP program of ours; without `always` such a port is left out. *layer stays null
// where no port is left.
Status MakeDriverFlows(const Worker &, Flows &, uint32_t table, const DriverWish &, std::unique_ptr<LowerLayer> *layer);

}  // namespace rxb::steer
