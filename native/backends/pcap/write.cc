// The file that a pcap: port writes: pcap with nanoseconds, records of a whole burst in one system call.
#include <fcntl.h>
#include <sys/uio.h>
#include <unistd.h>

#include "../../core/worker/worker.h"
#include "port.h"

namespace rxb::pcap {

namespace {

constexpr uint64_t kSecond = 1'000'000'000;

// draft-ietf-opsawg-pcap, in the machine's byte order.
struct FileHeader {
  uint32_t magic = 0xa1b23c4d;
  uint16_t major = 2, minor = 4;
  uint32_t reserved[2] = {};
  uint32_t snap_bytes = 262144, link_type = kEthernet;
};
struct RecordHeader {
  uint32_t seconds, nanoseconds, captured, length;
};
static_assert(sizeof(FileHeader) == 24 && sizeof(RecordHeader) == 16);

uint64_t RealtimeNs() {
  timespec t;
  clock_gettime(CLOCK_REALTIME, &t);
  return uint64_t(t.tv_sec) * kSecond + t.tv_nsec;
}

uint64_t TimeOf(uint32_t offset) {
  uint32_t frame = TheArena()->FrameAt(offset);
  if (frame < stamps.size() && stamps[frame].by && stamps[frame].generation == stamps[frame].by->generation)
    return stamps[frame].ns;
  return last_ns ? last_ns : RealtimeNs();
}

// The program hears of it: lib/worker/main.ts. Nothing more is written.
void FailWriting(PcapQueue *queue, int error) {
  queue->broken = true;
  queue->fault = kSystem;
  queue->fault_value = static_cast<uint32_t>(error);
}

}  // namespace

Status OpenTarget(PcapPort *port, const char *name) {
  int fd = open(port->to.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC | O_NONBLOCK, 0666);
  if (fd < 0) return Fail(kBadArgument, "%s: to=%s can't be written: %s", name, port->to.c_str(), strerror(errno));
  fstat(fd, &port->target);
  close(fd);
  if (!S_ISREG(port->target.st_mode) && !S_ISCHR(port->target.st_mode))
    return Fail(kBadArgument, "%s: to= wants a file, and %s is not one: a pipe would make the worker wait", name,
                port->to.c_str());
  struct stat source;
  if (port->reads && !stat(port->from.c_str(), &source) && source.st_dev == port->target.st_dev &&
      source.st_ino == port->target.st_ino)
    return Fail(kBadOption, "%s: to= names the file that is read, which it would empty: name another one", name);
  return {};
}

Status BeginFile(PcapQueue *queue) {
  auto *port = static_cast<PcapPort *>(queue->port);
  if (port->to.empty()) return {};
  queue->out = open(port->to.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
  FileHeader header;
  errno = ENOSPC;  // of a write that is cut short
  if (queue->out < 0 || write(queue->out, &header, sizeof header) != ssize_t(sizeof header)) {
    int error = errno;
    EndFile(queue);
    return Fail(kSystem, "%s: to=%s can't be written: %s", port->name, port->to.c_str(), strerror(error));
  }
  queue->written = sizeof header;
  queue->broken = false;
  return {};
}

void EndFile(PcapQueue *queue) {
  if (queue->out >= 0) close(queue->out);
  queue->out = -1;
}

uint32_t Transmit(Queue *base, const Packets &p, uint32_t n) {
  auto *queue = static_cast<PcapQueue *>(base);
  if (queue->out < 0 || queue->broken) return 0;
  uint8_t *memory = TheArena()->memory;
  RecordHeader headers[Batch::kMax];
  iovec parts[2 * Batch::kMax];
  static_assert(2 * Batch::kMax <= 1024, "IOV_MAX");
  uint32_t count = 0;
  for (; count < n && !Unsendable(base->port, p.length[count]); count++) {
    uint64_t ns = TimeOf(p.offset[count]);
    headers[count] = {uint32_t(ns / kSecond), uint32_t(ns % kSecond), p.length[count], p.length[count]};
    parts[2 * count] = {&headers[count], sizeof *headers};
    parts[2 * count + 1] = {memory + p.offset[count], p.length[count]};
  }
  if (!count) return 0;
  ssize_t bytes = writev(queue->out, parts, static_cast<int>(2 * count));
  if (bytes < 0) {
    FailWriting(queue, errno);
    return 0;
  }
  uint32_t whole = 0;
  uint64_t end = 0;
  for (; whole < count && end + sizeof *headers + p.length[whole] <= uint64_t(bytes); whole++)
    end += sizeof *headers + p.length[whole];
  queue->written += end;
  if (whole == count) return count;
  FailWriting(queue, ENOSPC);  // a regular file takes less only where the disk is full
  if (ftruncate(queue->out, static_cast<off_t>(queue->written))) queue->fault_value = static_cast<uint32_t>(errno);
  return whole;
}

}  // namespace rxb::pcap
