// The named fields of an object that JavaScript passes: most calls take one, so that no caller has to count positions.
#pragma once
#include <sched.h>

#include <string>
#include <vector>

#include "arguments.h"

namespace rxb {

class Fields {
 public:
  // `what` is what messages call the object when it is none.
  Fields(Arguments *in, const Napi::Value &object, const char *what) : in_(in), object_(in->Object(object, what)) {}

  bool Has(const char *key) {
    const Napi::Value value = Get(key);
    return !value.IsUndefined() && !value.IsNull();
  }
  std::string Text(const char *key, size_t most = kTextMax) { return in_->Text(Get(key), key, most); }
  uint32_t Whole(const char *key, uint32_t most = UINT32_MAX) { return in_->Whole(Get(key), key, most); }
  int Descriptor(const char *key) { return in_->Descriptor(Get(key), key); }
  double Number(const char *key, double least, double most) { return in_->Number(Get(key), key, least, most, false); }
  // -1: any
  int Cpu(const char *key) { return static_cast<int>(in_->Number(Get(key), key, -1, CPU_SETSIZE - 1, true)); }
  bool Flag(const char *key) { return in_->Flag(Get(key), key); }
  Napi::Function Function(const char *key) { return in_->Function(Get(key), key); }
  std::vector<uint32_t> Wholes(const char *key, uint32_t items, uint32_t most = UINT32_MAX) {
    return in_->Wholes(Get(key), key, items, most);
  }
  std::vector<std::string> Texts(const char *key, uint32_t items, size_t most = kTextMax) {
    return in_->Texts(Get(key), key, items, most);
  }
  std::vector<uint8_t> Bytes(const char *key, size_t items) { return in_->Bytes(Get(key), key, items); }
  std::vector<uint32_t> Words(const char *key, size_t items) { return in_->Words(Get(key), key, items); }
  std::vector<Napi::Value> Items(const char *key, uint32_t most) { return in_->Items(Get(key), key, most); }
  Napi::Value Get(const char *key) { return in_->Get(object_, key); }

 private:
  Arguments *in_;
  Napi::Object object_;
};

}  // namespace rxb
