// Ports that lose their interface and get it back: the steps, on the control thread and on each worker's.
//
// The control thread finds the loss and says so (LosePort). Each worker then closes its queues of the port and puts
// kAbsentBackend in their place. Once all are closed, the control thread looks for the interface (ReopenPort); each
// worker opens its queues again, and the control thread lets packets in (ReattachPort).
#pragma once
#include "worker/worker.h"

namespace rxb {

// Stands for a lost port's in its slots: receives nothing and sends nothing.
extern const Backend kAbsentBackend;

// Worker's thread, when the control thread has asked for it: closes queues of ports that are lost, opens those of ports
// that are back.
void RebindSlots(Worker *);

// Control thread. By the port's id; a port that is closed is not lost.
Lost PortLoss(uint32_t id, char *why, uint32_t size);
void LosePort(uint32_t id);
Status ReopenPort(uint32_t id);
Status ReattachPort(uint32_t id);

}  // namespace rxb
