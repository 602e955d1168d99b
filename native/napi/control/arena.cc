// The arena as JavaScript calls it: made over a thread's memory, let go with the thread, and how much of it is free.
#include "../../core/memory/arena.h"

#include <unistd.h>

#include "../../core/module.h"
#include "../../core/registry.h"
#include "../../core/worker/worker.h"
#include "../values/errors.h"
#include "../values/exports.h"
#include "../values/fields.h"

namespace rxb {

namespace {

constexpr uint64_t kMemoryMax = uint64_t{1} << 32;  // offsets are u32

// The bytes of a SharedArrayBuffer: no other memory stays where it is and as long as it is. Nobody can transfer or
// shrink this one.
bool SharedBytes(Napi::Env env, const Napi::Value &value, uint8_t **data, size_t *length) {
  napi_typedarray_type type = napi_int8_array;
  size_t offset = 0;
  void *bytes = nullptr;
  napi_value buffer = nullptr;
  bool plain = true;
  // The one call that gives the address of a SharedArrayBuffer's bytes on every Node since 20.
  if (!value.IsTypedArray() || napi_get_typedarray_info(env, value, &type, length, &bytes, &buffer, &offset) != napi_ok)
    return false;
  napi_is_arraybuffer(env, buffer, &plain);
  *data = static_cast<uint8_t *>(bytes);
  return !plain && type == napi_uint8_array;
}

// The end of a thread that had the arena: Node has ended the workers that it started.
void LetArenaGo(void *) {
  std::lock_guard<std::mutex> lock(ControlLock());
  for (uint32_t id = 0; id < k_workersMax; id++) ForgetWorker(id);
  CloseAllPorts();
  ReleaseArena(AnyModuleLoaded());
}

// arena.isTaken() -> whether some thread has the arena
Napi::Value ArenaTaken(const Napi::CallbackInfo &info) {
  std::lock_guard<std::mutex> lock(ControlLock());
  return Napi::Boolean::New(info.Env(), TheArena() != nullptr);
}

// arena.create({memory, frames, frameSize, hugepages}) -> what was made of it
Napi::Value CreateArena(const Napi::CallbackInfo &info) {
  Arguments in(info, "arena.create");
  Fields wanted(&in, info[0], "the request");
  const Napi::Value memory = wanted.Get("memory");
  uint8_t *data = nullptr;
  size_t length = 0;
  if (in.ok() && (!SharedBytes(info.Env(), memory, &data, &length) || length > kMemoryMax))
    in.Refuse(Fail(kBadArgument, "arena.create wants a Uint8Array over shared memory, of at most 4 GiB"));
  const uint32_t frames = wanted.Whole("frames", k_framesMax), size = wanted.Whole("frameSize");
  const bool hugepages = wanted.Flag("hugepages");
  if (size != 2048 && size != 4096)
    in.Refuse(Fail(kBadArgument, "arena.create: a frame has 2048 or 4096 bytes, not %u", size));
  if (!frames) in.Refuse(Fail(kBadArgument, "arena.create: no frames are wanted"));
  if (!in.ok()) return in.Throw();
  ArenaRequest request{data, length, frames, size, hugepages};
  Status status;
  {
    std::lock_guard<std::mutex> lock(ControlLock());
    status = rxb::CreateArena(request);
  }
  if (!status) return Throw(info.Env(), status), info.Env().Undefined();
  // The memory is the thread's. At the end of the main thread the kernel takes everything back, faster than we could.
  if (gettid() != getpid()) napi_add_env_cleanup_hook(info.Env(), LetArenaGo, nullptr);
  info.Env().GetInstanceData<Environment>()->memory = Napi::Reference<Napi::Value>::New(memory, 1);
  const Arena &arena = *TheArena();
  auto out = Napi::Object::New(info.Env());
  out["pages"] = PagesName(arena.pages);
  out["frameSize"] = arena.frame_size;
  out["frameCount"] = arena.frame_count;
  out["framesAt"] = arena.OffsetOf(0);
  out["blocksAt"] = static_cast<double>(reinterpret_cast<uint8_t *>(arena.blocks) - arena.memory);
  out["blockBytes"] = static_cast<double>(sizeof(WorkerBlock));
  return out;
}

Napi::Value FramesAvailableCall(const Napi::CallbackInfo &info) {
  std::lock_guard<std::mutex> lock(ControlLock());
  return Napi::Number::New(info.Env(), FramesAvailable());
}

Napi::Value FramesQuarantinedCall(const Napi::CallbackInfo &info) {
  std::lock_guard<std::mutex> lock(ControlLock());
  return Napi::Number::New(info.Env(), FramesQuarantined());
}

}  // namespace

void ExportArena(Napi::Env env, Napi::Object exports) {
  Export(exports, "arena.create", CreateArena);
  Export(exports, "arena.isTaken", ArenaTaken);
  Export(exports, "arena.framesAvailable", FramesAvailableCall);
  Export(exports, "arena.framesQuarantined", FramesQuarantinedCall);
  ExportValue(exports, "layoutNumber", Napi::Number::New(env, LayoutNumber()));
}

}  // namespace rxb
