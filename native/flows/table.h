// The exact-match table of one worker's flows of one shape: an index of buckets, entries, and what ends them.
//
// Two cache lines a hit: a bucket and an entry. A key has two buckets of eight ways. It goes into the first while that
// holds fewer than six, else into the emptier one, and it is never moved. The index has two ways for each entry, so it
// stays half empty and only the pool of entries can be full. No other thread reads any of it.
#pragma once
#ifdef __SSE2__
#include <emmintrin.h>
#endif

#include "action_pool.h"
#include "ended.h"
#include "key.h"
#include "lower.h"

namespace rxb {

constexpr uint32_t kNoEntry = 0xffffffff;
constexpr uint32_t kFlowsMax = 1u << 26;  // entries of one table

enum EntryFlag : uint8_t {
  kUsed = 1,
  kIsIpv6 = 2,
  kYoung = 4,      // shown until it has `after` packets
  kClosing = 8,    // a FIN or RST went by
  kUnlinked = 16,  // ended, and waits for a place in the ring of ended flows
  kFromSyn = 32    // its first packet was a SYN
};

struct alignas(64) FlowEntry {
  uint64_t w[2];  // of its key; the others of IPv6 stand in FlowRest
  uint64_t packets, bytes;
  uint64_t param;
  uint32_t seen, created;  // ms of the layer's clock
  uint32_t action, generation;
  uint32_t twin;         // the entry of the other direction, or kNoEntry; of a free entry the next free one
  uint16_t shown_phase;  // the receive phase in which it showed a packet
  uint8_t flags;         // EntryFlags
  uint8_t reason;        // while kUnlinked: its EndReason
};
static_assert(sizeof(FlowEntry) == 64, "an entry is a cache line");

// What an IPv6 entry has beside. Pages are touched by those alone.
struct alignas(64) FlowRest {
  uint64_t w[3];
};
// What an entry had at its last record, where records are made of flows that go on.
struct FlowSince {
  uint64_t packets, bytes;
  uint32_t at;
};

struct alignas(64) FlowBucket {
  uint16_t signature[8];  // 0: the way is empty
  uint32_t entry[8];
  uint8_t away;  // entries whose first bucket this is and that stand in their second one; 255 means many, for good
  uint64_t away_bits;  // a bit by the hash for each of those, and for some that were: most keys need not look there
};
static_assert(sizeof(FlowBucket) == 64, "a bucket is a cache line");

struct FlowTableOptions {
  FlowShape shape = FlowShape::kFiveTuple;
  bool any_port = false;
  bool refuse = false;        // when it is full: false evicts
  uint8_t watch = 0;          // TCP flags that show a packet
  uint32_t capacity = 65536;  // a power of two
  uint32_t after = 1;         // packets of a flow that are shown before it is executed
  uint32_t idle_ms = 10000, hard_ms = 0, active_ms = 0;
  uint32_t new_per_second = 0;  // 0: no limit
};

struct FlowStats {
  uint64_t hits = 0, misses = 0;                 // packets
  uint64_t unfit = 0;                            // packets without the shape's fields, or of the handler's way
  uint64_t refused = 0;                          // flows that got no entry
  uint64_t evicted = 0, ended = 0, stopped = 0;  // stopped: times that the ring of ended flows was full
};

class FlowTable {
 public:
  FlowTable() = default;
  FlowTable(const FlowTable &) = delete;
  ~FlowTable();

  // `actions`: whose numbers the entries hold.
  Status Make(const FlowTableOptions &, ActionPool *actions, const HashSecret &);

  uint64_t Hash(const FlowKey &key, KeyKind kind) const { return HashOf(secret_, key, kind); }
  void PrefetchBucket(uint64_t hash) const { __builtin_prefetch(&buckets_[hash & mask_]); }
  void PrefetchSecond(uint64_t hash) const { __builtin_prefetch(&Second(hash)); }
  // The first entry with that signature in the first bucket: mostly the key's, which Is() tells.
  uint32_t InFirst(uint64_t hash) const {
    const FlowBucket &first = First(hash);
    const uint32_t ways = Ways(first, SignatureOf(hash));
    return __builtin_expect(ways, 1) ? first.entry[__builtin_ctz(ways)] : kNoEntry;
  }
  // Whether the key may stand in its second bucket.
  bool MayBeAway(uint64_t hash) const { return First(hash).away_bits & AwayBit(hash); }
  uint32_t InSecond(uint64_t hash) const;
  // In either.
  uint32_t Candidate(uint64_t hash) const {
    const uint32_t entry = InFirst(hash);
    return __builtin_expect(entry != kNoEntry || !MayBeAway(hash), 1) ? entry : InSecond(hash);
  }
  bool Is(const FlowEntry &e, const FlowKey &key, KeyKind kind) const {
    const bool six = kind == KeyKind::kIpv6;
    if ((e.w[0] ^ key.w[0]) | (e.w[1] ^ key.w[1]) |
        ((e.flags & (kUsed | kIsIpv6 | kUnlinked)) ^ (kUsed | six * kIsIpv6)))
      return false;
    return !six || IsRest(e, key);
  }
  uint32_t Find(const FlowKey &, KeyKind, uint64_t hash) const;

