// Makes the words of a driver's slot out of an action of the worker's layer.
#pragma once
#include "../../flows/action.h"
#include "flow_maps.h"

namespace rxb::steer {

// Writes the steps and what they need; the verdict of a packet that leaves by a port is the caller's to choose. False:
// the driver can't execute the action. No meter, copy, tag or outer header.
bool DescribeSteps(const Action &, uint64_t param, DriverSlot *);

}  // namespace rxb::steer
