// The classifier of a veth end as JavaScript calls it: the lab has one for each bifurcated queue.
#include "../xdp/classify.h"

#include "arguments.h"
#include "errors.h"
#include "exports.h"

namespace rxb {

// traffic.classifyUdp(namespace path, interface, port, queue, name)
static Napi::Value ClassifyUdpForJs(const Napi::CallbackInfo &info) {
  Arguments in(info, "traffic.classifyUdp");
  const std::string space = in.Text(0, "the namespace's path"), interface = in.Text(1, "the interface's name");
  const uint32_t port = in.Whole(2, "the port", UINT16_MAX), queue = in.Whole(3, "the queue", UINT16_MAX - 1);
  const std::string name = in.Text(4, "the classifier's name");
  if (in.ok())
    in.Refuse(ClassifyUdp(space.c_str(), interface.c_str(), static_cast<uint16_t>(port), static_cast<uint16_t>(queue), name.c_str()));
  return in.ok() ? info.Env().Undefined() : in.Throw();
}

void ExportClassify(Napi::Env, Napi::Object exports) { Export(exports, "traffic.classifyUdp", ClassifyUdpForJs); }

}  // namespace rxb
