// Carries out a flow's decision in the block of flows, as instructions: rewrites headers, chooses the port, and counts.
//
// A packet goes through the steps as native/flows/steps/action.cc has them, byte for byte. One that a step can't handle
// goes to the worker as it arrived: each condition is checked before the first byte changes.
#pragma once
#include "flow_reader.h"

namespace rxb::steer::flows_block {

// Where a packet that has a port to leave by may lie: program in one buffer, or those that know how to compare.
enum class Buffers : uint8_t { kOne, kCompared, kUnknown };

class FlowSteps {
 public:
  FlowSteps(const Reader &reader, Buffers buffers)
      : out_(reader.out), request_(reader.request), fds_(reader.fds), worker_(reader.worker), buffers_(buffers) {}

  // Expects the reader's registers, and the slot's steps in R1. Behind it R7 is what the program returns, R8 the
  // packet's length.
  void Emit(bool direct);

 private:
  using Label = Assembler::Label;
  // Registers: the slot in kHeld, its steps in kFlags, the packet in kBase and kEnd. What layer 4's checksum covers
  // changes by kChange, what the IP header's covers by kIpChange.
  static constexpr uint8_t kHeld = 7, kFlags = 5, kProtocol = 4, kChange = 0, kIpChange = 3;
  static constexpr int16_t kNow = -16;  // on the stack

  void Emit(const bpf_insn &instruction) { out_.Emit(instruction); }
  void LoadSlot(uint8_t size, uint8_t reg, size_t field) { Emit(bpf::Load(size, reg, kHeld, AsOffset(field))); }
  void WorkerIf(uint8_t operation, uint8_t reg, int32_t imm) {
    out_.Branch(BPF_JMP | operation | BPF_K, reg, 0, imm, worker_);
  }
  void WorkerUnlessThere(int16_t bytes);
  Label Unless(uint16_t steps);
  void CheckBuffers();
  void CheckTarget();
  void FindHeaders();
  void CheckSteps(int16_t ttl);
  void Replace(uint8_t size, int16_t at, size_t field, uint8_t change);
  void Adjust(int16_t at, uint8_t change, bool udp);
  void WritePorts(int16_t l4);
  void WriteTransport(int16_t l4);
  void Ipv4();
  void Ipv6();
  void WriteMacs();
  void Leave(bool direct);

  Assembler &out_;
  FlowMapRequest request_;
  FlowDescriptors fds_;
  Label worker_;
  Buffers buffers_;
};

}  // namespace rxb::steer::flows_block
