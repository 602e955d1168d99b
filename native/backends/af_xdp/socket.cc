// The AF_XDP socket of a queue: opens, binds and closes it over the arena's frames, and counts what it holds and loses.
#include <sys/resource.h>
#include <sys/socket.h>

#include <mutex>

#include "../../core/registry.h"
#include "port.h"

namespace rxb::af_xdp {

namespace {

// The queue's last owner may need up to 70 ms to let go: its pool is registered until then
// (net/xdp/xsk_buff_pool.c:xp_assign_dev).
constexpr int kBindTries = 60, kBindPauseMs = 5;
constexpr int kDrainTries = 50, kDrainPauseMs = 1;  // for descriptors that the kernel has not looked at yet

Status RegisterMemory(int fd) {
  const Arena &arena = *TheArena();
  xdp_umem_reg memory{};
  memory.addr = reinterpret_cast<uint64_t>(arena.frames);
  memory.len = uint64_t(arena.frame_count) << arena.frame_shift;
  memory.chunk_size = arena.frame_size;
  if (!setsockopt(fd, SOL_XDP, XDP_UMEM_REG, &memory, sizeof memory)) return {};
  // net/xdp/xdp_umem.c:xdp_umem_account_pages: ENOBUFS is the limit of the user's locked memory, which each socket
  // counts again.
  rlimit limit{};
  if (errno == ENOBUFS && !getrlimit(RLIMIT_MEMLOCK, &limit) && limit.rlim_cur < limit.rlim_max) {
    limit.rlim_cur = limit.rlim_max;  // a soft limit is ours to raise
    if (!setrlimit(RLIMIT_MEMLOCK, &limit) && !setsockopt(fd, SOL_XDP, XDP_UMEM_REG, &memory, sizeof memory)) return {};
    errno = ENOBUFS;
  }
  if (errno == ENOBUFS || errno == ENOMEM)
    return Fail(kMemlock,
                "the kernel would not lock the arena's %llu MiB for one more AF_XDP socket (each socket counts it "
                "again): %s. Raise the limit "
                "(ulimit -l unlimited; LimitMEMLOCK=infinity in systemd), give CAP_IPC_LOCK, or take fewer frames.",
                (unsigned long long)memory.len >> 20, strerror(errno));
  return FailErrno("registering packet memory (XDP_UMEM_REG)");
}

Status MapRings(XskQueue *queue, uint32_t ring) {
  const int sizes[] = {XDP_UMEM_FILL_RING, XDP_UMEM_COMPLETION_RING, XDP_RX_RING, XDP_TX_RING};
  for (int option : sizes)
    if (setsockopt(queue->fd, SOL_XDP, option, &ring, sizeof ring)) return FailErrno("sizing an AF_XDP ring");
  xdp_mmap_offsets at{};
  socklen_t bytes = sizeof at;
  if (getsockopt(queue->fd, SOL_XDP, XDP_MMAP_OFFSETS, &at, &bytes)) return FailErrno("reading XDP_MMAP_OFFSETS");
  RXB_TRY(queue->fill.Map(queue->fd, ring, sizeof(uint64_t), at.fr, XDP_UMEM_PGOFF_FILL_RING));
  RXB_TRY(queue->completion.Map(queue->fd, ring, sizeof(uint64_t), at.cr, XDP_UMEM_PGOFF_COMPLETION_RING));
  RXB_TRY(queue->rx.Map(queue->fd, ring, sizeof(xdp_desc), at.rx, XDP_PGOFF_RX_RING));
  return queue->tx.Map(queue->fd, ring, sizeof(xdp_desc), at.tx, XDP_PGOFF_TX_RING);
}

Status BindSocket(XskQueue *queue, XskPort *port) {
  sockaddr_xdp address{};
  address.sxdp_family = AF_XDP;
  address.sxdp_ifindex = port->netdev.index;
  address.sxdp_queue_id = queue->index;
  address.sxdp_flags = XDP_USE_NEED_WAKEUP;
  if (port->segments > 1) address.sxdp_flags |= XDP_USE_SG;
  if (port->wanted_mode == XskPort::kCopyOnly || port->wanted_xdp == steer::Hook::kGenericOnly)
    address.sxdp_flags |= XDP_COPY;
  if (port->wanted_mode == XskPort::kZeroCopyOnly) address.sxdp_flags |= XDP_ZEROCOPY;
  for (int tries = 0; bind(queue->fd, reinterpret_cast<sockaddr *>(&address), sizeof address); tries++) {
    if (errno == EBUSY && tries < kBindTries) {
      Pause(kBindPauseMs);
      continue;
    }
    const char *name = port->netdev.name;
    if (errno == EBUSY)
      return Fail(kQueueTaken, "queue %u of %s has an AF_XDP socket already. See whose: ss --xdp -p", queue->index,
                  name);
    if (errno == ENETDOWN) return Fail(kInterfaceDown, "%s went down. Set it up: ip link set %s up", name, name);
    if (errno == ENODEV) return Fail(kNoInterface, "%s is gone", name);
    if (errno == EOPNOTSUPP && port->wanted_mode == XskPort::kZeroCopyOnly)
      return Fail(kRequire, "%s (driver %s) can't do zero-copy on queue %u; leave mode at 'auto' to take what it can",
                  name, port->driver, queue->index);
    if (errno == EINVAL && port->segments > 1)
      return Fail(
          kNotSupported,
          "%s: this kernel's AF_XDP sockets know no packets of several segments: that is Linux 6.6. Open it without.",
          port->name);
    return FailErrno("binding an AF_XDP socket");
  }
  xdp_options options{};
  socklen_t bytes = sizeof options;
  getsockopt(queue->fd, SOL_XDP, XDP_OPTIONS, &options, &bytes);
  port->mode = options.flags & XDP_OPTIONS_ZEROCOPY ? Mode::kZeroCopy : Mode::kCopy;
  return {};
}

Status MakeSocket(XskQueue *queue) {
  queue->fd = socket(AF_XDP, SOCK_RAW | SOCK_CLOEXEC, 0);
  return queue->fd < 0 ? FailErrno("opening an AF_XDP socket") : Status{};
}

Status OpenSocket(XskQueue *queue, XskPort *port, bool let_in) {
  RXB_TRY(port->handed.broker >= 0 ? AskForSocket(queue, port) : MakeSocket(queue));
  RXB_TRY(RegisterMemory(queue->fd));
  RXB_TRY(MapRings(queue, port->ring));
  for (uint32_t i = 0; i < port->ring; i += k_burstMax) Refill(queue);
  RXB_TRY(BindSocket(queue, port));
  return let_in ? LetIn(queue, port) : Status{};
}

void CloseSocket(XskQueue *queue) {
  queue->fill.Unmap();
  queue->completion.Unmap();
  queue->rx.Unmap();
  queue->tx.Unmap();
  CloseFd(queue->fd);
  queue->skipping = false;
}

// The frames of a socket that is closed are nobody's: back to the pool.
void Reclaim(XskQueue *queue) {
  Arena &arena = *TheArena();
  for (uint32_t frame = 0; frame < arena.frame_count; frame++) {
    if (arena.holder[frame] != queue->owner) continue;
    if (arena.state[frame] != queue->posted() && arena.state[frame] != queue->sending()) continue;
    uint64_t handle = HandleOf(queue->pool, frame);
    arena.state[frame] = kFree;
    queue->pool->ops->free(queue->pool, &handle, 1);
  }
  queue->with_kernel = queue->queued = 0;
}

// A data plane that joins others on the port may want more of the program than they did; attach() asks for the first
// one.
Status JoinColumns(const XskQueue *queue, XskPort *port) {
  if (!queue->wanted_columns) return {};
  std::lock_guard<std::mutex> lock(ControlLock());
  return port->attached ? SetColumns(port, port->client.share.metadata.columns | queue->wanted_columns) : Status{};
}

Status Bind(Queue *base) {
  auto *queue = static_cast<XskQueue *>(base);
  auto *port = static_cast<XskPort *>(base->port);
  queue->bad_frames = queue->chained = 0;  // those of an earlier data plane
  queue->before = {};
  queue->with_kernel = queue->queued = 0;
  Status status = JoinColumns(queue, port);
  // With a program of ours packets come when that is attached; with another's, from here on: then attach() does it.
  if (status) status = OpenSocket(queue, port, !port->is_handed() || port->attached);
  if (!status) CloseSocket(queue);
  return status;
}

int Descriptor(const Queue *queue) { return static_cast<const XskQueue *>(queue)->fd; }

// rx_fill_ring_empty_descs is left out: in copy mode its packets are in rx_dropped already.
void LossesOf(Queue *base, uint64_t *values) {
  auto *queue = static_cast<XskQueue *>(base);
  xdp_statistics s{};
  socklen_t bytes = sizeof s;
  if (queue->fd < 0 || getsockopt(queue->fd, SOL_XDP, XDP_STATISTICS, &s, &bytes)) return;
  const xdp_statistics &b = queue->before;
  const uint64_t all[] = {
      s.rx_ring_full + b.rx_ring_full,         s.rx_dropped + b.rx_dropped, s.rx_invalid_descs + b.rx_invalid_descs,
      s.tx_invalid_descs + b.tx_invalid_descs, queue->bad_frames,           queue->chained};
  memcpy(values, all, sizeof all);
}

void Held(const Queue *base, uint32_t *posted, uint32_t *received, uint32_t *queued) {
  auto *queue = static_cast<const XskQueue *>(base);
  uint32_t ready = queue->fd < 0 ? 0 : __atomic_load_n(queue->rx.producer, __ATOMIC_ACQUIRE) - queue->rx.cached_cons;
  *received = ready;
  *posted = queue->with_kernel - ready;
  *queued = queue->queued;
}

void Unbind(Queue *base) {
  auto *queue = static_cast<XskQueue *>(base);
  for (int tries = 0; tries < kDrainTries && !queue->tx.Drained(); tries++) {
    Kick(queue);
    if (!queue->tx.Drained()) Pause(kDrainPauseMs);
  }
  LetOut(static_cast<XskPort *>(base->port), {queue->index});
  CloseSocket(queue);
  queue->with_kernel = queue->queued = 0;
}

}  // namespace

}  // namespace rxb::af_xdp
