// One pcap: port: a file that is read, a file that is written, and when each packet in memory was captured.
#pragma once
#include <sys/stat.h>

#include <string>
#include <vector>

#include "../software_rules.h"
#include "libpcap.h"

namespace rxb::pcap {

struct PcapQueue : RuledQueue {
  void *file = nullptr;      // libpcap's, while bound
  int out = -1;              // that is written, while bound
  bool broken = false;       // writing has failed
  uint64_t written = 0;      // bytes of it, all of whole records
  uint64_t passes_left = 0;  // times that the file is read once more
  uint64_t packets = 0;      // read so far
  uint32_t generation = 0;   // of the burst in front of the handler
  uint64_t filtered = 0, chained = 0;
};

struct PcapPort : RuledPort {
  std::string from, to;
  uint32_t loop = 1;  // 0: without end
  const Reader *reader = nullptr;
  bool reads = false;     // `from` is a file with packets, not /dev/null
  struct stat target {};  // of `to`
};

// Capture times, so that a packet that is sent on at once has the time that it had in the file. Any other packet has
// the time of the packet that its worker received last.
struct Stamp {
  const PcapQueue *by;
  uint32_t generation;
  uint64_t ns;
};
inline std::vector<Stamp> stamps;      // by frame
inline thread_local uint64_t last_ns;  // 0: this worker has received none

// write.cc
Status OpenTarget(PcapPort *, const char *name);
Status BeginFile(PcapQueue *);
void EndFile(PcapQueue *);
uint32_t Transmit(Queue *, const Packets &, uint32_t n);

}  // namespace rxb::pcap
