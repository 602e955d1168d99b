// Captures as JavaScript calls them: made in the main thread, attached in the workers' own, mapped by whoever reads.
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include "../../core/registry.h"
#include "../../tap/tap.h"
#include "../values/errors.h"
#include "../values/exports.h"
#include "../values/fields.h"
#include "../values/filter_object.h"
#include "current.h"

namespace rxb {

namespace {

constexpr uint32_t kRingLeast = 1 << 16, kRingMost = 1 << 30;

// workers.captures.open({workers, ringBytes, entry, exit, snaplen, sample, filter}) -> {id, records, index}: a number,
// and two descriptors that stay the capture's
Napi::Value OpenCapture(const Napi::CallbackInfo &info) {
  Arguments in(info, "workers.captures.open");
  Fields wanted(&in, info[0], "the request");
  tap::CaptureRequest request{};
  request.workers = wanted.Whole("workers", k_workersMax);
  request.ring_bytes = wanted.Whole("ringBytes", kRingMost);
  request.entry = wanted.Flag("entry");
  request.exit = wanted.Flag("exit");
  request.snaplen = wanted.Whole("snaplen", 1 << 16);
  request.sample = wanted.Whole("sample");
  if (wanted.Has("filter")) request.filter = FilterOf(&in, wanted.Get("filter"));
  if (in.ok() && (!request.workers || request.ring_bytes < kRingLeast || request.ring_bytes & (request.ring_bytes - 1)))
    in.Refuse(Fail(kBadArgument, "workers.captures.open wants a worker, and rings of a power of two bytes from %u on",
                   kRingLeast));
  // a record has to fit the ring twice: behind the last one, and at the begin
  if (in.ok() && (!request.snaplen || (request.snaplen + kTapPage) * 2 > request.ring_bytes))
    in.Refuse(Fail(kBadArgument, "workers.captures.open: a snaplen of %u bytes does not fit rings of %u",
                   request.snaplen, request.ring_bytes));
  std::shared_ptr<tap::Capture> capture;
  if (in.ok()) in.Refuse(tap::Capture::Make(request, &capture));
  if (!in.ok()) return in.Throw();
  auto out = Napi::Object::New(info.Env());
  out["records"] = capture->records();
  out["index"] = capture->index();
  std::lock_guard<std::mutex> lock(ControlLock());
  out["id"] = tap::Add(std::move(capture));
  return out;
}

// workers.captures.close(id): workers that still write to it keep its memory until they end
Napi::Value CloseCapture(const Napi::CallbackInfo &info) {
  Arguments in(info, "workers.captures.close");
  const uint32_t id = in.Whole(0u, "the capture's number");
  if (!in.ok()) return in.Throw();
  std::lock_guard<std::mutex> lock(ControlLock());
  tap::Remove(id);
  return info.Env().Undefined();
}

// workers.captures.attach({id, ring}), in a worker's thread
Napi::Value AttachCapture(const Napi::CallbackInfo &info) {
  Arguments in(info, "workers.captures.attach");
  Fields wanted(&in, info[0], "the request");
  const uint32_t id = wanted.Whole("id"), ring = wanted.Whole("ring", k_workersMax - 1);
  Worker *worker = CurrentWorker();
  if (in.ok() && !worker) in.Refuse(Fail(kBadArgument, "workers.captures.attach: no worker runs in this thread"));
  if (!in.ok()) return in.Throw();
  std::shared_ptr<tap::Capture> capture;
  {
    std::lock_guard<std::mutex> lock(ControlLock());
    capture = tap::Find(id);
  }
  if (!capture || ring >= capture->request.workers)
    in.Refuse(Fail(kClosed, "workers.captures.attach: the capture has ended"));
  else
    in.Refuse(tap::Tap::Attach(*worker, id, std::move(capture), ring));
  return in.ok() ? info.Env().Undefined() : in.Throw();
}

// workers.captures.detach(id), in a worker's thread
Napi::Value DetachCapture(const Napi::CallbackInfo &info) {
  Arguments in(info, "workers.captures.detach");
  const uint32_t id = in.Whole(0u, "the capture's number");
  if (!in.ok()) return in.Throw();
  if (Worker *worker = CurrentWorker()) tap::Tap::Detach(*worker, id);
  return info.Env().Undefined();
}

// The pages of a sealed memfd, whose size nobody can change: reading them never ends in SIGBUS.
Napi::Value MapSealed(Napi::Env env, Arguments *in, int fd, int seals, bool writable, uint64_t most) {
  struct stat file {};
  const int found = fcntl(fd, F_GET_SEALS);
  if (found < 0 || (found & seals) != seals || fstat(fd, &file) || file.st_size <= 0 || uint64_t(file.st_size) > most) {
    in->Refuse(Fail(kControl, "the memory of a capture is a sealed memfd; this is none"));
    return env.Undefined();
  }
  const auto bytes = static_cast<size_t>(file.st_size);
  void *at = mmap(nullptr, bytes, writable ? PROT_READ | PROT_WRITE : PROT_READ, MAP_SHARED, fd, 0);
  if (at == MAP_FAILED) {
    in->Refuse(FailErrno("mapping the memory of a capture"));
    return env.Undefined();
  }
  return Napi::ArrayBuffer::New(env, at, bytes, [bytes](Napi::Env, void *data) { munmap(data, bytes); });
}

// workers.captures.map({records, index}) -> {records, index} as ArrayBuffers; who writes into `records` is ended by the
// kernel
Napi::Value MapCapture(const Napi::CallbackInfo &info) {
  Arguments in(info, "workers.captures.map");
  Fields wanted(&in, info[0], "the request");
  const int records = wanted.Descriptor("records"), index = wanted.Descriptor("index");
  if (!in.ok()) return in.Throw();
  auto out = Napi::Object::New(info.Env());
  const uint64_t most = kTapPage * (1 + uint64_t(k_workersMax)) + uint64_t(kRingMost) * k_workersMax;
  out["records"] = MapSealed(info.Env(), &in, records, F_SEAL_SHRINK | F_SEAL_GROW, false, most);
  if (in.ok()) out["index"] = MapSealed(info.Env(), &in, index, F_SEAL_SHRINK | F_SEAL_GROW, true, kTapPage);
  return in.ok() ? Napi::Value(out) : in.Throw();
}

}  // namespace

void ExportCaptures(Napi::Env, Napi::Object exports) {
  Export(exports, "workers.captures.open", OpenCapture);
  Export(exports, "workers.captures.close", CloseCapture);
  Export(exports, "workers.captures.attach", AttachCapture);
  Export(exports, "workers.captures.detach", DetachCapture);
  Export(exports, "workers.captures.map", MapCapture);
}

}  // namespace rxb
