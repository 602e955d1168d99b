// socket: kernel packet sockets, a burst per recvmmsg and sendmmsg, straight into and out of the arena's frames.
// It is the fair baseline: what a socket can do at its best. The kernel keeps its copy of every packet.
#include <sys/socket.h>

#include "packet_socket.h"

#ifndef SO_PREFER_BUSY_POLL
#define SO_PREFER_BUSY_POLL 69
#endif

namespace rxb::kernel_socket {

namespace {

constexpr size_t kControlBytes = CMSG_SPACE(sizeof(tpacket_auxdata)) + CMSG_SPACE(sizeof(timespec));

struct SocketPort : PacketPort {
  uint32_t receive_buffer_bytes, busy_poll_us;
  bool prefer_busy_poll;
  bool vlan_tags;  // false: a few ns less per packet, and the tags are lost
};

// `posted[i]` is the frame that entry i of the vectors points into; entries 0 to `missing` want a new one.
struct SocketQueue : PacketQueue {
  uint64_t posted[k_burstMax];
  uint32_t filled = 0, missing = 0;
  bool auxiliary = false;  // the kernel tells of tags, checksums or times beside each packet
  mmsghdr in[k_burstMax], out[k_burstMax];
  iovec in_bytes[k_burstMax], out_bytes[k_burstMax];
  alignas(cmsghdr) uint8_t control[k_burstMax][kControlBytes];
};

Status Configure(const PortRequest &request, SocketPort *port) {
  RXB_TRY(PreparePort(request, port));
  port->receive_buffer_bytes = NumberOption(request.options, "receiveBufferBytes");
  port->busy_poll_us = NumberOption(request.options, "busyPollUs");
  port->vlan_tags = FlagOption(request.options, "vlanTags");
  port->prefer_busy_poll = FlagOption(request.options, "preferBusyPoll");
  return {};
}

void Close(Port *);

Status Open(const Arena *, const PortRequest &request, Port **out) {
  auto *port = new SocketPort;
  if (Status status = Configure(request, port); !status) {
    Close(port);
    return status;
  }
  port->columns = kColumn_vlan | kColumn_timestamp | kColumn_checksum;
  uint32_t indices[k_queuesMax], count = QueuesWanted(request, *port, indices);
  for (uint32_t i = 0; i < count; i++) {
    auto *queue = new SocketQueue;
    queue->port = port;
    queue->index = indices[i];
    port->queues[queue->index] = queue;
  }
  *out = port;
  return {};
}

// The vectors stay as they are for good, but for the address of the bytes.
void PrepareVectors(SocketQueue *queue) {
  memset(queue->in, 0, sizeof queue->in);
  memset(queue->out, 0, sizeof queue->out);
  for (uint32_t i = 0; i < k_burstMax; i++) {
    queue->in[i].msg_hdr.msg_iov = &queue->in_bytes[i];
    queue->in[i].msg_hdr.msg_iovlen = 1;
    queue->in_bytes[i].iov_len = TheArena()->frame_size - k_headroom;
    queue->out[i].msg_hdr.msg_iov = &queue->out_bytes[i];
    queue->out[i].msg_hdr.msg_iovlen = 1;
    if (queue->auxiliary) queue->in[i].msg_hdr.msg_control = queue->control[i];
  }
}

Status OpenQueue(SocketPort *port, SocketQueue *queue) {
  RXB_TRY(OpenSocket(port, &queue->fd));
  if (port->busy_poll_us)
    RXB_TRY(SetOption(port, queue->fd, SOL_SOCKET, SO_BUSY_POLL, port->busy_poll_us, "SO_BUSY_POLL"));
  if (port->prefer_busy_poll)
    RXB_TRY(SetOption(port, queue->fd, SOL_SOCKET, SO_PREFER_BUSY_POLL, 1, "SO_PREFER_BUSY_POLL"));
  int bytes = static_cast<int>(port->receive_buffer_bytes), on = 1;
  // without CAP_NET_ADMIN net.core.rmem_max is the limit
  if (setsockopt(queue->fd, SOL_SOCKET, SO_RCVBUFFORCE, &bytes, sizeof bytes))
    if (setsockopt(queue->fd, SOL_SOCKET, SO_RCVBUF, &bytes, sizeof bytes)) return FailErrno("setting SO_RCVBUF");
  bool tags = port->vlan_tags || queue->wanted_columns & (kColumn_vlan | kColumn_checksum),
       times = queue->wanted_columns & kColumn_timestamp;
  if (tags && setsockopt(queue->fd, SOL_PACKET, PACKET_AUXDATA, &on, sizeof on))
    return FailErrno("setting PACKET_AUXDATA");
  if (times && setsockopt(queue->fd, SOL_SOCKET, SO_TIMESTAMPNS, &on, sizeof on))
    return FailErrno("setting SO_TIMESTAMPNS");
  queue->auxiliary = tags || times;
  queue->filled = queue->missing = 0;
  PrepareVectors(queue);
  return Enlist(port, queue);
}

Status Bind(Queue *base) {
  auto *port = static_cast<SocketPort *>(base->port);
  auto *queue = static_cast<SocketQueue *>(base);
  ClearCounts(queue);
  Status status = OpenQueue(port, queue);
  if (!status) CloseSocket(port, queue);
  return status;
}

Status Attach(Port *port) { return JoinAll(static_cast<PacketPort *>(port)); }

uint32_t Transmit(Queue *base, const Packets &p, uint32_t n) {
  auto *queue = static_cast<SocketQueue *>(base);
  uint8_t *memory = TheArena()->memory;
  for (uint32_t i = 0; i < n; i++) queue->out_bytes[i] = {memory + p.offset[i], p.length[i]};
  int sent = sendmmsg(queue->fd, queue->out, n, MSG_DONTWAIT);
  return sent < 0 ? 0 : static_cast<uint32_t>(sent);
}

void Post(SocketQueue *queue, uint32_t i, const Arena &arena) {
  uint32_t frame = FrameOf(queue->pool, queue->posted[i]);
  arena.state[frame] = kPosted;
  queue->in_bytes[i].iov_base = arena.memory + arena.OffsetOf(frame) + k_headroom;
}

// A frame for each of the first n entries, or for fewer when the pool runs dry.
uint32_t FillTo(SocketQueue *queue, uint32_t n) {
  const Arena &arena = *TheArena();
  const PoolOps &ops = *queue->pool->ops;
  uint32_t next = ops.alloc(queue->pool, queue->posted, queue->missing);
  for (uint32_t i = 0; i < next; i++) Post(queue, i, arena);
  while (next < queue->missing && queue->filled > queue->missing) {  // the pool is dry: close the gap from the end
    queue->filled--;
    queue->posted[next] = queue->posted[queue->filled];
    queue->in_bytes[next++].iov_base = queue->in_bytes[queue->filled].iov_base;
  }
  if (next < queue->missing) queue->filled = next;
  queue->missing = 0;
  if (queue->filled >= n) return n;
  next = queue->filled + ops.alloc(queue->pool, queue->posted + queue->filled, n - queue->filled);
  for (uint32_t i = queue->filled; i < next; i++) Post(queue, i, arena);
  return queue->filled = next;
}

// What the kernel says beside packet i.
void ReadControl(SocketQueue *queue, uint32_t entry, const Packets &p, uint32_t i) {
  SlotColumns &columns = *queue->columns;
  columns.vlan[i] = kUnset;
  columns.checksum[i] = 0;
  msghdr *message = &queue->in[entry].msg_hdr;
  for (cmsghdr *c = CMSG_FIRSTHDR(message); c; c = CMSG_NXTHDR(message, c)) {
    if (c->cmsg_level == SOL_PACKET && c->cmsg_type == PACKET_AUXDATA) {
      tpacket_auxdata aux;
      memcpy(&aux, CMSG_DATA(c), sizeof aux);
      columns.checksum[i] = ChecksumState(aux.tp_status);
      if (!(aux.tp_status & TP_STATUS_VLAN_VALID)) continue;
      uint32_t grew = PlaceTag(queue, i, static_cast<uint8_t *>(queue->in_bytes[entry].iov_base), aux.tp_status,
                               aux.tp_vlan_tpid, aux.tp_vlan_tci);
      p.offset[i] -= grew;
      p.length[i] += grew;
    } else if (c->cmsg_level == SOL_SOCKET && c->cmsg_type == SO_TIMESTAMPNS) {
      timespec at;
      memcpy(&at, CMSG_DATA(c), sizeof at);
      columns.timestamp[i] = static_cast<double>(at.tv_sec * 1'000'000'000LL + at.tv_nsec + queue->to_monotonic);
    }
  }
}

uint32_t Receive(Queue *base, Intake &p, uint32_t n) {
  auto *queue = static_cast<SocketQueue *>(base);
  const Arena &arena = *TheArena();
  n = FillTo(queue, n);
  if (!n) return 0;
  if (queue->auxiliary)
    for (uint32_t i = 0; i < n; i++) queue->in[i].msg_hdr.msg_controllen = kControlBytes;
  int came = recvmmsg(queue->fd, queue->in, n, MSG_DONTWAIT, nullptr);
  if (came <= 0) return 0;
  if (__builtin_expect(queue->wanted_columns & kColumn_timestamp, 0)) FollowClock(queue);
  uint32_t taken = 0;
  for (uint32_t entry = 0; entry < static_cast<uint32_t>(came); entry++) {
    uint64_t handle = queue->posted[entry];
    if (__builtin_expect(queue->in[entry].msg_hdr.msg_flags & MSG_TRUNC, 0)) {
      queue->truncated++;
      queue->pool->ops->free(queue->pool, &handle, 1);
      continue;
    }
    arena.state[FrameOf(queue->pool, handle)] = kInBurst;
    p.handle[taken] = handle;
    p.offset[taken] = static_cast<uint32_t>(static_cast<uint8_t *>(queue->in_bytes[entry].iov_base) - arena.memory);
    p.length[taken] = queue->in[entry].msg_len;
    if (queue->auxiliary) ReadControl(queue, entry, p, taken);
    taken++;
  }
  queue->missing = static_cast<uint32_t>(came);
  return taken;
}

int Descriptor(const Queue *queue) { return static_cast<const SocketQueue *>(queue)->fd; }

void LossesOf(Queue *base, uint64_t *values) {
  auto *queue = static_cast<SocketQueue *>(base);
  ReadStatistics(queue);
  values[0] = queue->drops;
  values[1] = queue->truncated;
}

void Held(const Queue *base, uint32_t *posted, uint32_t *received, uint32_t *queued) {
  auto *queue = static_cast<const SocketQueue *>(base);
  *posted = queue->filled - queue->missing;
  *received = *queued = 0;
}

void Detach(Port *port) { LeaveAll(static_cast<PacketPort *>(port)); }

void Unbind(Queue *base) {
  auto *queue = static_cast<SocketQueue *>(base);
  CloseSocket(static_cast<PacketPort *>(base->port), queue);
  queue->pool->ops->free(queue->pool, queue->posted + queue->missing, queue->filled - queue->missing);
  queue->filled = queue->missing = 0;
}

void Close(Port *base) {
  auto *port = static_cast<SocketPort *>(base);
  for (Queue *queue : port->queues) delete static_cast<SocketQueue *>(queue);
  delete port;
}

Status Rebind(Queue *base) {
  auto *port = static_cast<SocketPort *>(base->port);
  auto *queue = static_cast<SocketQueue *>(base);
  ReadStatistics(queue);
  Unbind(base);
  Status status = port->lost ? Status{} : OpenQueue(port, queue);
  if (!status) CloseSocket(port, queue);
  return status;
}

constexpr OptionRow kOptions[] = {
    kFanoutRow,
    kQdiscBypassRow,
    kPromiscuousRow,
    NumberRow("receiveBufferBytes", 4096, 1 << 30, 8 << 20, "the kernel's receive buffer of one queue, bytes"),
    NumberRow("busyPollUs", 0, 1'000'000, 0, "SO_BUSY_POLL, microseconds", "off"),
    FlagRow("preferBusyPoll", false, "SO_PREFER_BUSY_POLL"),
    FlagRow("vlanTags", true, "ask for the VLAN tags that the kernel took out; without, they are lost"),
    {},
};
const char *const kLosses[] = {"tp_drops", "rx_truncated", nullptr};

}  // namespace

}  // namespace rxb::kernel_socket

namespace rxb {

extern const Backend kSocketBackend;
const Backend kSocketBackend = {
    .abi = kBackendAbi,
    .name = "socket",
    .options = kernel_socket::kOptions,
    .losses = kernel_socket::kLosses,
    .open = kernel_socket::Open,
    .bind = kernel_socket::Bind,
    .attach = kernel_socket::Attach,
    .transmit = kernel_socket::Transmit,
    .receive = kernel_socket::Receive,
    .descriptor = kernel_socket::Descriptor,
    .losses_of = kernel_socket::LossesOf,
    .held = kernel_socket::Held,
    .detach = kernel_socket::Detach,
    .unbind = kernel_socket::Unbind,
    .close = kernel_socket::Close,
    .describe = packet_socket::Describe,
    .set_rules = packet_socket::SetRules,
    .loss = packet_socket::Loss,
    .reopen = packet_socket::Reopen,
    .rebind = kernel_socket::Rebind,
};

}  // namespace rxb
