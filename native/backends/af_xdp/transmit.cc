// The way out, once per turn: transmits packets, takes back the frames of those sent, and passes packets to the kernel.
#include <sys/socket.h>

#include "port.h"

namespace rxb::af_xdp {

namespace {

constexpr int kKicksMax = 256;  // copy mode sends 32 descriptors a kick: enough for the largest ring

// Copy mode sends only when told to, 32 descriptors at a time (net/xdp/xsk.c:xsk_generic_xmit, TX_BATCH_SIZE), so it is
// told until the ring is empty or a call moves nothing; a zero-copy driver needs one call and goes on by itself.
void Kick(XskQueue *queue) {
  for (int kicks = 0; kicks < kKicksMax && queue->tx.NeedsWakeup() && !queue->tx.Drained(); kicks++) {
    uint32_t before = __atomic_load_n(queue->tx.consumer, __ATOMIC_RELAXED);
    if (sendto(queue->fd, nullptr, 0, MSG_DONTWAIT, nullptr, 0) < 0 && errno != EAGAIN) return;
    if (__atomic_load_n(queue->tx.consumer, __ATOMIC_RELAXED) == before) return;
  }
}

void Reap(Queue *base) {
  auto *queue = static_cast<XskQueue *>(base);
  if (!queue->queued) return;
  if (!queue->tx.Drained()) Kick(queue);
  Arena &arena = *TheArena();
  const FrameState sending = queue->sending();
  for (;;) {
    uint32_t n = queue->completion.Available(1), good = 0;
    if (!n) return;
    if (n > k_burstMax) n = k_burstMax;
    uint64_t handles[k_burstMax];
    for (uint32_t i = 0; i < n; i++) {
      uint64_t frame = queue->completion.Address(queue->completion.cached_cons + i) >> arena.frame_shift;
      if (frame >= arena.frame_count || arena.state[frame] != sending) {
        queue->bad_frames++;
        continue;
      }
      handles[good++] = HandleOf(queue->pool, static_cast<uint32_t>(frame));
    }
    queue->completion.Release(n);
    queue->queued -= good;
    queue->pool->ops->free(queue->pool, handles, good);
  }
}

// One path for packets of one and of several segments, as on receive. Packets are whole when the kernel shows them, and
// are taken as a whole: a driver that shows parts has to wait.
template<bool kSegments>
uint32_t Send(XskQueue *queue, const Packets &p, const uint8_t *more, uint32_t n) {
  Arena &arena = *TheArena();
  const FrameState sending = queue->sending();
  const uint32_t room = queue->tx.Free(n), from = arena.OffsetOf(0);
  if (!kSegments && n > room) n = room;
  uint32_t done = 0;
  while (done < n) {
    const uint32_t end = kSegments ? EndOfPacket(more, done, n) : done + 1;
    if (kSegments && end > room) break;
    if (__builtin_expect(
            kSegments ? Unsendable(queue->port, p.length + done, end - done) : Unsendable(queue->port, p.length[done]),
            0))
      break;
    for (; done < end; done++) {
      const uint32_t address = p.offset[done] - from,
                     goes_on = kSegments && done + 1 < end ? uint32_t(XDP_PKT_CONTD) : 0;
      arena.state[address >> arena.frame_shift] = sending;
      queue->tx.Descriptor(queue->tx.cached_prod + done) = {address, p.length[done], goes_on};
    }
  }
  if (!done) return 0;
  queue->queued += done;
  queue->tx.Submit(done);
  Kick(queue);
  return done;
}

uint32_t Transmit(Queue *queue, const Packets &p, uint32_t n) {
  return Send<false>(static_cast<XskQueue *>(queue), p, nullptr, n);
}

uint32_t Pass(Queue *queue, const Packets &p, uint32_t n) {
  steer::Injector &injector = static_cast<XskPort *>(queue->port)->injector;
  const uint8_t *memory = TheArena()->memory;
  uint32_t longest = queue->port->frame_max, passed = 0;
  for (uint32_t i = 0; i < n;) {
    uint32_t filled = 0;
    for (; i < n && filled < steer::kInjectBurst; i++)
      if (p.length[i] <= longest)
        memcpy(injector.Packet(queue->index, filled++, p.length[i]), memory + p.offset[i], p.length[i]);
    passed += injector.Run(queue->index, filled);
  }
  return passed;
}

uint32_t TransmitSegments(Queue *queue, const Packets &p, const uint8_t *more, uint32_t n) {
  return Send<true>(static_cast<XskQueue *>(queue), p, more, n);
}

}  // namespace

}  // namespace rxb::af_xdp
