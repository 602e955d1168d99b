// The classifier of a veth end as JavaScript calls it: the lab has one for each bifurcated queue.
#include "../../xdp/classify.h"

#include "../values/errors.h"
#include "../values/exports.h"
#include "../values/fields.h"

namespace rxb {

// traffic.classifyUdp({namespace, interface, port, queue, name}); `namespace` is a path
static Napi::Value ClassifyUdpForJs(const Napi::CallbackInfo &info) {
  Arguments in(info, "traffic.classifyUdp");
  Fields wanted(&in, info[0], "the classifier");
  const std::string netns = wanted.Text("namespace"), interface = wanted.Text("interface");
  const uint32_t port = wanted.Whole("port", UINT16_MAX), queue = wanted.Whole("queue", UINT16_MAX - 1);
  const std::string name = wanted.Text("name");
  if (in.ok())
    in.Refuse(ClassifyUdp(netns.c_str(), interface.c_str(), static_cast<uint16_t>(port), static_cast<uint16_t>(queue),
                          name.c_str()));
  return in.ok() ? info.Env().Undefined() : in.Throw();
}

void ExportClassify(Napi::Env, Napi::Object exports) { Export(exports, "traffic.classifyUdp", ClassifyUdpForJs); }

}  // namespace rxb
