// Which NIC rules (ethtool n-tuple) preselect what a filter matches.
#pragma once
#include <linux/ethtool.h>

#include <string>
#include <vector>

#include "graph.h"

namespace rxb::steer {

constexpr uint32_t kNicRulesMax = 16;  // of one filter
constexpr char kMatchesNothing[] = "it matches nothing";

// The rules whose union holds every packet that the filter matches; they may hold more, because XDP checks again. Empty, with the
// reason in `why`, when such rules can't say it: they know IPv4 and IPv6, protocol, addresses and ports under masks, nothing else.
// Fragments are left out, unless nothing else is meant: NICs hash them elsewhere, whatever a rule says about ports. For a filter that
// takes them the rules say nothing but addresses.
Status NicRulesFor(const Filter &filter, std::vector<ethtool_rx_flow_spec> *rules, std::string *why);

}  // namespace rxb::steer
