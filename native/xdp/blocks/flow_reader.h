// Reads a packet in the block of flows, as instructions: whose queue it is, its key, the slot of its flow, and what is
// counted there.
#pragma once
#include <arpa/inet.h>

#include <cstddef>
#include <utility>

#include "../flows/flow_maps.h"
#include "block.h"

namespace rxb::steer::flows_block {

using Label = Assembler::Label;

// Registers that calls leave alone: the queue's word, the packet's end (later its length), the first byte of its
// Ethernet header, moved on by the tag's four bytes (later the slot). Others are temporary.
constexpr uint8_t kWord = 7, kEnd = 8, kBase = 9, kSlot = 9;
constexpr uint8_t kPlace = 0, kTag = 5;  // until the key is made
constexpr uint8_t kStack = 10;

constexpr int16_t kKey = -48, kRule = -8, kIndex = -4;  // on the stack
constexpr int16_t kIp = wire::ethernet::kBytes;         // from kBase

inline int16_t AsOffset(size_t offset) { return static_cast<int16_t>(offset); }
inline int32_t NetworkOrder(uint16_t value) { return htons(value); }

// One packet's way through a table: `miss` leads to the next one, `worker` to the worker.
struct Reader {
  Assembler &out;
  FlowMapRequest request;
  FlowDescriptors fds;
  Label miss, worker;

  void Emit(const bpf_insn &instruction) { out.Emit(instruction); }
  void MissIf(uint8_t operation, uint8_t reg, int32_t imm) {
    out.Branch(BPF_JMP | operation | BPF_K, reg, 0, imm, miss);
  }
  void MissUnlessThere(int16_t bytes) {  // from kBase
    Emit(bpf::MovReg(2, kBase));
    Emit(bpf::Alu64Imm(BPF_ADD, 2, bytes));
    out.Branch(BPF_JMP | BPF_JGT | BPF_X, 2, kEnd, 0, miss);
  }
  void LoadNumber16(uint8_t reg, int16_t at) {  // in the machine's order
    Emit(bpf::Load(BPF_H, reg, kBase, at));
    Emit(bpf::Insn(BPF_ALU | BPF_END | BPF_TO_BE, reg, 0, 0, 16));
  }
  void Word(uint32_t offset, uint8_t reg) {  // the address of something in FlowWords
    Emit(bpf::Insn(BPF_LD | BPF_DW | BPF_IMM, reg, BPF_PSEUDO_MAP_VALUE, 0, fds.words));
    Emit(bpf::Insn(0, 0, 0, 0, static_cast<int32_t>(offset)));
  }
  bool WantsPorts() const { return kShapes[uint32_t(request.shape)].lacks & kLacksPorts; }

  // Whose queue it is; then the packet's ends and its tag. The type behind the tag is in R4.
  void Begin() {
    Emit(bpf::Load(BPF_W, 1, kContext, offsetof(xdp_md, rx_queue_index)));
    MissIf(BPF_JGE, 1, k_queuesMax);
    Emit(bpf::Alu64Imm(BPF_MUL, 1, sizeof(FlowQueueWord)));
    Word(offsetof(FlowWords, queue), kWord);
    Emit(bpf::Alu64(BPF_ADD, kWord, 1));
    Emit(bpf::Load(BPF_DW, kPlace, kWord, AsOffset(offsetof(FlowQueueWord, place))));
    MissIf(BPF_JEQ, kPlace, 0);
    Emit(bpf::Load(BPF_W, kBase, kContext, offsetof(xdp_md, data)));
    Emit(bpf::Load(BPF_W, kEnd, kContext, offsetof(xdp_md, data_end)));
    MissUnlessThere(wire::ethernet::kBytes);
    Emit(bpf::MovImm(kTag, kNoVlan));
    Emit(bpf::MovReg(3, kBase));  // where the MAC addresses stand
    Emit(bpf::Load(BPF_H, 4, kBase, wire::ethernet::kType));
    Label tagged = out.NewLabel(), known = out.NewLabel();
    for (uint16_t type : {kTypeVlan, kTypeVlanService, kTypeVlanOld})
      out.Branch(BPF_JMP | BPF_JEQ | BPF_K, 4, 0, NetworkOrder(type), tagged);
    out.Jump(known);
    out.Place(tagged);
    MissUnlessThere(wire::ethernet::kBytes + wire::vlan::kBytes);
    LoadNumber16(kTag, wire::ethernet::kBytes + wire::vlan::kTagControlInformation);
    Emit(bpf::Alu64Imm(BPF_AND, kTag, wire::vlan::kIdentifierMask));
    Emit(bpf::Load(BPF_H, 4, kBase, wire::ethernet::kBytes + wire::vlan::kType));
    for (uint16_t type : {kTypeVlan, kTypeVlanService, kTypeVlanOld}) MissIf(BPF_JEQ, 4, NetworkOrder(type));
    Emit(bpf::Alu64Imm(BPF_ADD, kBase, wire::vlan::kBytes));
    out.Place(known);
    Emit(bpf::Alu64Imm(BPF_LSH, kTag, 32));
    Emit(bpf::Alu64(BPF_OR, kPlace, kTag));
  }

