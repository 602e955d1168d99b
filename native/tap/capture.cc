// Makes and seals the memory of captures, and knows them by number.
#include "capture.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <map>

#ifndef F_SEAL_FUTURE_WRITE
#define F_SEAL_FUTURE_WRITE 0x0010
#endif

namespace rxb::tap {

namespace {

// Never deleted: a cleanup hook of a thread may come after the destructors of the process.
std::map<uint32_t, std::shared_ptr<Capture>> &Captures() {
  static auto *captures = new std::map<uint32_t, std::shared_ptr<Capture>>;
  return *captures;
}
uint32_t next_id = 1;

}  // namespace

Status Capture::Make(const CaptureRequest &request, std::shared_ptr<Capture> *out) {
  std::shared_ptr<Capture> made(new Capture(request));
  RXB_TRY(made->Map());
  *out = std::move(made);
  return {};
}

Status Capture::Map() {
  bytes_ = kTapPage * (1 + uint64_t(request.workers)) + uint64_t(request.ring_bytes) * request.workers;
  records_ = memfd_create("rxburst-records", MFD_CLOEXEC | MFD_ALLOW_SEALING);
  index_ = memfd_create("rxburst-index", MFD_CLOEXEC | MFD_ALLOW_SEALING);
  if (records_ < 0 || index_ < 0) return FailErrno("making the memory of a capture");
  if (ftruncate(records_, static_cast<off_t>(bytes_)) || ftruncate(index_, kTapPage))
    return FailErrno("sizing the memory of a capture");
  void *memory = mmap(nullptr, bytes_, PROT_READ | PROT_WRITE, MAP_SHARED, records_, 0);
  if (memory == MAP_FAILED) return FailErrno("mapping the records of a capture");
  memory_ = static_cast<uint8_t *>(memory);
  void *tails = mmap(nullptr, kTapPage, PROT_READ, MAP_SHARED, index_, 0);
  if (tails == MAP_FAILED) return FailErrno("mapping the index of a capture");
  tails_ = static_cast<const uint32_t *>(tails);
  // The mapping above stays writable; later ones can't be (memfd_create(2), fcntl(2)).
  if (fcntl(records_, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_FUTURE_WRITE | F_SEAL_SEAL) ||
      fcntl(index_, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL))
    return FailErrno("sealing the memory of a capture");
  *reinterpret_cast<TapHeader *>(memory_) = {kTapMagic, request.workers, request.ring_bytes, 0};
  return {};
}

Capture::~Capture() {
  if (memory_) munmap(memory_, bytes_);
  if (tails_) munmap(const_cast<uint32_t *>(tails_), kTapPage);
  if (records_ >= 0) close(records_);
  if (index_ >= 0) close(index_);
}

uint32_t Add(std::shared_ptr<Capture> capture) {
  Captures()[next_id] = std::move(capture);
  return next_id++;
}

std::shared_ptr<Capture> Find(uint32_t id) {
  const auto found = Captures().find(id);
  return found == Captures().end() ? nullptr : found->second;
}

void Remove(uint32_t id) { Captures().erase(id); }

}  // namespace rxb::tap
