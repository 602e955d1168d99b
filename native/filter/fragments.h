// Fragments of IP datagrams: only the first has ports, so a rule that reads them either leaves all or takes all.
#pragma once
#include "compile.h"

namespace rxb::steer {

// Does the expression read ports, or anything else behind the IP header, by name: `port`, `portrange`, `tcp[…]`,
// `geneve`?
bool ReadsPorts(const char *expression);

// Replaces the code of a filter that reads ports, and leaves others as they are; its `whole` goes on saying which
// packets that are no fragments it matches. A fragment is an IPv4 packet whose offset or flag MF is not 0, or an IPv6
// packet with a Fragment header in front or behind one other extension header; up to two VLAN tags may stand before the
// IP header. kLeave: no fragment matches. kTake: a fragment matches unless its own headers rule out that its datagram
// does.
Status ApplyFragments(Fragments, Filter *);

}  // namespace rxb::steer
