// One piece of a list: entries in the order of their memory, until the time is over or the room is.
#include "list.h"

#include <cstdio>

namespace rxb {

namespace {

// Which actions have their line already.
struct Named {
  uint64_t bits[kActionsMax / 64] = {};
  bool Add(uint32_t action) {
    uint64_t &word = bits[action / 64];
    const uint64_t bit = 1ull << action % 64;
    const bool fresh = !(word & bit);
    word |= bit;
    return fresh;
  }
};

// snprintf() would take most of the time of a row.
template<size_t kRoom>
void Say(char (&into)[kRoom], const char *word) {
  const size_t length = strlen(word);
  memcpy(into, word, length < kRoom ? length : kRoom - 1);  // the row is of zeros
}

void FillRow(const Flows &flows, const FlowTable &table, uint32_t i, FlowEntry &e, FlowRow *row) {
  FlowKey key;
  KeyKind kind;
  table.KeyOf(i, &key, &kind);
  *row = {};
  memcpy(row->key, key.w, sizeof row->key);
  row->packets = static_cast<double>(e.packets);
  row->bytes = static_cast<double>(e.bytes);
  row->param = static_cast<double>(e.param);
  row->first_ms = flows.UnixMs(e.created);
  row->last_ms = flows.UnixMs(e.seen);
  row->age_ms = table.now - e.created;
  row->idle_ms = table.now - e.seen;
  row->action = e.action;
  row->family = kind == KeyKind::kIpv6 ? 6 : 4;
  row->flags = (e.twin != kNoEntry) * kRowTwin | (table.lower && !table.lower->Counts(i)) * kRowUncounted;
  Say(row->layer, LayerOf(table, i));
  Say(row->why, WhyOf(table, i));
}

}  // namespace

ListResult ListFlows(const Flows &flows, FlowTable &table, const ListRequest &request, FlowPiece *piece) {
  Named named;
  const uint64_t until = MonotonicNs() + kListPieceNs;
  ListResult result{0, 0, request.from, 0};
  const uint32_t end = table.touched();
  uint32_t &i = result.next;
  for (uint32_t looked = 1; i < end; i++, looked++) {
    if (result.rows == kListRows || result.text_bytes + kActionTextMax + 8 > kListTextBytes) break;
    if (looked % kListLookEntries == 0 && MonotonicNs() >= until) break;
    FlowEntry &e = table.entry(i);
    if ((e.flags & (kUsed | kUnlinked)) != kUsed || table.IsStale(e, flows.generation)) continue;
    if (table.lower) table.lower->Sync(i);
    result.live++;
    if (static_cast<double>(request.by_bytes ? e.bytes : e.packets) <= request.above) continue;
    FillRow(flows, table, i, e, &piece->row[result.rows++]);
    if (!named.Add(e.action)) continue;
    char *line = piece->text + result.text_bytes;
    uint32_t length = static_cast<uint32_t>(sprintf(line, "%u\t", e.action));
    length += ActionText(flows.actions.all[e.action], line + length);
    line[length++] = '\n';
    result.text_bytes += length;
  }
  if (i >= end) i = kNoEntry;
  return result;
}

}  // namespace rxb
