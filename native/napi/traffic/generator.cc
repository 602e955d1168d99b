// The XDP generator as JavaScript calls it: an object that holds one, and runs of it on a thread of the pool.
#include "../../xdp/test_run/generator.h"

#include <napi.h>
#include <sched.h>

#include <cmath>
#include <memory>

#include "../../nic/netdev.h"
#include "../values/errors.h"
#include "../values/exports.h"
#include "../values/fields.h"

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

// new traffic.Generator({interface, frame, portOffset, firstPort, flows}); run({packets, packetsPerSecond,
// milliseconds, cpu}); close()
class GeneratorObject : public Napi::ObjectWrap<GeneratorObject> {
 public:
  static Napi::Function Class(Napi::Env env) {
    return DefineClass(
        env, "Generator",
        {InstanceMethod<&GeneratorObject::Run>("run"), InstanceMethod<&GeneratorObject::Close>("close")});
  }
  explicit GeneratorObject(const Napi::CallbackInfo &info) : Napi::ObjectWrap<GeneratorObject>(info) {
    Arguments in(info, "traffic.Generator");
    Fields wanted(&in, info[0], "the generator");
    const std::string name = wanted.Text("interface");
    XdpGeneratorRequest request;
    request.frame = wanted.Bytes("frame", kFrameBytesMax);
    request.port_offset = wanted.Whole("portOffset", kFrameBytesMax);
    request.first_port = static_cast<uint16_t>(wanted.Whole("firstPort", UINT16_MAX));
    request.flows = wanted.Whole("flows", UINT16_MAX + 1);
    if (!in.ok()) {
      in.Throw();
      return;
    }
    generator_ = std::make_shared<XdpGenerator>();
    Netdev device;
    Status status = FindNetdev(name.c_str(), &device);
    request.ifindex = device.index;
    if (status && !device.up)
      status = Fail(kInterfaceDown, "%s is down. `ip link set %s up` mends that", name.c_str(), name.c_str());
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
    Fields wanted(&in, info[0], "the order");
    XdpGeneratorPace pace;
    pace.packets = wanted.Number("packets", 0, INFINITY);
    pace.packets_per_second = wanted.Number("packetsPerSecond", 0, INFINITY);
    pace.milliseconds = wanted.Number("milliseconds", 0, kRunMsMax);
    pace.cpu = wanted.Cpu("cpu");
    if (!in.ok()) return in.Throw();
    auto *run = new GeneratorRun(info.Env(), generator_, pace);
    run->Queue();
    return run->promise();
  }
  void Close(const Napi::CallbackInfo &) { generator_.reset(); }

  std::shared_ptr<XdpGenerator> generator_;
};

}  // namespace

void ExportGenerator(Napi::Env env, Napi::Object exports) {
  ExportValue(exports, "traffic.Generator", GeneratorObject::Class(env));
}

}  // namespace rxb
