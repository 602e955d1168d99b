// Flows of a running worker for those who ask, a piece at a time: a table may have millions, and packets wait
// meanwhile.
#pragma once
#include "../layer.h"
#include "action_text.h"

namespace rxb {

constexpr uint32_t kListRows = 1024;        // of one piece
constexpr uint32_t kListTextBytes = 16384;  // of its actions' texts
constexpr uint64_t kListPieceNs = 50'000;   // that the worker gives to a piece
constexpr uint32_t kListLookEntries = 64;   // between two looks at the clock

// Uncounted: a layer below has executed it, and does not count.
enum RowFlag : uint8_t { kRowTwin = 1, kRowUncounted = 2 };

// A flow, as lib/flows/list.ts reads it.
struct FlowRow {
  uint64_t key[5];
  double packets, bytes, param, first_ms, last_ms;  // ms since 1970
  uint32_t age_ms, idle_ms, action;
  uint8_t family, flags;   // RowFlags
  char layer[8], why[26];  // words, with a 0 behind them
};
static_assert(sizeof(FlowRow) == 128, "a row outgrew its 128 bytes");

// `text`: a line for each action of the rows: its number, a tab, its steps.
struct FlowPiece {
  FlowRow row[kListRows];
  char text[kListTextBytes];
};

struct ListRequest {
  uint32_t from = 0;      // the entry to begin at; a piece says where the next one begins
  bool by_bytes = false;  // `above` is of bytes, else of packets
  double above = -1;      // flows that have more than so many have a row; the others are counted
};

// `next`: kNoEntry behind the last one.
struct ListResult {
  uint32_t rows, live, next, text_bytes;
};

// In the worker's thread. A flow that lives from before the first piece until after the last has one row.
ListResult ListFlows(const Flows &, FlowTable &, const ListRequest &, FlowPiece *);

// The layer that executes the flow.
inline const char *LayerOf(const FlowTable &table, uint32_t entry) {
  return table.lower && table.lower->Has(entry) ? table.lower->Name() : "worker";
}
inline const char *WhyOf(const FlowTable &table, uint32_t entry) {
  return table.lower ? table.lower->Why(entry) : "asked";
}

}  // namespace rxb
