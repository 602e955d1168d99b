// One queue's burst as JavaScript and WebAssembly see it, in plain C: programs compiled to WebAssembly include this
// file.
#ifndef RXBURST_COLUMNS_H
#define RXBURST_COLUMNS_H
#include <stdint.h>

#define RXB_BURST_MAX 256
#define RXB_UNSET 0xffffffffu  // in `all`: look at the verdict column instead

// Verdict bytes, all of them allotted. A range begins at its name and ends in front of the next one. The numbers 4 to
// 15 mean nothing.
enum {
  RXB_DROP = 0,
  RXB_PASS = 1,
  RXB_KEEP = 2,
  RXB_FLOW = 3,        // the action of the packet's flow, which this burst's request names
  RXB_TX = 16,         // + the port's index: out of that port
  RXB_TO_WORKER = 80,  // + the worker's index: to another worker; has no implementation yet
  RXB_RESERVED = 96,
  RXB_STAGE = 128,  // + a stage's number: a graph resolves it before native code sees the burst
  RXB_VERDICTS_END = 256
};

typedef struct RxbColumns {
  uint32_t count;   // entries of the columns: packets, or segments where the port was opened with `segments`
  uint32_t all;     // one verdict for all of it, or RXB_UNSET
  uint32_t copied;  // copies that keep() made since the last turn, of packets whose memory is lent
  uint32_t keeps;   // calls of keep() since the last turn, on packets whose frame the program takes over
  uint32_t kept[RXB_BURST_MAX / 32];  // a bit for each packet on which it was called; means nothing while `keeps` is 0
  uint32_t unused[4];
  uint32_t offset[RXB_BURST_MAX];  // bytes from the start of the memory to the first byte of the packet
  uint32_t length[RXB_BURST_MAX];  // bytes
  uint8_t verdict[RXB_BURST_MAX];
  uint32_t hash[RXB_BURST_MAX];     // RSS hash
  uint32_t vlan[RXB_BURST_MAX];     // TCI, or 0xffffffff
  double timestamp[RXB_BURST_MAX];  // ns; which clock, the port's capabilities say
  uint8_t checksum[RXB_BURST_MAX];  // 0 unknown, 1 good, 2 bad, 3 never computed (partial)
  uint32_t mark[RXB_BURST_MAX];
  // 1: the next entry goes on with the same packet, whose verdict is that of its first entry
  uint8_t more[RXB_BURST_MAX];
} RxbColumns;

#endif
