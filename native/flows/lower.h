// What a table of flows asks of a layer below it, which executes some of its flows. native/xdp/flows/driver_flows.h is
// one.
//
// The table stays the one that knows every flow: an entry's counters and its time become those of both layers by
// Sync(). All calls come from the worker's thread; the layer below may see packets at any time.
#pragma once
#include "ended.h"

namespace rxb {

class LowerLayer {
 public:
  virtual ~LowerLayer() = default;
  virtual const char *Name() const { return "xdp"; }  // as Flow.layer says it
  // The flow may go down from here on: it is new, or began with a SYN, or has been shown often enough.
  virtual void Want(uint32_t entry) = 0;
  // It has another action: what the layer knows of it is not good any more.
  virtual void Change(uint32_t entry) = 0;
  // Adds to the entry what the layer has counted since the last time.
  virtual void Sync(uint32_t entry) = 0;
  // Sync(), once a second for each entry, and a look whether the flow is to go down.
  virtual void Visit(uint32_t entry) = 0;
  // The flow ends, and its entry is free. True: the layer makes the record, when no packet is counted for it any more.
  virtual bool Leave(uint32_t entry, const EndedRecord &) = 0;
  // Every decision below of these flows ends, by a write to memory.
  virtual void Invalidate(uint32_t generation) = 0;
  virtual void InvalidateAction(uint32_t action) = 0;
  // Moves flows down and takes others away, many at once.
  virtual void LookAtClock() = 0;
  // The layer executes nothing from here on, and entries have what it has counted.
  virtual void Stop() = 0;
  // A later table's flows go down at that port, so the layer has to know all flows of this one, those that it does not
  // execute too: their packets come to the worker. False: it can't, or knows nothing of that port.
  virtual bool KnowAll(uint8_t) { return false; }
  // Records that are still to be made.
  virtual uint32_t waiting() const = 0;
  virtual uint32_t size() const = 0;  // flows that it executes
  virtual bool Has(uint32_t entry) const = 0;
  // False: packets of the flow have gone by uncounted.
  virtual bool Counts(uint32_t) const { return true; }
  // Why the flow is in the layer that it is in: one word.
  virtual const char *Why(uint32_t entry) const = 0;
};

}  // namespace rxb
