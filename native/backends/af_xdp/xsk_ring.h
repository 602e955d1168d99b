// The four single-producer single-consumer rings that an AF_XDP socket shares with the kernel
// (Documentation/networking/af_xdp.rst, "Rings"). They lie outside the arena: no JavaScript reaches them.
#pragma once
#include <linux/if_xdp.h>
#include <sys/mman.h>
#include <sys/socket.h>

#include "../../abi/status.h"

#ifndef XDP_USE_SG  // since Linux 6.6
#define XDP_USE_SG (1 << 4)
#define XDP_PKT_CONTD (1 << 0)
#endif

namespace rxb {

struct XskRing {
  uint32_t *producer = nullptr, *consumer = nullptr, *flags = nullptr;
  void *entries = nullptr;
  uint32_t size = 0;
  uint32_t ours = 0;    // our index: producer of fill and tx, consumer of rx and completion
  uint32_t theirs = 0;  // the kernel's index as last read
  void *map = MAP_FAILED;
  size_t map_bytes = 0;

  Status Map(int fd, uint32_t entry_count, size_t entry_bytes, const xdp_ring_offset &at, off_t page) {
    size = entry_count;
    map_bytes = at.desc + entry_count * entry_bytes;
    map = mmap(nullptr, map_bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, fd, page);
    if (map == MAP_FAILED) return FailErrno("mapping an AF_XDP ring");
    auto *bytes = static_cast<uint8_t *>(map);
    producer = reinterpret_cast<uint32_t *>(bytes + at.producer);
    consumer = reinterpret_cast<uint32_t *>(bytes + at.consumer);
    flags = reinterpret_cast<uint32_t *>(bytes + at.flags);
    entries = bytes + at.desc;
    return {};
  }
  void Unmap() {
    if (map != MAP_FAILED) munmap(map, map_bytes);
    *this = {};
  }

  uint64_t &Address(uint32_t index) const { return static_cast<uint64_t *>(entries)[index & (size - 1)]; }
  xdp_desc &Descriptor(uint32_t index) const { return static_cast<xdp_desc *>(entries)[index & (size - 1)]; }
  bool NeedsWakeup() const { return __atomic_load_n(flags, __ATOMIC_RELAXED) & XDP_RING_NEED_WAKEUP; }

  // As producer: entries free to write, looking at the kernel's index only when fewer than `enough` seem free.
  uint32_t Room(uint32_t enough) {
    uint32_t room = size - (ours - theirs);
    if (room >= enough) return room;
    theirs = __atomic_load_n(consumer, __ATOMIC_ACQUIRE);
    return size - (ours - theirs);
  }
  void Produce(uint32_t n) { __atomic_store_n(producer, ours += n, __ATOMIC_RELEASE); }
  // Whether the kernel has taken everything that was produced.
  bool Drained() const { return __atomic_load_n(consumer, __ATOMIC_ACQUIRE) == ours; }

  // As consumer: entries there to read.
  uint32_t Waiting(uint32_t enough) {
    uint32_t waiting = theirs - ours;
    if (waiting >= enough) return waiting;
    theirs = __atomic_load_n(producer, __ATOMIC_ACQUIRE);
    return theirs - ours;
  }
  void Consume(uint32_t n) { __atomic_store_n(consumer, ours += n, __ATOMIC_RELEASE); }
};

}  // namespace rxb
