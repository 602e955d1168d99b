// A piece of a list of flows, for whoever asks a running worker.
#include "../../flows/list/list.h"
#include "../values/arguments.h"
#include "../values/exports.h"
#include "../values/fields.h"

namespace rxb {
namespace flow_calls {

// workers.flows.list({table, from, byBytes, above, into}) -> {rows, live, next, textBytes}; next 0xffffffff: that was
// the last piece
Napi::Value List(const Napi::CallbackInfo &info) {
  Arguments in(info, "workers.flows.list");
  Fields fields(&in, info[0], "the list");
  const uint32_t number = fields.Whole("table");
  ListRequest request;
  request.from = fields.Whole("from");
  request.by_bytes = fields.Flag("byBytes");
  request.above = fields.Number("above", -1, 1e300);
  const Napi::Value into = fields.Get("into");
  bool fits = into.IsTypedArray() && into.As<Napi::TypedArray>().TypedArrayType() == napi_uint8_array;
  size_t length = 0;
  void *data = nullptr;
  // Node 20 gives no ArrayBuffer of a shared one, but the typed array's address.
  if (fits)
    fits = napi_get_typedarray_info(info.Env(), into, nullptr, &length, &data, nullptr, nullptr) == napi_ok &&
           length >= sizeof(FlowPiece) && reinterpret_cast<uintptr_t>(data) % 8 == 0;
  if (!fits)
    in.Refuse(Fail(kBadArgument, "workers.flows.list: into is a Uint8Array of %zu bytes, at a multiple of 8",
                   sizeof(FlowPiece)));
  Flows *flows = in.ok() ? Running(&in) : nullptr;
  FlowTable *table = TableOf(&in, flows, number);
  if (!in.ok()) return in.Throw();
  const ListResult result = ListFlows(*flows, *table, request, static_cast<FlowPiece *>(data));
  auto out = Napi::Object::New(info.Env());
  out["rows"] = result.rows;
  out["live"] = result.live;
  out["next"] = result.next;
  out["textBytes"] = result.text_bytes;
  return out;
}

}  // namespace flow_calls

void ExportFlowList(Napi::Env, Napi::Object exports) { Export(exports, "workers.flows.list", flow_calls::List); }

}  // namespace rxb
