// Makes the maps of flows, maps their memory into this process, and writes keys in batches.
#include "flow_maps.h"

#include <sys/mman.h>

#include <algorithm>

#include "../../bpf/bpf.h"

namespace rxb::steer {
namespace {

constexpr size_t kPage = 4096;
size_t Pages(size_t bytes) { return (bytes + kPage - 1) & ~(kPage - 1); }

void *MapMemory(int fd, size_t bytes) {
  void *at = mmap(nullptr, Pages(bytes), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  if (at == MAP_FAILED) return nullptr;
  madvise(at, Pages(bytes), MADV_DONTFORK);
  return at;
}

}  // namespace

Status FlowMaps::Make(const FlowMapRequest &request, std::shared_ptr<FlowMaps> *out) {
  if (!request.capacity || request.capacity > kFlowSlotsMax)
    return Fail(kLimit, "the driver's layer holds 1 to %u flows of a port, not %u", kFlowSlotsMax, request.capacity);
  std::shared_ptr<FlowMaps> maps(new FlowMaps);
  maps->request_ = request;
  FlowDescriptors &fds = maps->fds_;
  fds.words = bpf::CreateMap(BPF_MAP_TYPE_ARRAY, 4, sizeof(FlowWords), 1, "rxburst_flows", BPF_F_MMAPABLE);
  fds.slots =
      bpf::CreateMap(BPF_MAP_TYPE_ARRAY, 4, sizeof(DriverSlot), request.capacity, "rxburst_fslots", BPF_F_MMAPABLE);
  // Preallocated: a packet never waits for the kernel's allocator, and one key too many is refused instead of evicting
  // another.
  fds.keys4 = bpf::CreateMap(BPF_MAP_TYPE_HASH, kFlowKey4, sizeof(uint32_t), request.capacity, "rxburst_fkeys4");
  if (request.shape != FlowShape::kMac)
    fds.keys6 = bpf::CreateMap(BPF_MAP_TYPE_HASH, kFlowKey6, sizeof(uint32_t), request.capacity, "rxburst_fkeys6");
  // The kernel takes an interface out of it that goes away (kernel/bpf/devmap.c:dev_map_notification).
  fds.targets = bpf::CreateMap(BPF_MAP_TYPE_DEVMAP, 4, sizeof(uint32_t), kFlowTargets, "rxburst_fports");
  if (fds.targets < 0 || fds.words < 0 || fds.slots < 0 || fds.keys4 < 0 ||
      (fds.keys6 < 0 && request.shape != FlowShape::kMac))
    return FailErrno("making the maps of flows");
  RXB_TRY(maps->Map());
  *out = std::move(maps);
  return {};
}

Status FlowMaps::TakeOver(const FlowMapRequest &request, const FlowDescriptors &fds, std::shared_ptr<FlowMaps> *out) {
  std::shared_ptr<FlowMaps> maps(new FlowMaps);
  maps->request_ = request;
  maps->fds_ = fds;
  RXB_TRY(maps->Map());
  *out = std::move(maps);
  return {};
}

Status FlowMaps::Map() {
  words_ = static_cast<FlowWords *>(MapMemory(fds_.words, sizeof(FlowWords)));
  slots_ = static_cast<DriverSlot *>(MapMemory(fds_.slots, sizeof(DriverSlot) * uint64_t(request_.capacity)));
  return words_ && slots_ ? Status{} : FailErrno("mapping the maps of flows");
}

FlowMaps::~FlowMaps() {
  if (words_) munmap(words_, Pages(sizeof(FlowWords)));
  if (slots_) munmap(slots_, Pages(sizeof(DriverSlot) * uint64_t(request_.capacity)));
  for (int fd : {fds_.words, fds_.slots, fds_.keys4, fds_.keys6, fds_.targets})
    if (fd >= 0) close(fd);
}

uint32_t FlowMaps::TakeSlot() {
  std::lock_guard<std::mutex> held(lock_);
  if (free_.empty()) return touched_ < request_.capacity ? touched_++ : kNoFlowSlot;
  const uint32_t slot = free_.back();
  free_.pop_back();
  return slot;
}

void FlowMaps::GiveSlot(uint32_t slot) {
  std::lock_guard<std::mutex> held(lock_);
  free_.push_back(slot);
}

uint8_t FlowMaps::TakePlace() {
  std::lock_guard<std::mutex> held(lock_);
  for (uint32_t place = 1; place < 256; place++) {
    if (places_[place]) continue;
    places_[place] = true;
    return static_cast<uint8_t>(place);
  }
  return 0;
}

void FlowMaps::GivePlace(uint8_t place) {
  std::lock_guard<std::mutex> held(lock_);
  places_[place] = false;
}

uint32_t FlowMaps::TakeAction() {
  std::lock_guard<std::mutex> held(lock_);
  if (free_actions_.empty()) return actions_touched_ < kFlowActionWords ? actions_touched_++ : kFlowActionWords;
  const uint32_t action = free_actions_.back();
  free_actions_.pop_back();
  return action;
}

void FlowMaps::GiveAction(uint32_t action) {
  std::lock_guard<std::mutex> held(lock_);
  free_actions_.push_back(action);
}

uint32_t FlowMaps::TakeTarget(uint32_t ifindex) {
  std::lock_guard<std::mutex> held(lock_);
  const auto place = static_cast<uint32_t>(std::find(targets_.begin(), targets_.end(), ifindex) - targets_.begin());
  if (place < targets_.size()) return place;
  if (place == kFlowTargets || bpf::UpdateElement(fds_.targets, &place, &ifindex)) return kFlowTargets;
  targets_.push_back(ifindex);
  return place;
}

// kernel/bpf/syscall.c:generic_map_update_batch: keys lie one behind the other, and the count comes back as how many
// were done.
uint32_t FlowMaps::Batch(int command, KeyKind kind, const FlowKey *keys, const uint32_t *slots, uint32_t count) {
  const uint32_t key_bytes = kind == KeyKind::kIpv4 ? kFlowKey4 : kFlowKey6;
  uint8_t packed[kFlowBatch * kFlowKey6];
  for (uint32_t i = 0; i < count; i++) memcpy(packed + i * key_bytes, keys[i].w, key_bytes);
  union bpf_attr attr {};
  attr.batch.map_fd = static_cast<uint32_t>(kind == KeyKind::kIpv4 ? fds_.keys4 : fds_.keys6);
  attr.batch.keys = reinterpret_cast<uint64_t>(packed);
  attr.batch.values = reinterpret_cast<uint64_t>(slots);
  attr.batch.count = count;
  bpf::Call(command, &attr);
  return std::min(attr.batch.count, count);
}

uint32_t FlowMaps::Put(KeyKind kind, const FlowKey *keys, const uint32_t *slots, uint32_t count) {
  for (uint32_t at = 0; at < count; at += kFlowBatch) {
    const uint32_t n = std::min(count - at, kFlowBatch),
                   put = Batch(BPF_MAP_UPDATE_BATCH, kind, keys + at, slots + at, n);
    if (put < n) return at + put;
  }
  return count;
}

// A batch ends at a key that is not there: then that one is left out.
void FlowMaps::Remove(KeyKind kind, const FlowKey *keys, uint32_t count) {
  for (uint32_t at = 0; at < count;) {
    const uint32_t n = std::min(count - at, kFlowBatch),
                   gone = Batch(BPF_MAP_DELETE_BATCH, kind, keys + at, nullptr, n);
    at += gone + (gone < n);
  }
}

}  // namespace rxb::steer
