// The part of libpcap that reads capture files, loaded when a pcap: port is opened.
#pragma once
#include <sys/time.h>

#include <cstdint>

#include "../../abi/status.h"

namespace rxb::pcap {

// libpcap's ABI, the same since 0.8.
struct PacketHeader {
  timeval time;               // with nanosecond precision tv_usec holds nanoseconds
  uint32_t captured, length;  // bytes in the file, bytes of the packet
};
constexpr uint32_t kNanoseconds = 1;  // PCAP_TSTAMP_PRECISION_NANO
constexpr int kEthernet = 1;          // DLT_EN10MB
constexpr int kErrorBytes = 256;      // PCAP_ERRBUF_SIZE
constexpr int kOnePacket = 1, kEndOfFile = -2;

struct Reader {
  void *(*open)(const char *path, uint32_t precision, char *error);
  int (*next)(void *, PacketHeader **, const uint8_t **bytes);
  int (*datalink)(void *);
  const char *(*datalink_name)(int);
  char *(*error)(void *);
  void (*close)(void *);
};

// Control thread. The functions stay.
Status LoadReader(const Reader **);

}  // namespace rxb::pcap
