// PASS: the program that takes packets out of shared memory, and the calls that run it.
#include "pass.h"

#include <sys/mman.h>

#include <cstddef>

#include "../../filter/emit/emit_ebpf.h"

namespace rxb::steer {
namespace {

constexpr uint32_t kShortestPacket = 14;
constexpr uint32_t kPageBytes = 4096;
constexpr uint32_t kSeedBytes = 60;  // what each live frame is before it becomes a packet

// One queue's part of the shared memory; the slots follow.
struct RegionHead {
  uint32_t next;   // slot of the next frame
  uint32_t taken;  // frames that became packets
  uint8_t unused[56];
};
struct SlotHead {
  uint32_t bytes, unused;
};

// R6 the context, R7 the queue's region, R9 the slot, R8 the packet's length. The frame says whose turn it is in its
// first bytes: the context's rx_queue_index is always 0 in live frames.
bool Program(int map, uint32_t slot_bytes, uint32_t packet_max, bpf::Code *code) {
  using namespace bpf;
  Assembler out;
  Assembler::Label drop = out.NewLabel();
  out.Emit(MovReg(6, 1));
  out.Emit(Load(BPF_W, 1, 6, offsetof(xdp_md, data)));
  out.Emit(Load(BPF_W, 2, 6, offsetof(xdp_md, data_end)));
  out.Emit(MovReg(3, 1));
  out.Emit(Alu64Imm(BPF_ADD, 3, 4));
  out.Branch(BPF_JMP | BPF_JGT | BPF_X, 3, 2, 0, drop);
  out.Emit(Load(BPF_W, 2, 1, 0));
  out.Emit(Store(BPF_W, 10, -4, 2));
  out.Emit(MovReg(2, 10));
  out.Emit(Alu64Imm(BPF_ADD, 2, -4));
  out.LoadMap(1, map);
  out.Emit(Helper(BPF_FUNC_map_lookup_elem));
  out.Branch(BPF_JMP | BPF_JEQ | BPF_K, 0, 0, 0, drop);
  out.Emit(MovReg(7, 0));
  out.Emit(Load(BPF_W, 9, 7, offsetof(RegionHead, next)));
  out.Branch(BPF_JMP | BPF_JGE | BPF_K, 9, 0, kInjectBurst, drop);
  out.Emit(MovReg(1, 9));
  out.Emit(Alu64Imm(BPF_ADD, 1, 1));
  out.Emit(Store(BPF_W, 7, offsetof(RegionHead, next), 1));
  out.Emit(Alu64Imm(BPF_MUL, 9, static_cast<int32_t>(slot_bytes)));
  out.Emit(Alu64(BPF_ADD, 9, 7));
  out.Emit(Load(BPF_W, 8, 9, sizeof(RegionHead) + offsetof(SlotHead, bytes)));
  out.Branch(BPF_JMP | BPF_JLT | BPF_K, 8, 0, kShortestPacket, drop);
  out.Branch(BPF_JMP | BPF_JGT | BPF_K, 8, 0, static_cast<int32_t>(packet_max), drop);
  out.Emit(MovReg(1, 6));
  out.Emit(Helper(BPF_FUNC_xdp_get_buff_len));
  out.Emit(MovReg(1, 6));
  out.Emit(MovReg(2, 8));
  out.Emit(Alu64(BPF_SUB, 2, 0));
  out.Emit(Helper(BPF_FUNC_xdp_adjust_tail));
  out.Branch(BPF_JMP | BPF_JNE | BPF_K, 0, 0, 0, drop);
  out.Emit(MovReg(1, 6));
  out.Emit(MovImm(2, 0));
  out.Emit(MovReg(3, 9));
  out.Emit(Alu64Imm(BPF_ADD, 3, sizeof(RegionHead) + sizeof(SlotHead)));
  out.Emit(MovReg(4, 8));
  out.Emit(Helper(BPF_FUNC_xdp_store_bytes));
  out.Branch(BPF_JMP | BPF_JNE | BPF_K, 0, 0, 0, drop);
  out.Emit(Load(BPF_W, 1, 7, offsetof(RegionHead, taken)));
  out.Emit(Alu64Imm(BPF_ADD, 1, 1));
  out.Emit(Store(BPF_W, 7, offsetof(RegionHead, taken), 1));
  out.Emit(MovImm(0, XDP_PASS));
  out.Emit(Exit());
  out.Place(drop);
  out.Emit(MovImm(0, XDP_DROP));
  out.Emit(Exit());
  return out.Finish(code);
}

}  // namespace

Status Injector::Open(uint32_t ifindex, uint32_t queue_count, uint32_t packet_max) {
  if (packet_max > kInjectMaxBytes)
    return Fail(kNotSupported, "the kernel takes packets of at most %u bytes back; these have up to %u",
                kInjectMaxBytes, packet_max);
  ifindex_ = ifindex;
  queues_ = queue_count;
  slot_bytes_ = (sizeof(SlotHead) + packet_max + 7) & ~7u;
  region_bytes_ = (sizeof(RegionHead) + kInjectBurst * slot_bytes_ + 7) & ~7u;
  map_ = bpf::CreateMap(BPF_MAP_TYPE_ARRAY, 4, region_bytes_, queues_, "rxburst_pass", BPF_F_MMAPABLE);
  if (map_ < 0) return FailErrno("making the map of packets for the kernel");
  uint64_t bytes = (uint64_t{region_bytes_} * queues_ + kPageBytes - 1) & ~uint64_t{kPageBytes - 1};
  void *at = mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, map_, 0);
  if (at == MAP_FAILED) return FailErrno("mapping the packets for the kernel");
  regions_ = static_cast<uint8_t *>(at);
  madvise(regions_, bytes, MADV_DONTFORK);
  bpf::Code code;
  Program(map_, slot_bytes_, packet_max, &code);
  program_ = bpf::LoadProgram(BPF_PROG_TYPE_XDP, code, "rxburst_pass");
  if (program_ < 0) return FailErrno("loading the program that hands packets to the kernel");
  registration_ = bpf::Register(program_);
  if (registration_.link < 0)
    return Fail(kNoCapability,
                "handing packets to the kernel takes CAP_SYS_ADMIN: without, every burst would take 24 ms");
  return {};
}

void Injector::Close() {
  bpf::Unregister(&registration_);
  if (regions_) munmap(regions_, (uint64_t{region_bytes_} * queues_ + kPageBytes - 1) & ~uint64_t{kPageBytes - 1});
  if (program_ >= 0) close(program_);
  if (map_ >= 0) close(map_);
  regions_ = nullptr;
  program_ = map_ = -1;
}

uint8_t *Injector::Packet(uint32_t queue, uint32_t i, uint32_t bytes) {
  uint8_t *slot = Region(queue) + sizeof(RegionHead) + i * slot_bytes_;
  reinterpret_cast<SlotHead *>(slot)->bytes = bytes;
  return slot + sizeof(SlotHead);
}

uint32_t Injector::Run(uint32_t queue, uint32_t count) {
  uint8_t seed[kSeedBytes] = {};
  memcpy(seed, &queue, sizeof queue);
  auto *head = reinterpret_cast<RegionHead *>(Region(queue));
  head->next = head->taken = 0;
  // A signal may cut a call short; the program knows where it was.
  while (head->next < count) {
    uint32_t before = head->next;
    if (bpf::RunLive(program_, seed, sizeof seed, count - before, ifindex_) ? errno != EINTR : head->next == before)
      break;
  }
  return head->taken;
}

}  // namespace rxb::steer
