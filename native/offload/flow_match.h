// Which packets a rule in hardware takes, and which of them preselect what a filter matches.
#pragma once
#include <string>
#include <vector>

#include "../filter/graph/graph.h"

namespace rxb::offload {

constexpr uint32_t kMatchesMax = 16;  // of one filter
constexpr char kMatchesNothing[] = "it matches nothing";

// A mask of 0 is "anything". Numbers are in host byte order, and have bits under their masks only.
struct FlowMatch {
  struct Number {
    uint32_t value = 0, mask = 0;
  };
  struct Address {
    Number word[4];  // of IPv4 the first
  };

  bool four = true;   // IPv4, else IPv6
  int protocol = -1;  // -1: any
  Address source, destination;
  Number source_port, destination_port;  // of TCP, UDP and SCTP only
};

// Whether a rule can name ports of that protocol.
bool HasPorts(int protocol);
bool operator==(const FlowMatch &, const FlowMatch &);
// Whether the first takes every packet that the second takes.
bool Holds(const FlowMatch &wide, const FlowMatch &narrow);

// The matches whose union holds every packet that the filter matches. They may hold more, because software checks
// again. Empty, with the reason in `why`, when they can't say it: they know IPv4 and IPv6, protocol, addresses and
// ports under masks, nothing else. Fragments are left out, unless nothing else is meant: NICs hash them elsewhere,
// whatever a rule says about ports. For a filter that takes them the matches say nothing but addresses.
Status FlowMatchesOf(const steer::Filter &, std::vector<FlowMatch> *matches, std::string *why);

// The match's packets, and no others, in tcpdump's language.
std::string ExpressionOf(const FlowMatch &);

}  // namespace rxb::offload
