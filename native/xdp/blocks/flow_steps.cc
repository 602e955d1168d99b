// The instructions of the steps of a flow.
#include "flow_steps.h"

namespace rxb::steer::flows_block {

void FlowSteps::WorkerUnlessThere(int16_t bytes) {
  Emit(bpf::MovReg(2, kBase));
  Emit(bpf::Alu64Imm(BPF_ADD, 2, bytes));
  out_.Branch(BPF_JMP | BPF_JGT | BPF_X, 2, kEnd, 0, worker_);
}

// What follows is for packets with one of these steps; the label goes behind it.
FlowSteps::Label FlowSteps::Unless(uint16_t steps) {
  Label with = out_.NewLabel(), without = out_.NewLabel();
  out_.Branch(BPF_JMP | BPF_JSET | BPF_K, kFlags, 0, steps, with);
  out_.Jump(without);
  out_.Place(with);
  return without;
}

// Not every device sends packets in several buffers, and a worker counts what its device refuses.
void FlowSteps::CheckBuffers() {
  if (buffers_ == Buffers::kOne) return;
  if (buffers_ == Buffers::kUnknown) return WorkerIf(BPF_JSET, 1, kStepMoves);
  Emit(bpf::MovReg(1, kContext));
  Emit(bpf::Helper(BPF_FUNC_xdp_get_buff_len));
  Emit(bpf::Load(BPF_W, 1, kContext, offsetof(xdp_md, data)));
  Emit(bpf::MovReg(2, kEnd));
  Emit(bpf::Alu64(BPF_SUB, 2, 1));
  out_.Branch(BPF_JMP | BPF_JNE | BPF_X, 0, 2, 0, worker_);
}

// An interface that has gone is gone from the map, and the worker says what becomes of its packets.
void FlowSteps::CheckTarget() {
  Label here = out_.NewLabel();
  LoadSlot(BPF_B, 1, offsetof(DriverSlot, verdict));
  out_.Branch(BPF_JMP | BPF_JNE | BPF_K, 1, 0, XDP_REDIRECT, here);
  LoadSlot(BPF_B, 1, offsetof(DriverSlot, target));
  Emit(bpf::Store(BPF_W, kStack, kIndex, 1));
  out_.LoadMap(1, fds_.targets);
  Emit(bpf::MovReg(2, kStack));
  Emit(bpf::Alu64Imm(BPF_ADD, 2, kIndex));
  Emit(bpf::Helper(BPF_FUNC_map_lookup_elem));
  WorkerIf(BPF_JEQ, 0, 0);
  out_.Place(here);
}

// The type is in R4.
void FlowSteps::FindHeaders() {
  Emit(bpf::Load(BPF_W, kBase, kContext, offsetof(xdp_md, data)));
  WorkerUnlessThere(wire::ethernet::kBytes);
  Emit(bpf::Load(BPF_H, 4, kBase, wire::ethernet::kType));
  Label tagged = out_.NewLabel(), known = out_.NewLabel();
  for (uint16_t type : {kTypeVlan, kTypeVlanService, kTypeVlanOld})
    out_.Branch(BPF_JMP | BPF_JEQ | BPF_K, 4, 0, NetworkOrder(type), tagged);
  out_.Jump(known);
  out_.Place(tagged);
  WorkerUnlessThere(wire::ethernet::kBytes + wire::vlan::kBytes);
  Emit(bpf::Load(BPF_H, 4, kBase, wire::ethernet::kBytes + wire::vlan::kType));
  Emit(bpf::Alu64Imm(BPF_ADD, kBase, wire::vlan::kBytes));
  out_.Place(known);
}

// As MissingFor() in native/flows/steps/action.cc.
void FlowSteps::CheckSteps(int16_t ttl) {
  Label behind = Unless(kStepTtl);
  Emit(bpf::Load(BPF_B, 1, kBase, ttl));
  WorkerIf(BPF_JLE, 1, 1);
  out_.Place(behind);
  behind = Unless(kStepIps);
  for (int32_t covers : {33, 51, 136}) WorkerIf(BPF_JEQ, kProtocol, covers);
  out_.Place(behind);
  behind = Unless(kStepPorts);
  out_.Branch(BPF_JMP | BPF_JEQ | BPF_K, kProtocol, 0, kProtocolTcp, behind);
  WorkerIf(BPF_JNE, kProtocol, kProtocolUdp);
  out_.Place(behind);
}

// A field of the slot takes the place of one in the packet: ~m + m' of equation 3 in RFC 1624.
void FlowSteps::Replace(uint8_t size, int16_t at, size_t field, uint8_t change) {
  Emit(bpf::Load(size, 1, kBase, at));
  Emit(bpf::Insn(BPF_ALU | BPF_XOR | BPF_K, 1, 0, 0, size == BPF_H ? 0xffff : -1));
  Emit(bpf::Alu64(BPF_ADD, change, 1));
  LoadSlot(size, 1, field);
  Emit(bpf::Store(size, kBase, at, 1));
  Emit(bpf::Alu64(BPF_ADD, change, 1));
}

// As rewrite::Adjust() and AdjustUdp().
void FlowSteps::Adjust(int16_t at, uint8_t change, bool udp) {
  Label none = out_.NewLabel(), good = out_.NewLabel();
  Emit(bpf::Load(BPF_H, 1, kBase, at));
  if (udp) out_.Branch(BPF_JMP | BPF_JEQ | BPF_K, 1, 0, 0, none);
  Emit(bpf::Insn(BPF_ALU | BPF_XOR | BPF_K, 1, 0, 0, 0xffff));
  Emit(bpf::Alu64(BPF_ADD, 1, change));
  Emit(bpf::MovReg(2, 1));
  Emit(bpf::Alu64Imm(BPF_RSH, 2, 32));
  Emit(bpf::Insn(BPF_ALU | BPF_MOV | BPF_X, 1, 1, 0, 0));
  Emit(bpf::Alu64(BPF_ADD, 1, 2));
  for (int fold = 0; fold < 3; fold++) {
    Emit(bpf::MovReg(2, 1));
    Emit(bpf::Alu64Imm(BPF_RSH, 2, 16));
    Emit(bpf::Alu64Imm(BPF_AND, 1, 0xffff));
    Emit(bpf::Alu64(BPF_ADD, 1, 2));
  }
  Emit(bpf::Insn(BPF_ALU | BPF_XOR | BPF_K, 1, 0, 0, 0xffff));
  if (udp) {
    out_.Branch(BPF_JMP | BPF_JNE | BPF_K, 1, 0, 0, good);
    Emit(bpf::MovImm(1, 0xffff));
    out_.Place(good);
  }
  Emit(bpf::Store(BPF_H, kBase, at, 1));
  if (udp) out_.Place(none);
}

// TCP's stand where UDP's do.
void FlowSteps::WritePorts(int16_t l4) {
  Label behind = Unless(kStepDestinationPort);
  Replace(BPF_H, static_cast<int16_t>(l4 + AsOffset(wire::udp::kDestinationPort)), offsetof(DriverSlot, port), kChange);
  out_.Place(behind);
  behind = Unless(kStepSourcePort);
  Replace(BPF_H, static_cast<int16_t>(l4 + AsOffset(wire::udp::kSourcePort)), offsetof(DriverSlot, port) + 2, kChange);
  out_.Place(behind);
}

// The headers are there, which the verifier has to be told again.
void FlowSteps::WriteTransport(int16_t l4) {
  const Label behind = Unless(kStepIps | kStepPorts);
  const auto at = [&](size_t field) { return static_cast<int16_t>(l4 + AsOffset(field)); };
  Label tcp = out_.NewLabel(), icmpv6 = out_.NewLabel();
  out_.Branch(BPF_JMP | BPF_JNE | BPF_K, kProtocol, 0, kProtocolUdp, tcp);
  WorkerUnlessThere(at(wire::udp::kBytes));
  WritePorts(l4);
  Adjust(at(wire::udp::kChecksum), kChange, true);
  out_.Jump(behind);
  out_.Place(tcp);
  out_.Branch(BPF_JMP | BPF_JNE | BPF_K, kProtocol, 0, kProtocolTcp, icmpv6);
  WorkerUnlessThere(at(wire::tcp::kBytes));
  WritePorts(l4);
  Adjust(at(wire::tcp::kChecksum), kChange, false);
  out_.Jump(behind);
  out_.Place(icmpv6);
  out_.Branch(BPF_JMP | BPF_JNE | BPF_K, kProtocol, 0, kProtocolIcmpv6, behind);
  WorkerUnlessThere(at(wire::icmpv6::kBytes));
  Adjust(at(wire::icmpv6::kChecksum), kChange, false);
  out_.Place(behind);
}

void FlowSteps::Ipv4() {
  constexpr int16_t kTtlAt = kIp + wire::ipv4::kTimeToLive;
  WorkerIf(BPF_JSET, kFlags, kStepIpv6);
  CheckSteps(kTtlAt);
  Emit(bpf::MovImm(kIpChange, 0));
  Label behind = Unless(kStepDestinationIp);
  Replace(BPF_W, kIp + wire::ipv4::kDestination, offsetof(DriverSlot, address), kIpChange);
  out_.Place(behind);
  behind = Unless(kStepSourceIp);
  Replace(BPF_W, kIp + wire::ipv4::kSource, offsetof(DriverSlot, address) + 4, kIpChange);
  out_.Place(behind);
  Emit(bpf::MovReg(kChange, kIpChange));
  behind = Unless(kStepTtl);
  Emit(bpf::Load(BPF_H, 1, kBase, kTtlAt));  // and the protocol beside it
  Emit(bpf::Insn(BPF_ALU | BPF_XOR | BPF_K, 1, 0, 0, 0xffff));
  Emit(bpf::Alu64(BPF_ADD, kIpChange, 1));
  Emit(bpf::Load(BPF_B, 1, kBase, kTtlAt));
  Emit(bpf::Alu64Imm(BPF_SUB, 1, 1));
  Emit(bpf::Store(BPF_B, kBase, kTtlAt, 1));
  Emit(bpf::Load(BPF_H, 1, kBase, kTtlAt));
  Emit(bpf::Alu64(BPF_ADD, kIpChange, 1));
  out_.Place(behind);
  behind = Unless(kStepTtl | kStepIps);
  Adjust(kIp + wire::ipv4::kHeaderChecksum, kIpChange, false);
  out_.Place(behind);
  WriteTransport(kIp + wire::ipv4::kBytes);
}

void FlowSteps::Ipv6() {
  constexpr int16_t kTtlAt = kIp + wire::ipv6::kHopLimit;
  Label behind = Unless(kStepIps);
  Label right = out_.NewLabel();
  out_.Branch(BPF_JMP | BPF_JSET | BPF_K, kFlags, 0, kStepIpv6, right);
  out_.Jump(worker_);
  out_.Place(right);
  out_.Place(behind);
  CheckSteps(kTtlAt);
  Emit(bpf::MovImm(kChange, 0));
  for (const auto &[step, at] : {std::pair<uint16_t, size_t>{kStepDestinationIp, wire::ipv6::kDestination},
                                 {kStepSourceIp, wire::ipv6::kSource}}) {
    behind = Unless(step);
    for (size_t i = 0; i < 16; i += 4)
      Replace(BPF_W, static_cast<int16_t>(kIp + AsOffset(at + i)), offsetof(DriverSlot, address) + i, kChange);
    out_.Place(behind);
  }
  behind = Unless(kStepTtl);
  Emit(bpf::Load(BPF_B, 1, kBase, kTtlAt));
  Emit(bpf::Alu64Imm(BPF_SUB, 1, 1));
  Emit(bpf::Store(BPF_B, kBase, kTtlAt, 1));
  out_.Place(behind);
  WriteTransport(kIp + wire::ipv6::kBytes);
}

// They stand in front of the tag.
void FlowSteps::WriteMacs() {
  const Label none = Unless(kStepMacs);
  Emit(bpf::Load(BPF_W, kBase, kContext, offsetof(xdp_md, data)));
  WorkerUnlessThere(wire::ethernet::kBytes);
  for (int16_t end : {0, 1}) {
    const Label behind = Unless(end ? kStepSourceMac : kStepDestinationMac);
    const size_t field = offsetof(DriverSlot, mac) + (end ? 6u : 0u);
    for (int16_t i = 0; i < 6; i += 2) {
      LoadSlot(BPF_H, 1, field + static_cast<size_t>(i));
      Emit(bpf::Store(BPF_H, kBase, static_cast<int16_t>(6 * end + i), 1));
    }
    out_.Place(behind);
  }
  out_.Place(none);
}

// The packet is as it leaves.
void FlowSteps::Leave(bool direct) {
  Label done = out_.NewLabel();
  Reader reader{out_, request_, fds_, worker_, worker_};
  Emit(bpf::MovReg(kSlot, kHeld));
  reader.Length(direct);
  Emit(bpf::Load(BPF_W, 2, kStack, kNow));
  reader.Count();
  Emit(bpf::Load(BPF_B, 7, kSlot, AsOffset(offsetof(DriverSlot, verdict))));
  Label redirected = out_.NewLabel();
  out_.Branch(BPF_JMP | BPF_JEQ | BPF_K, 7, 0, XDP_REDIRECT, redirected);
  Emit(bpf::Alu64Imm(BPF_AND, 7, 3));
  out_.Jump(done);
  out_.Place(redirected);
  out_.LoadMap(1, fds_.targets);
  Emit(bpf::Load(BPF_B, 2, kSlot, AsOffset(offsetof(DriverSlot, target))));
  Emit(bpf::MovImm(3, XDP_ABORTED));  // the interface went this moment
  Emit(bpf::Helper(BPF_FUNC_redirect_map));
  Emit(bpf::MovReg(7, 0));
  out_.Place(done);
}

void FlowSteps::Emit(bool direct) {
  Label four = out_.NewLabel(), six = out_.NewLabel(), macs = out_.NewLabel();
  Emit(bpf::Load(BPF_W, 2, kWord, AsOffset(offsetof(FlowQueueWord, now))));
  Emit(bpf::Store(BPF_W, kStack, kNow, 2));
  Emit(bpf::MovReg(kHeld, kSlot));
  CheckBuffers();
  CheckTarget();
  FindHeaders();
  LoadSlot(BPF_H, kFlags, offsetof(DriverSlot, steps));
  out_.Branch(BPF_JMP | BPF_JSET | BPF_K, kFlags, 0, kStepHeaders, four);
  out_.Jump(macs);
  out_.Place(four);
  // Every protocol will do, and what a table watches was looked at before.
  FlowMapRequest any = request_;
  any.shape = FlowShape::kPair;
  any.watch = 0;
  Reader reader{out_, any, fds_, worker_, worker_};
  out_.Branch(BPF_JMP | BPF_JEQ | BPF_K, 4, 0, NetworkOrder(kTypeIpv6), six);
  WorkerIf(BPF_JNE, 4, NetworkOrder(kTypeIpv4));
  reader.Ipv4();
  Ipv4();
  out_.Jump(macs);
  out_.Place(six);
  reader.Ipv6();
  Ipv6();
  out_.Place(macs);
  WriteMacs();
  Leave(direct);
}

}  // namespace rxb::steer::flows_block
