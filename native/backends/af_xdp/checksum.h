// Says whether a received packet's TCP or UDP checksum is right, for the column `checksum` of backends that nobody
// tells.
#pragma once
#include <cstdint>

namespace rxb {

// A part of a packet's bytes.
struct Piece {
  const uint8_t *bytes;
  uint32_t length;
};

// As the column has it: 0 there is none that can be looked at, 1 good, 2 bad, 3 never computed: the field holds the sum
// over the pseudo-header, which a kernel leaves there for the device that would compute the rest (CHECKSUM_PARTIAL in
// the kernel's Documentation/networking/checksum-offloads.rst). 0 is for packets that are neither TCP nor UDP over IP,
// fragments, UDP with a field of 0, and packets shorter than their headers say. Headers have to lie in the first piece.
uint8_t ChecksumState(const Piece *pieces, uint32_t count);

}  // namespace rxb
