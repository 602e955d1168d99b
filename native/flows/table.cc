// The index of a table of flows: where a key's entry is, where a new one goes, and which one makes room for it.
#include "table.h"

#include "memory.h"

namespace rxb {

namespace {

constexpr uint32_t kWaysMost = 6;  // of its first bucket, before a key goes into the emptier one
// that are looked through for a flow of one packet, before an established one is evicted
constexpr uint32_t kVictimBuckets = 32;

uint32_t TakenWays(const FlowBucket &b) {
#ifdef __SSE2__
  const __m128i all = _mm_load_si128(reinterpret_cast<const __m128i *>(b.signature)), zero = _mm_setzero_si128();
  const __m128i empty = _mm_packs_epi16(_mm_cmpeq_epi16(all, zero), zero);
  return ~static_cast<uint32_t>(_mm_movemask_epi8(empty)) & 0xff;
#else
  uint32_t ways = 0;
  for (uint32_t i = 0; i < 8; i++) ways |= uint32_t(b.signature[i] != 0) << i;
  return ways;
#endif
}

uint32_t BucketsFor(uint32_t capacity) { return capacity < 8 ? 2 : capacity / 4; }

}  // namespace

FlowTable::~FlowTable() {
  const uint64_t capacity = options.capacity;
  lower.reset();  // while the entries are there
  if (entries_ && actions_)
    for (uint32_t i = 0; i < touched_; i++)
      if (entries_[i].flags & kUsed) actions_->Give(entries_[i].action);
  GivePages(buckets_, sizeof(FlowBucket) * BucketsFor(options.capacity));
  GivePages(entries_, sizeof(FlowEntry) * capacity);
  GivePages(rests_, sizeof(FlowRest) * capacity);
  GivePages(since_, sizeof(FlowSince) * capacity);
}

Status FlowTable::Make(const FlowTableOptions &given, ActionPool *actions, const HashSecret &secret) {
  options = given;
  actions_ = actions;
  secret_ = secret;
  const uint64_t capacity = options.capacity, buckets = BucketsFor(options.capacity);
  const uint64_t each = sizeof(FlowEntry) + sizeof(FlowBucket) / 4 + (options.active_ms ? sizeof(FlowSince) : 0);
  const uint64_t there = BytesAvailable(), wanted = capacity * each;
  const bool fits = wanted <= there / 2;  // the rest is for frames and for IPv6
  if (fits) {
    buckets_ = static_cast<FlowBucket *>(TakePages(sizeof(FlowBucket) * buckets, true));
    entries_ = static_cast<FlowEntry *>(TakePages(sizeof(FlowEntry) * capacity, true));
    rests_ = static_cast<FlowRest *>(TakePages(sizeof(FlowRest) * capacity, false));
    if (options.active_ms) since_ = static_cast<FlowSince *>(TakePages(sizeof(FlowSince) * capacity, false));
  }
  if (!fits || !buckets_ || !entries_ || !rests_ || (options.active_ms && !since_))
    return Fail(kNoMemory,
                "a table of %u flows takes %llu MiB, and half of what is free here is %llu MiB. capacity: %llu is "
                "possible now; "
                "`grep MemAvailable /proc/meminfo` shows what is free.",
                options.capacity, (unsigned long long)(wanted >> 20), (unsigned long long)(there >> 21),
                1ull << (63 - __builtin_clzll(there / 2 / each | 1)));
  mask_ = buckets - 1;
  tokens_ = options.new_per_second;
  return {};
}

Status FlowTable::Record(uint32_t records) {
  if (ring.records() || ring.Make(records)) return {};
  return Fail(kNoMemory, "there is no memory for %u records of ended flows", records);
}

uint64_t FlowTable::memory() const {
  return sizeof(FlowBucket) * (mask_ + 1) + sizeof(FlowEntry) * uint64_t(options.capacity) +
         sizeof(FlowRest) * uint64_t(touched6_) + (since_ ? sizeof(FlowSince) * uint64_t(touched_) : 0);
}

bool FlowTable::IsRest(const FlowEntry &e, const FlowKey &key) const {
  const FlowRest &rest = rests_[&e - entries_];
  return !((rest.w[0] ^ key.w[2]) | (rest.w[1] ^ key.w[3]) | (rest.w[2] ^ key.w[4]));
}

uint32_t FlowTable::InSecond(uint64_t hash) const {
  const FlowBucket &second = Second(hash);
  const uint32_t ways = Ways(second, SignatureOf(hash));
  return ways ? second.entry[__builtin_ctz(ways)] : kNoEntry;
}

uint32_t FlowTable::FindIn(const FlowBucket &b, uint16_t signature, const FlowKey &key, KeyKind kind) const {
  for (uint32_t ways = Ways(b, signature); ways; ways &= ways - 1) {
    const uint32_t entry = b.entry[__builtin_ctz(ways)];
    if (Is(entries_[entry], key, kind)) return entry;
  }
  return kNoEntry;
}

uint32_t FlowTable::Find(const FlowKey &key, KeyKind kind, uint64_t hash) const {
  const uint32_t entry = FindIn(First(hash), SignatureOf(hash), key, kind);
  if (entry != kNoEntry || !MayBeAway(hash)) return entry;
  return FindIn(Second(hash), SignatureOf(hash), key, kind);
}

void FlowTable::KeyOf(uint32_t i, FlowKey *key, KeyKind *kind) const {
  const FlowEntry &e = entries_[i];
  *key = {};
  memcpy(key->w, e.w, sizeof e.w);
  *kind = e.flags & kIsIpv6 ? KeyKind::kIpv6 : KeyKind::kIpv4;
  if (e.flags & kIsIpv6) memcpy(key->w + kWords4, rests_[i].w, sizeof rests_[i].w);
}

uint64_t FlowTable::HashAt(uint32_t entry) const {
  FlowKey key;
  KeyKind kind;
  KeyOf(entry, &key, &kind);
  return Hash(key, kind);
}

// A flow of one packet (or of more, if `established`), the one that was seen longest ago.
uint32_t FlowTable::VictimIn(const FlowBucket &b, bool established) const {
  uint32_t victim = kNoEntry, oldest = 0;
  for (uint32_t ways = TakenWays(b); ways; ways &= ways - 1) {
    const uint32_t i = b.entry[__builtin_ctz(ways)];
    const FlowEntry &e = entries_[i];
    if (lower) lower->Sync(i);
    if ((PacketsOf(e) > 1) != established) continue;
    const uint32_t age = now - e.seen;
    if (victim != kNoEntry && age <= oldest) continue;
    victim = i;
    oldest = age;
  }
  return victim;
}

// An established flow goes only where no flow of one packet is near: least recently seen alone would lose exactly those
// under a SYN flood.
uint32_t FlowTable::Victim(uint64_t hash) const {
  const FlowBucket &first = First(hash), &second = Second(hash);
  for (const bool established : {false, true}) {
    const uint32_t a = VictimIn(first, established), b = VictimIn(second, established);
    if (a != kNoEntry && b != kNoEntry) return now - entries_[a].seen >= now - entries_[b].seen ? a : b;
    if (a != kNoEntry || b != kNoEntry) return a != kNoEntry ? a : b;
    if (established) break;
    for (uint64_t k = 1; k <= kVictimBuckets; k++)
      if (const uint32_t near = VictimIn(First(hash + k), false); near != kNoEntry) return near;
  }
  // The pool is full and both buckets are empty: any entry will do, and the hand's is as good as any.
  for (uint32_t i = 0; i < touched_; i++) {
    const uint32_t at = (hand_ + i) % touched_;
    if ((entries_[at].flags & (kUsed | kUnlinked)) == kUsed) return at;
  }
  return kNoEntry;
}

bool FlowTable::MayAdd() {
  if (!options.new_per_second) return true;
  tokens_ += (now - filled_at_) * (options.new_per_second / 1000.0);
  filled_at_ = now;
  if (tokens_ > options.new_per_second) tokens_ = options.new_per_second;
  if (tokens_ < 1) return false;
  tokens_ -= 1;
  return true;
}

uint32_t FlowTable::Insert(const FlowKey &key, KeyKind kind, uint64_t hash, uint32_t action, uint64_t param,
                           uint32_t generation) {
  FlowBucket *first = &First(hash), *second = &Second(hash);
  uint32_t taken = TakenWays(*first);
  const bool no_way = taken == 0xff && TakenWays(*second) == 0xff;  // five times in 10^8 tables
  if (no_way || (free_ == kNoEntry && touched_ == options.capacity)) {
    const uint32_t victim = options.refuse ? kNoEntry
                            : no_way       ? VictimIn(*first, PacketsOf(entries_[first->entry[0]]) > 1)
                                           : Victim(hash);
    if (victim == kNoEntry || (ring.records() && ring.room() < 2)) return kNoEntry;
    End(victim, EndReason::kEvicted);
    taken = TakenWays(*first);
  }
  uint32_t i = free_;
  if (i == kNoEntry) {
    i = touched_++;
    __builtin_prefetch(&entries_[i + 1], 1);  // of the next flow
  } else {
    free_ = entries_[i].twin;
    if (free_ != kNoEntry) __builtin_prefetch(&entries_[free_], 1);
  }
  const bool six = kind == KeyKind::kIpv6;
  FlowEntry &e = entries_[i];
  e = {{key.w[0], key.w[1]},
       0,
       0,
       param,
       now,
       now,
       action,
       generation + actions_->all[action].generation,
       kNoEntry,
       0,
       kUsed,
       0};
  if (six) {
    e.flags |= kIsIpv6;
    memcpy(rests_[i].w, key.w + kWords4, sizeof rests_[i].w);
    if (i >= touched6_) touched6_ = i + 1;
  }
  if (since_) since_[i] = {0, 0, now};
  // The second bucket is a cache miss that most flows do without.
  const uint32_t count = __builtin_popcount(taken), others = count < kWaysMost ? 0xff : TakenWays(*second);
  const bool goes = static_cast<uint32_t>(__builtin_popcount(others)) < count;
  FlowBucket &bucket = goes ? *second : *first;
  const uint32_t way = __builtin_ctz(~(goes ? others : taken));
  bucket.signature[way] = SignatureOf(hash);
  bucket.entry[way] = i;
  if (goes) {
    if (first->away != 255) first->away++;
    first->away_bits |= AwayBit(hash);
  }
  actions_->Take(action);
  size_++;
  if (lower) lower->Want(i);
  return i;
}

void FlowTable::SetAction(uint32_t i, uint32_t action, uint64_t param, uint32_t generation) {
  FlowEntry &e = entries_[i];
  actions_->Take(action);
  actions_->Give(e.action);
  e.action = action;
  e.param = param;
  e.generation = generation + actions_->all[action].generation;
  if (lower) lower->Change(i);
}

void FlowTable::Join(uint32_t entry, uint32_t twin) {
  entries_[entry].twin = twin;
  entries_[twin].twin = entry;
}

void FlowTable::Unlink(uint32_t i) {
  const uint64_t hash = HashAt(i);
  FlowBucket &first = First(hash), &second = Second(hash);
  for (FlowBucket *b : {&first, &second}) {
    for (uint32_t ways = TakenWays(*b); ways; ways &= ways - 1) {
      const uint32_t way = __builtin_ctz(ways);
      if (b->entry[way] != i) continue;
      b->signature[way] = 0;
      if (b == &second && first.away != 255 && !--first.away) first.away_bits = 0;
      return;
    }
  }
}

void FlowTable::Free(uint32_t i) {
  FlowEntry &e = entries_[i];
  actions_->Give(e.action);
  e.flags = 0;
  e.twin = free_;
  free_ = i;
}

}  // namespace rxb