  // A new entry for a key that has none, with one packet less than it will have: the caller counts. kNoEntry: none is
  // free.
  uint32_t Insert(const FlowKey &, KeyKind, uint64_t hash, uint32_t action, uint64_t param, uint32_t generation);
  void SetAction(uint32_t entry, uint32_t action, uint64_t param, uint32_t generation);
  void Join(uint32_t entry, uint32_t twin);
  // Ends a flow and its twin: their records are made, their entries are free when the ring has room. Whether it had.
  bool End(uint32_t entry, EndReason);

  // The hand goes on by as much as the time says, once round in a second; `generation`: the layer's, see IsStale().
  void Sweep(uint32_t now_ms, uint32_t generation);
  void EndAll(EndReason);

  // Whether maxNewPerSecond allows one more; takes it.
  bool MayAdd();
  bool IsStale(const FlowEntry &e, uint32_t generation) const {
    return e.generation != generation + actions_->all[e.action].generation;
  }
  Status Record(uint32_t records);  // from now on ended flows are kept for whoever asks

  FlowEntry &entry(uint32_t i) { return entries_[i]; }
  void KeyOf(uint32_t entry, FlowKey *, KeyKind *) const;
  EndedRecord RecordOf(uint32_t entry, EndReason) const;
  uint32_t size() const { return size_; }
  uint32_t touched() const { return touched_; }  // entries from the first on that were ever in use
  // and those that wait for a place in the ring
  uint32_t held() const { return size_ + unlinked_ + (lower ? lower->waiting() : 0); }
  uint32_t room() const { return options.capacity - size_; }
  uint64_t memory() const;  // bytes that it has taken from the machine
  bool records() const { return ring.records(); }

  FlowTableOptions options;
  FlowStats stats;
  EndedRing ring;
  std::unique_ptr<LowerLayer> lower;  // that executes some of its flows, or none
  uint32_t now = 0;                   // ms, as the layer saw the clock last

 private:
  static uint16_t SignatureOf(uint64_t hash) { return static_cast<uint16_t>(hash >> 48) | 1; }
  FlowBucket &First(uint64_t hash) const { return buckets_[hash & mask_]; }
  FlowBucket &Second(uint64_t hash) const {
    const uint64_t first = hash & mask_, second = hash >> 24 & mask_;
    return buckets_[second == first ? second ^ 1 : second];
  }
  // The ways that have this signature, a bit each.
  static uint32_t Ways(const FlowBucket &b, uint16_t signature) {
#ifdef __SSE2__
    const __m128i all = _mm_load_si128(reinterpret_cast<const __m128i *>(b.signature));
    const __m128i same = _mm_cmpeq_epi16(all, _mm_set1_epi16(static_cast<short>(signature)));
    return static_cast<uint32_t>(_mm_movemask_epi8(_mm_packs_epi16(same, _mm_setzero_si128())));
#else
    uint32_t ways = 0;
    for (uint32_t i = 0; i < 8; i++) ways |= uint32_t(b.signature[i] == signature) << i;
    return ways;
#endif
  }
  static uint64_t AwayBit(uint64_t hash) { return 1ull << (hash >> 42 & 63); }
  bool IsRest(const FlowEntry &, const FlowKey &) const;
  uint32_t FindIn(const FlowBucket &, uint16_t signature, const FlowKey &, KeyKind) const;
  uint64_t HashAt(uint32_t entry) const;
  void Unlink(uint32_t entry);
  void Free(uint32_t entry);
  bool EndOne(uint32_t entry, EndReason);
  uint32_t Victim(uint64_t hash) const;
  uint32_t VictimIn(const FlowBucket &, bool established) const;
  bool Visit(uint32_t entry, uint32_t generation);  // false: the ring is full
  uint64_t PacketsOf(const FlowEntry &e) const {
    return e.packets + (e.twin == kNoEntry ? 0 : entries_[e.twin].packets);
  }

  FlowBucket *buckets_ = nullptr;
  FlowEntry *entries_ = nullptr;
  FlowRest *rests_ = nullptr;
  FlowSince *since_ = nullptr;
  ActionPool *actions_ = nullptr;
  HashSecret secret_{};
  uint64_t mask_ = 0;  // of bucket numbers
  uint32_t size_ = 0, touched_ = 0, touched6_ = 0, free_ = kNoEntry;
  uint32_t unlinked_ = 0;
  uint32_t hand_ = 0, swept_at_ = 0;
  double tokens_ = 0;
  uint32_t filled_at_ = 0;
};

}  // namespace rxb