  // Layer 4's header has to be whole, in the packet and by its IP header, which says that R2 bytes follow it.
  void Header(uint8_t protocol, int16_t l4, int16_t bytes, Label good) {
    Label other = out.NewLabel();
    out.Branch(BPF_JMP | BPF_JNE | BPF_K, 4, 0, protocol, other);
    MissIf(BPF_JLT, 2, bytes);
    MissUnlessThere(static_cast<int16_t>(l4 + bytes));
    if (protocol == kProtocolTcp && request.watch) {
      Emit(bpf::Load(BPF_B, 1, kBase, static_cast<int16_t>(l4 + AsOffset(wire::tcp::kFlags))));
      out.Branch(BPF_JMP | BPF_JSET | BPF_K, 1, 0, request.watch, worker);
    }
    out.Jump(good);
    out.Place(other);
  }

  // The protocol is in R4. Behind this the key's first word is in kPlace.
  void Transport(int16_t l4) {
    Label good = out.NewLabel();
    Header(kProtocolTcp, l4, wire::tcp::kBytes, good);
    Header(kProtocolUdp, l4, wire::udp::kBytes, good);
    Header(kProtocolSctp, l4, wire::sctp::kBytes, good);
    if (WantsPorts()) {
      out.Jump(miss);
    } else {
      Header(kProtocolIcmpv6, l4, wire::icmpv6::kBytes, good);
    }
    out.Place(good);
    if (!WantsPorts()) return;
    Emit(bpf::Alu64Imm(BPF_LSH, 4, 48));
    Emit(bpf::Alu64(BPF_OR, kPlace, 4));
    if (request.shape == FlowShape::kService) {
      Emit(bpf::Load(BPF_H, 1, kBase, static_cast<int16_t>(l4 + 2)));
      Emit(bpf::Alu64Imm(BPF_LSH, 1, 16));
    } else {
      Emit(bpf::Load(BPF_W, 1, kBase, l4));
    }
    Emit(bpf::Alu64(BPF_OR, kPlace, 1));
  }

  void Ipv4() {
    MissUnlessThere(kIp + wire::ipv4::kBytes);
    Emit(bpf::Load(BPF_B, 1, kBase, kIp));
    MissIf(BPF_JNE, 1, 0x45);  // options go the handler's way
    Emit(bpf::Load(BPF_H, 1, kBase, kIp + wire::ipv4::kFragmentOffset));
    MissIf(BPF_JSET, 1, NetworkOrder(0x3fff));
    Emit(bpf::Load(BPF_B, 4, kBase, kIp + wire::ipv4::kProtocol));
    LoadNumber16(2, kIp + wire::ipv4::kTotalLength);
    MissIf(BPF_JLT, 2, wire::ipv4::kBytes);
    Emit(bpf::Alu64Imm(BPF_SUB, 2, wire::ipv4::kBytes));
    Transport(kIp + wire::ipv4::kBytes);
  }

  void Ipv6() {
    MissUnlessThere(kIp + wire::ipv6::kBytes);
    Emit(bpf::Load(BPF_B, 1, kBase, kIp));
    Emit(bpf::Alu64Imm(BPF_RSH, 1, 4));
    MissIf(BPF_JNE, 1, 6);
    Emit(bpf::Load(BPF_B, 4, kBase, kIp + wire::ipv6::kNextHeader));
    if (!WantsPorts())
      for (int32_t extension : {0, 43, 44, 51, 60, 135, 139, 140}) MissIf(BPF_JEQ, 4, extension);
    LoadNumber16(2, kIp + wire::ipv6::kPayloadLength);
    Transport(kIp + wire::ipv6::kBytes);
  }

  void StoreKeyWord(uint32_t i, uint8_t reg) {
    Emit(bpf::Store(BPF_DW, kStack, static_cast<int16_t>(kKey + 8 * i), reg));
  }
  // A word of the addresses, of which the shape may leave out half or all.
  void CopyKeyWord(uint32_t i, uint64_t mask, int16_t from) {
    if (mask == kAll)
      Emit(bpf::Load(BPF_DW, 1, kBase, from));
    else if (mask == kSource4 || mask == kDestination4)
      Emit(bpf::Load(BPF_W, 1, kBase, static_cast<int16_t>(mask == kSource4 ? from : from + 4)));
    else
      Emit(bpf::MovImm(1, 0));
    if (mask == kDestination4) Emit(bpf::Alu64Imm(BPF_LSH, 1, 32));
    StoreKeyWord(i, 1);
  }

  // The value of the key on the stack, in R0.
  void Lookup(int map) {
    out.LoadMap(1, map);
    Emit(bpf::MovReg(2, kStack));
    Emit(bpf::Alu64Imm(BPF_ADD, 2, kKey));
    Emit(bpf::Helper(BPF_FUNC_map_lookup_elem));
  }

