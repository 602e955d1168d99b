// The XDP program of an interface, made from blocks (blocks/block.h).
#pragma once
#include "../bpf/bpf.h"
#include "../filter/emit/emit_ebpf.h"
#include "blocks/block.h"
#include "flows/flow_maps.h"
#include "metadata.h"
#include "rules.h"

namespace rxb::steer {

// A part of the program: what one port takes, or one program that a broker serves. Parts are asked in order, and each
// has counters of its own.
struct PartRequest {
  const std::vector<Rule> *rules;              // none: every packet
  const std::vector<Rule> *ceiling = nullptr;  // of a grant: rules that steer, one of which a packet must match first
  int counters = -1;                           // from CreateCounters
  const std::vector<uint32_t> *queues =
      nullptr;  // where the part is in force; null: everywhere, so that rules count what arrives elsewhere
  std::vector<uint32_t> others = {};         // queues of other ports, where it never is
  Metadata metadata = {};                    // written in front of what it takes
  std::vector<const FlowMaps *> flows = {};  // of what it takes, packets of these flows are ended; asked in order
};

struct XdpProgramRequest {
  const char *name;  // as `bpftool prog` shows it
  int xskmap;        // by rx queue
  bool fragments;    // packets in several buffers too (kernel 6.6)
  std::vector<PartRequest> parts;
};

struct BlockInfo {
  BlockKind kind;
  uint32_t instructions;  // of its own: rules share a graph, whose instructions are nobody's
  std::vector<int> maps;
};

// What a program was made of.
struct ProgramInfo {
  Access access = Access::kDirect;
  std::vector<std::vector<BlockInfo>> parts = {};
};

// Loads a program: the descriptor is the caller's. To change it while packets flow, build another with the same maps
// and put it into the bpf_link in place of the first (bpf::UpdateLink): the kernel swaps them between two packets.
Status BuildXdpProgram(const XdpProgramRequest &request, int *program, ProgramInfo *info = nullptr);

// The matcher alone, to be run by bpf::TestRun: returns 1 + the number of the first filter that matches, or 0.
Status BuildMatchProgram(const std::vector<const Filter *> &filters, Access access, int *program);

}  // namespace rxb::steer
