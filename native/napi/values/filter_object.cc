// The object around a compiled filter carries a type tag, so that no other object is taken for one.
#include "filter_object.h"

namespace rxb {

namespace {

constexpr napi_type_tag kFilterTag = {0x8f1d6c5b2a3e4790, 0xb7a40e9d53c81f26};

void Release(napi_env, void *filter, void *) { delete static_cast<SharedFilter *>(filter); }

}  // namespace

Napi::Value WrapFilter(Napi::Env env, steer::Filter filter) {
  auto object = Napi::Object::New(env);
  auto held = std::make_unique<SharedFilter>(std::make_shared<const steer::Filter>(std::move(filter)));
  // The tag first: an object that has it has a filter, or is never handed out.
  if (napi_type_tag_object(env, object, &kFilterTag) != napi_ok ||
      napi_wrap(env, object, held.get(), Release, nullptr, nullptr) != napi_ok)
    return env.Undefined();
  held.release();
  return object;
}

SharedFilter FilterOf(Arguments *in, const Napi::Value &value) {
  bool tagged = false;
  void *held = nullptr;
  const Napi::Object object = in->Object(value, "filter");
  if (!in->ok()) return nullptr;
  if (napi_check_object_type_tag(object.Env(), object, &kFilterTag, &tagged) == napi_ok && tagged &&
      napi_unwrap(object.Env(), object, &held) == napi_ok)
    return *static_cast<SharedFilter *>(held);
  in->Wrong("filter", "one that rules.compile() has returned", value);
  return nullptr;
}

}  // namespace rxb
