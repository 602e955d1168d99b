// Takes packets where they enter a worker and where they leave it, for each capture that wants them.
#include "tap.h"

#include "../core/turn/turn_parts.h"
#include "ring.h"

namespace rxb::tap {

namespace {

constexpr uint8_t kEntry = 0, kExit = 1;
constexpr uint32_t kGone = 2, kAtWork = 1;

bool Wants(const Writer &w, uint8_t point) {
  return point == kEntry ? w.capture->request.entry : w.capture->request.exit;
}

// What becomes of packet i of a slot's burst: as ApplyVerdicts() carries it out.
uint8_t FlagsOf(Worker &w, Slot &s, uint32_t i, uint32_t segments, uint32_t verdict, bool flow) {
  const uint8_t flags = flow ? kTapFlow : 0;
  if (verdict >= kVerdict_TX) {
    const Slot *t = TargetOf(w, s, verdict);
    if (!t) return flags | kTapRefused;
    return flags | (t->queue->port == s.queue->port ? kTapSamePort : 0);
  }
  if (verdict == kVerdict_DROP) return flags;
  if (verdict == kVerdict_PASS)
    return flags | (s.backend->pass && s.queue->port->can_pass && segments == 1 ? 0 : kTapRefused);
  if (verdict == kVerdict_KEEP && !s.borrowed && MayKeep(s, i)) return flags | kTapKept;
  return flags | kTapRefused;
}

uint32_t EndOf(const Slot &s, uint32_t i, uint32_t n) {
  return UNLIKELY(s.continuations) ? EndOfPacket(s.more, i, n) : i + 1;
}

}  // namespace

Tap::Tap(Worker &w)
    : slots_(w.slots), next_id_(uint64_t(w.id) << 48), burst_(new (std::nothrow) Burst[w.slot_count]()) {
  if (!burst_) return;
  // packets that entered before anybody looked: they are in front of the handler
  for (uint32_t k = 0; k < w.slot_count; k++)
    for (uint32_t i = 0; i < w.slots[k].count; i++) burst_[k].id[i] = NewIds(1);
}

Tap::~Tap() {
  for (uint32_t k = 0; k < writers_; k++) __atomic_store_n(&writer_[k].page->state, kGone, __ATOMIC_RELEASE);
}

Status Tap::Attach(Worker &w, uint32_t id, std::shared_ptr<Capture> capture, uint32_t ring) {
  const bool first = !w.tap;
  Tap *tap = first ? new (std::nothrow) Tap(w) : static_cast<Tap *>(w.tap);
  if (!tap || !tap->burst_) {
    if (first) delete tap;
    return Fail(kNoMemory, "there is no memory for a capture of worker %u", w.id);
  }
  if (tap->writers_ == kCapturesMax)
    return Fail(kLimit, "a data plane has %u captures at a time at most: end another one first", kCapturesMax);
  Writer &writer = tap->writer_[tap->writers_++];
  writer = {std::move(capture), id, ring, nullptr, nullptr, 0, 0, {}};
  writer.data = writer.capture->RingOf(ring);
  writer.page = writer.capture->PageOf(ring);
  writer.units = writer.capture->request.ring_bytes / kTapUnit;
  __atomic_store_n(&writer.page->state, kAtWork, __ATOMIC_RELEASE);
  w.tap = tap;
  return {};
}

void Tap::Detach(Worker &w, uint32_t id) {
  Tap *tap = static_cast<Tap *>(w.tap);
  if (!tap) return;
  for (uint32_t k = 0; k < tap->writers_; k++) {
    if (tap->writer_[k].id != id) continue;
    __atomic_store_n(&tap->writer_[k].page->state, kGone, __ATOMIC_RELEASE);
    const uint32_t last = --tap->writers_;
    if (k != last) tap->writer_[k] = std::move(tap->writer_[last]);
    tap->writer_[last].capture.reset();
    break;
  }
  if (tap->writers_) return;
  w.tap = nullptr;
  delete tap;
}

uint64_t Tap::NewIds(uint32_t n) {
  const uint64_t first = next_id_;
  next_id_ += n;
  return first;
}

void Tap::Move(Slot &s, uint32_t to, uint32_t from) {
  Burst &burst = burst_[&s - slots_];
  burst.id[to] = burst.id[from];
}

void Tap::Enter(Worker &w, Slot &s, uint32_t n) {
  const auto slot = static_cast<uint8_t>(IndexOf(w, s));
  Burst &burst = burst_[slot];
  const uint64_t first = NewIds(n);
  for (uint32_t i = 0; i < n; i++) burst.id[i] = first + i;
  const uint32_t *hash = s.queue->wanted_columns & kColumn_hash ? s.columns->hash : nullptr;
  for (uint32_t k = 0; k < writers_; k++) {
    if (!Wants(writer_[k], kEntry)) continue;
    Batch batch(writer_[k], slot, kEntry);
    if (batch.Full()) {
      batch.DropAll(n - s.continuations);
      continue;
    }
    for (uint32_t i = 0, end; i < n; i = end) {
      end = EndOf(s, i, n);
      batch.Put({kEntry, slot, 0, hash ? uint8_t(kTapHash) : uint8_t(0), burst.id[i], hash ? hash[i] : 0, 0,
                 &s.offset[i], &s.length[i], end - i});
    }
  }
}

void Tap::Leave(Worker &w, Slot &s, const Leaving &leaving) {
  const auto slot = static_cast<uint8_t>(IndexOf(w, s));
  Burst &burst = burst_[slot];
  const uint32_t n = leaving.count;
  const uint32_t *hash = s.queue->wanted_columns & kColumn_hash ? s.columns->hash : nullptr;
  for (uint32_t k = 0; k < writers_; k++) {
    if (!Wants(writer_[k], kExit)) continue;
    Batch batch(writer_[k], slot, kExit);
    if (batch.Full() && !leaving.skipped && !burst.some_left) {
      batch.DropAll(n - s.continuations);
      continue;
    }
    for (uint32_t i = 0, end; i < n; i = end) {
      end = EndOf(s, i, n);
      if ((leaving.skipped && leaving.skipped[i]) || (burst.some_left && burst.left[i])) continue;
      // anybody may write a column meanwhile: what is told here is what was read here
      const uint32_t verdict =
          leaving.all == kUnset ? __atomic_load_n(&leaving.verdict[i], __ATOMIC_RELAXED) : leaving.all;
      const uint8_t flags = FlagsOf(w, s, i, end - i, verdict, leaving.action) | (hash ? kTapHash : 0);
      batch.Put({kExit, slot, static_cast<uint8_t>(verdict), flags, burst.id[i], hash ? hash[i] : 0,
                 leaving.action ? leaving.action[i] : 0, &s.offset[i], &s.length[i], end - i});
    }
  }
  if (burst.some_left) memset(burst.left, 0, sizeof burst.left);
  burst.some_left = false;
}

void Tap::LeaveAs(Worker &w, Slot &s, uint32_t i, const Packets &copy, uint32_t verdict, uint32_t action) {
  const auto slot = static_cast<uint8_t>(IndexOf(w, s));
  Burst &burst = burst_[slot];
  burst.left[i] = burst.some_left = true;
  for (uint32_t k = 0; k < writers_; k++) {
    if (!Wants(writer_[k], kExit)) continue;
    Batch batch(writer_[k], slot, kExit);
    batch.Put({kExit, slot, static_cast<uint8_t>(verdict), FlagsOf(w, s, i, 1, verdict, true), burst.id[i], 0, action,
               copy.offset, copy.length, 1});
  }
}

void Tap::LeaveOwned(Worker &w, const Packets &packet, uint32_t segments, uint32_t verdict) {
  const uint64_t id = NewIds(1);
  Slot &s = w.slots[0];
  const bool sends = verdict >= kVerdict_TX;
  const Slot *t = sends ? TargetOf(w, s, verdict) : nullptr;
  uint8_t flags = kTapOwned;
  if (sends ? !t : verdict != kVerdict_DROP) flags |= kTapRefused;
  for (uint32_t k = 0; k < writers_; k++) {
    if (!Wants(writer_[k], kExit)) continue;
    Batch batch(writer_[k], 0, kExit);
    batch.Put({kExit, 0, static_cast<uint8_t>(verdict), flags, id, 0, 0, packet.offset, packet.length, segments});
  }
}

}  // namespace rxb::tap
