// The XDP generator as JavaScript calls it: an object that holds one, and runs of it on a thread of the pool.
#include "../xdp/generator.h"

#include <napi.h>
#include <sched.h>

#include <cmath>
#include <memory>

#include "../nic/netdev.h"
#include "arguments.h"
#include "errors.h"
#include "exports.h"

namespace rxb {

namespace {

constexpr uint32_t kFrameBytesMax = 65535;  // the kernel takes less
constexpr double kRunMsMax = 10'000;        // a process can't end while a call of run() goes on

class GeneratorRun : public Napi::AsyncWorker {
 public:
  GeneratorRun(Napi::Env env, std::shared_ptr<XdpGenerator> generator, const XdpGeneratorPace &pace)
      : Napi::AsyncWorker(env), generator_(std::move(generator)), pace_(pace), deferred_(env) {}
  Napi::Promise promise() { return deferred_.Promise(); }
  void Execute() override { status_ = generator_->Run(pace_, &sent_); }
  void OnOK() override {
    if (status_) return deferred_.Resolve(Napi::Number::New(Env(), sent_));
    Throw(Env(), status_);
    deferred_.Reject(Env().GetAndClearPendingException().Value());
  }

 private:
  std::shared_ptr<XdpGenerator> generator_;
  XdpGeneratorPace pace_;
  Napi::Promise::Deferred deferred_;
  Status status_;
  double sent_ = 0;
};

// new traffic.Generator(interface, frame, portOffset, firstPort, flows); run(packets, packetsPerSecond, milliseconds, cpu); close()
class GeneratorObject : public Napi::ObjectWrap<GeneratorObject> {
 public:
  static Napi::Function Class(Napi::Env env) {
    return DefineClass(env, "Generator", {InstanceMethod<&GeneratorObject::Run>("run"), InstanceMethod<&GeneratorObject::Close>("close")});
  }
  explicit GeneratorObject(const Napi::CallbackInfo &info) : Napi::ObjectWrap<GeneratorObject>(info) {
    Arguments in(info, "traffic.Generator");
    const std::string name = in.Text(0, "the interface's name");
    XdpGeneratorRequest request;
    request.frame = in.Bytes(info[1], "the frame", kFrameBytesMax);
    request.port_offset = in.Whole(2, "the offset of the port", kFrameBytesMax);
    request.first_port = static_cast<uint16_t>(in.Whole(3, "the first port", UINT16_MAX));
    request.flows = in.Whole(4, "the number of flows", UINT16_MAX + 1);
    if (!in.ok()) {
      in.Throw();
      return;
    }
    generator_ = std::make_shared<XdpGenerator>();
    Netdev device;
    Status status = HoldsNul(info[0]) ? Fail(kNoInterface, "a name with a NUL is no interface's") : FindNetdev(name.c_str(), &device);
    request.ifindex = device.index;
    if (status && !device.up) status = Fail(kInterfaceDown, "%s is down. `ip link set %s up` mends that", name.c_str(), name.c_str());
    if (status) status = generator_->Open(std::move(request));
    if (!status) Throw(info.Env(), status);
  }

 private:
  Napi::Value Run(const Napi::CallbackInfo &info) {
    if (!generator_) {
      Throw(info.Env(), Fail(kClosed, "the generator is closed"));
      return {};
    }
    Arguments in(info, "run");
    XdpGeneratorPace pace;
    pace.packets = in.Number(0, "the number of packets", 0, INFINITY);
    pace.packets_per_second = in.Number(1, "the rate", 0, INFINITY);
    pace.milliseconds = in.Number(2, "the time in milliseconds", 0, kRunMsMax);
    pace.cpu = static_cast<int>(in.Number(3, "the CPU", -1, CPU_SETSIZE - 1));
    if (!in.ok()) return in.Throw();
    auto *run = new GeneratorRun(info.Env(), generator_, pace);
    run->Queue();
    return run->promise();
  }
  void Close(const Napi::CallbackInfo &) { generator_.reset(); }

  std::shared_ptr<XdpGenerator> generator_;
};

}  // namespace

void ExportGenerator(Napi::Env env, Napi::Object exports) { ExportValue(exports, "traffic.Generator", GeneratorObject::Class(env)); }

}  // namespace rxb
