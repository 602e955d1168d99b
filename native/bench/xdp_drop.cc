// XDP_DROP, two instructions: what xdp-bench does, where its libraries don't fit the kernel.
#include <unistd.h>

#include "../bpf/bpf.h"
#include "../napi/values/arguments.h"
#include "../napi/values/errors.h"
#include "../nic/netdev.h"
#include "bench.h"

namespace rxb {

namespace {

// new XdpDrop(interface); close(). Gone with the process, whatever happens to it.
class XdpDrop : public Napi::ObjectWrap<XdpDrop> {
 public:
  static Napi::Function Class(Napi::Env env) {
    return DefineClass(env, "XdpDrop", {InstanceMethod<&XdpDrop::Close>("close")});
  }

  explicit XdpDrop(const Napi::CallbackInfo &info) : Napi::ObjectWrap<XdpDrop>(info) {
    Arguments in(info, "XdpDrop");
    const std::string name = in.Text(0, "the interface's name");
    Netdev device;
    if (in.ok()) in.Refuse(FindNetdev(name.c_str(), &device));
    if (in.ok()) in.Refuse(Attach(device.index));
    if (!in.ok()) in.Throw();
  }
  ~XdpDrop() override { End(); }

 private:
  Status Attach(uint32_t ifindex) {
    program_ = bpf::LoadProgram(BPF_PROG_TYPE_XDP, {bpf::MovImm(0, XDP_DROP), bpf::Exit()}, "bench_drop");
    if (program_ < 0) return FailErrno("loading an XDP program");
    link_ = bpf::LinkXdp(program_, ifindex, XDP_FLAGS_DRV_MODE);
    return link_ < 0 ? FailErrno("attaching an XDP program") : Status{};
  }
  void Close(const Napi::CallbackInfo &) { End(); }
  void End() {
    if (link_ >= 0) close(link_);
    if (program_ >= 0) close(program_);
    link_ = program_ = -1;
  }

  int program_ = -1, link_ = -1;
};

}  // namespace

void ExportXdpDrop(Napi::Env env, Napi::Object exports) { ExportValue(exports, "XdpDrop", XdpDrop::Class(env)); }

}  // namespace rxb
