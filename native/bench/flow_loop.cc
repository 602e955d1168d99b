// Lookups and insertions in a table of flows, alone: what rte_hash does in native/bench/tables.c, over the same keys.
#include <ctime>
#include <memory>
#include <random>

#include "../flows/table.h"
#include "../napi/values/arguments.h"
#include "../napi/values/errors.h"
#include "../napi/values/fields.h"
#include "bench.h"

namespace rxb {

namespace {

constexpr uint32_t kBulk = 32, kKeysMax = 1 << 21, kKeyWords = 4, kRunsMax = 1 << 24;

// FlowLoop({keys, flows, insert}): `keys` are four words each; so many of them are flows. run(n) looks up or inserts so
// many.
class FlowLoop : public Napi::ObjectWrap<FlowLoop> {
 public:
  static void Define(Napi::Env env, Napi::Object exports) {
    exports["FlowLoop"] = DefineClass(env, "FlowLoop",
                                      {InstanceMethod("run", &FlowLoop::Run), InstanceMethod("sweep", &FlowLoop::Sweep),
                                       InstanceMethod("memory", &FlowLoop::Memory)});
  }

  explicit FlowLoop(const Napi::CallbackInfo &info) : ObjectWrap(info) {
    Arguments in(info, "FlowLoop");
    Fields fields(&in, info[0], "the loop");
    words_ = fields.Words("keys", kKeysMax * kKeyWords);
    const uint32_t flows = fields.Whole("flows", kKeysMax);
    inserts_ = fields.Flag("insert");
    FlowTableOptions options;
    options.capacity = 1;
    while (options.capacity < flows * (inserts_ ? 2 : 1) && options.capacity < kKeysMax) options.capacity *= 2;
    if (words_.size() < kKeyWords * kBulk || flows > words_.size() / kKeyWords || !flows)
      in.Refuse(Fail(kBadArgument, "FlowLoop: there are fewer keys than flows, or fewer than %u", kBulk));
    if (in.ok()) in.Refuse(actions_.Make());
    HashSecret secret;
    std::random_device random;
    for (uint64_t &word : secret.k) word = uint64_t(random()) << 32 | random();
    if (in.ok()) in.Refuse(table_.Make(options, &actions_, secret));
    if (!in.ok()) {
      in.Throw();
      return;
    }
    actions_.used = 1;
    actions_.all[0].references = 1;
    for (uint32_t i = 0; i < flows; i++) Insert(i);
    newest_ = flows;
  }

 private:
  FlowKey KeyAt(size_t i) const {
    FlowKey key{};
    memcpy(key.w, &words_[kKeyWords * i], sizeof(uint64_t) * kWords4);
    return key;
  }

  // kBulk times: the oldest flow goes, and a new one comes. In passes, as a worker has its bursts.
  void Replace(size_t keys) {
    FlowKey gone[kBulk], made[kBulk];
    uint64_t gone_hash[kBulk], made_hash[kBulk];
    for (uint32_t k = 0; k < kBulk; k++) {
      gone[k] = KeyAt(oldest_);
      made[k] = KeyAt(newest_);
      oldest_ = oldest_ + 1 == keys ? 0 : oldest_ + 1;
      newest_ = newest_ + 1 == keys ? 0 : newest_ + 1;
      gone_hash[k] = table_.Hash(gone[k], KeyKind::kIpv4);
      made_hash[k] = table_.Hash(made[k], KeyKind::kIpv4);
      table_.PrefetchBucket(gone_hash[k]);
      table_.PrefetchBucket(made_hash[k]);
    }
    for (uint32_t k = 0; k < kBulk; k++) {
      const uint32_t candidate = table_.Candidate(gone_hash[k]);
      if (candidate != kNoEntry) __builtin_prefetch(&table_.entry(candidate), 1);
    }
    for (uint32_t k = 0; k < kBulk; k++) {
      const uint32_t entry = table_.Find(gone[k], KeyKind::kIpv4, gone_hash[k]);
      if (entry != kNoEntry) table_.End(entry, EndReason::kRemoved);
      InsertNew(made[k], made_hash[k]);
    }
  }

  void Insert(size_t i) {
    const FlowKey key = KeyAt(i);
    InsertNew(key, table_.Hash(key, KeyKind::kIpv4));
  }
  void InsertNew(const FlowKey &key, uint64_t hash) {
    if (table_.Find(key, KeyKind::kIpv4, hash) == kNoEntry) table_.Insert(key, KeyKind::kIpv4, hash, 0, 0, 0);
  }

  uint32_t Look(size_t from) {
    FlowKey key[kBulk];
    uint64_t hash[kBulk];
    uint32_t candidate[kBulk], found = 0;
    for (uint32_t k = 0; k < kBulk; k++) {
      key[k] = KeyAt(from + k);
      hash[k] = table_.Hash(key[k], KeyKind::kIpv4);
      table_.PrefetchBucket(hash[k]);
    }
    for (uint32_t k = 0; k < kBulk; k++) {
      candidate[k] = table_.Candidate(hash[k]);
      if (candidate[k] != kNoEntry) __builtin_prefetch(&table_.entry(candidate[k]));
    }
    for (uint32_t k = 0; k < kBulk; k++) {
      if (candidate[k] == kNoEntry) continue;
      if (!table_.Is(table_.entry(candidate[k]), key[k], KeyKind::kIpv4))
        candidate[k] = table_.Find(key[k], KeyKind::kIpv4, hash[k]);
      found += candidate[k] != kNoEntry;
    }
    return found;
  }

  // How many were found, or how many were inserted. At half load: each one inserted takes the oldest away.
  Napi::Value Run(const Napi::CallbackInfo &info) {
    Arguments in(info, "FlowLoop.run");
    const uint32_t runs = in.Whole(0, "how many", kRunsMax);
    if (!in.ok()) return in.Throw();
    const size_t keys = words_.size() / kKeyWords;
    uint32_t done = 0;
    if (inserts_) {
      for (; done < runs; done += kBulk) Replace(keys);
    } else {
      for (uint32_t i = 0; i < runs; i += kBulk) {
        if (at_ + kBulk > keys) at_ = 0;
        done += Look(at_);
        at_ += kBulk;
      }
    }
    return Napi::Number::New(info.Env(), done);
  }

  // Nanoseconds of one round of the hand, in steps of a millisecond.
  Napi::Value Sweep(const Napi::CallbackInfo &info) {
    const uint64_t from = NowNs();
    for (uint32_t ms = 0; ms < 1000; ms++) table_.Sweep(table_.now + 1, 0);
    return Napi::Number::New(info.Env(), static_cast<double>(NowNs() - from));
  }

  Napi::Value Memory(const Napi::CallbackInfo &info) {
    return Napi::Number::New(info.Env(), static_cast<double>(table_.memory()));
  }

  static uint64_t NowNs() {
    timespec t;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return uint64_t(t.tv_sec) * 1'000'000'000 + t.tv_nsec;
  }

  std::vector<uint32_t> words_;
  bool inserts_ = false;
  size_t at_ = 0, oldest_ = 0, newest_ = 0;
  ActionPool actions_;
  FlowTable table_;
};

}  // namespace

void ExportFlowLoop(Napi::Env env, Napi::Object exports) { FlowLoop::Define(env, exports); }

}  // namespace rxb
