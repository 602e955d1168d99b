// Flows that have ended, kept until the program takes them.
#pragma once
#include <memory>
#include <new>

#include "key.h"

namespace rxb {

// As lib/flows/ended.ts names them; `active`: the flow goes on.
enum class EndReason : uint8_t { kIdle, kHard, kRemoved, kEvicted, kFin, kGeneration, kClosed, kActive };

constexpr uint64_t kUncounted = ~0ull;  // packets of a flow that a layer below has not counted

struct EndedRecord {
  FlowKey key;
  KeyKind kind;
  EndReason reason;
  uint32_t first, last;  // ms of the layer's clock
  uint64_t packets, bytes;
};

// One writer and one reader, both the worker's thread.
class EndedRing {
 public:
  bool Make(uint32_t records) {
    ring_.reset(new (std::nothrow) EndedRecord[records]);
    size_ = ring_ ? records : 0;
    return size_;
  }
  bool records() const { return size_; }
  bool full() const { return end_ - begin_ >= size_; }
  uint64_t room() const { return size_ - (end_ - begin_); }
  void Push(const EndedRecord &record) { ring_[end_++ % size_] = record; }
  bool Pop(EndedRecord *record) {
    if (begin_ == end_) return false;
    *record = ring_[begin_++ % size_];
    return true;
  }

 private:
  std::unique_ptr<EndedRecord[]> ring_;
  uint32_t size_ = 0;
  uint64_t begin_ = 0, end_ = 0;
};

}  // namespace rxb