  // Of the addresses of Ethernet. Layer 4 is looked at for what the table watches, and decides nothing else.
  void LookupMac() {
    Label plain = out.NewLabel();
    Emit(bpf::Load(BPF_DW, 1, 3, 0));
    StoreKeyWord(1, 1);
    Emit(bpf::Load(BPF_W, 1, 3, 8));
    Emit(bpf::Alu64(BPF_OR, kPlace, 1));
    if (request.watch) {
      Label four = out.NewLabel(), six = out.NewLabel();
      out.Branch(BPF_JMP | BPF_JEQ | BPF_K, 4, 0, NetworkOrder(kTypeIpv4), four);
      out.Branch(BPF_JMP | BPF_JEQ | BPF_K, 4, 0, NetworkOrder(kTypeIpv6), six);
      out.Jump(plain);
      out.Place(four);
      const Label next = std::exchange(miss, worker);  // its flow may be here, and no later table's
      Ipv4();
      out.Jump(plain);
      out.Place(six);
      Ipv6();
      miss = next;
    }
    out.Place(plain);
    StoreKeyWord(0, kPlace);
    Lookup(fds.keys4);
  }

  void LookupIp() {
    const ShapeMask &mask = kShapes[uint32_t(request.shape)];
    Label six = out.NewLabel(), found = out.NewLabel();
    out.Branch(BPF_JMP | BPF_JEQ | BPF_K, 4, 0, NetworkOrder(kTypeIpv6), six);
    MissIf(BPF_JNE, 4, NetworkOrder(kTypeIpv4));
    Ipv4();
    StoreKeyWord(0, kPlace);
    CopyKeyWord(1, mask.ipv4, kIp + wire::ipv4::kSource);
    Lookup(fds.keys4);
    out.Jump(found);
    out.Place(six);
    Ipv6();
    StoreKeyWord(0, kPlace);
    for (int16_t i = 0; i < 4; i++)
      CopyKeyWord(1 + static_cast<uint32_t>(i), i < 2 ? mask.source6 : mask.destination6,
                  static_cast<int16_t>(kIp + AsOffset(wire::ipv6::kSource) + 8 * i));
    Lookup(fds.keys6);
    out.Place(found);
  }

  // The slot of the value at R0, if its decision is still good; else the worker knows what became of the flow. Each
  // number is checked where it is used: whoever has the maps may have written anything.
  void FindSlot() {
    MissIf(BPF_JEQ, 0, 0);
    Emit(bpf::Load(BPF_W, 1, 0, 0));
    Emit(bpf::Store(BPF_W, kStack, kIndex, 1));
    out.LoadMap(1, fds.slots);
    Emit(bpf::MovReg(2, kStack));
    Emit(bpf::Alu64Imm(BPF_ADD, 2, kIndex));
    Emit(bpf::Helper(BPF_FUNC_map_lookup_elem));
    out.Branch(BPF_JMP | BPF_JEQ | BPF_K, 0, 0, 0, worker);
    Emit(bpf::MovReg(kSlot, 0));
    Emit(bpf::Load(BPF_H, 1, kSlot, AsOffset(offsetof(DriverSlot, action))));
    Emit(bpf::Alu64Imm(BPF_AND, 1, kFlowActionWords - 1));
    Emit(bpf::Alu64Imm(BPF_LSH, 1, 2));
    Word(offsetof(FlowWords, action), 2);
    Emit(bpf::Alu64(BPF_ADD, 2, 1));
    Emit(bpf::Load(BPF_W, 1, 2, 0));
    Emit(bpf::Load(BPF_W, 2, kWord, AsOffset(offsetof(FlowQueueWord, generation))));
    Emit(bpf::Insn(BPF_ALU | BPF_ADD | BPF_X, 1, 2, 0, 0));
    Emit(bpf::Load(BPF_W, 2, kSlot, AsOffset(offsetof(DriverSlot, generation))));
    out.Branch(BPF_JMP32 | BPF_JNE | BPF_X, 1, 2, 0, worker);
  }

  // The packet's length, in R8.
  void Length(bool direct) {
    if (direct) {
      Emit(bpf::Load(BPF_W, 1, kContext, offsetof(xdp_md, data)));
      Emit(bpf::Load(BPF_W, kEnd, kContext, offsetof(xdp_md, data_end)));
      Emit(bpf::Alu64(BPF_SUB, kEnd, 1));
    } else {
      Emit(bpf::MovReg(1, kContext));
      Emit(bpf::Helper(BPF_FUNC_xdp_get_buff_len));
      Emit(bpf::MovReg(kEnd, 0));
    }
  }

  void AddAtomic(size_t field, uint8_t reg) {
    Emit(bpf::Insn(BPF_STX | BPF_ATOMIC | BPF_DW, kSlot, reg, AsOffset(field), BPF_ADD));
  }
  // The time is in R2.
  void Count() {
    Emit(bpf::MovImm(1, 1));
    AddAtomic(offsetof(DriverSlot, packets), 1);
    AddAtomic(offsetof(DriverSlot, bytes), kEnd);
    Emit(bpf::Store(BPF_W, kSlot, AsOffset(offsetof(DriverSlot, seen)), 2));
  }
};

}  // namespace rxb::steer::flows_block
