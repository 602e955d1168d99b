// The arguments of one call from JavaScript, checked and copied before anything happens: any code in the process may
// call, with anything. Reading an argument may run JavaScript (a getter, a Proxy), so all are read first; state is
// looked up and locks are taken afterwards.
#pragma once
#include <napi.h>

#include <string>
#include <vector>

#include "../../abi/status.h"

namespace rxb {

constexpr size_t kTextMax = 4096;         // bytes of a string, where nothing else limits it
constexpr size_t kExpressionMax = 16384;  // bytes of a filter: libpcap calls itself for each part of one

class Arguments {
 public:
  // `function` is what messages call it.
  Arguments(const Napi::CallbackInfo &info, const char *function) : info_(info), function_(function) {}

  // What is wrong gives a value that does no harm, and the call is refused: see ok().
  std::string Text(uint32_t i, const char *what, size_t most = kTextMax) { return Text(info_[i], what, most); }
  uint32_t Whole(uint32_t i, const char *what, uint32_t most = UINT32_MAX) { return Whole(info_[i], what, most); }
  int Descriptor(uint32_t i, const char *what) { return static_cast<int>(Number(info_[i], what, -1, INT32_MAX, true)); }
  double Number(uint32_t i, const char *what, double least, double most) {
    return Number(info_[i], what, least, most, false);
  }
  bool Flag(uint32_t i, const char *what) { return Flag(info_[i], what); }
  Napi::Function Function(uint32_t i, const char *what) { return Function(info_[i], what); }
  std::vector<uint32_t> Wholes(uint32_t i, const char *what, uint32_t items, uint32_t most = UINT32_MAX) {
    return Wholes(info_[i], what, items, most);
  }
  std::vector<std::string> Texts(uint32_t i, const char *what, uint32_t items, size_t most = kTextMax) {
    return Texts(info_[i], what, items, most);
  }

  // The same for a value inside a list or an object.
  std::string Text(const Napi::Value &, const char *what, size_t most = kTextMax);
  uint32_t Whole(const Napi::Value &value, const char *what, uint32_t most = UINT32_MAX) {
    return static_cast<uint32_t>(Number(value, what, 0, most, true));
  }
  double Number(const Napi::Value &, const char *what, double least, double most, bool whole);
  int Descriptor(const Napi::Value &value, const char *what) {
    return static_cast<int>(Number(value, what, -1, INT32_MAX, true));
  }
  bool Flag(const Napi::Value &, const char *what);  // a boolean, and nothing else that JavaScript takes for one
  Napi::Function Function(const Napi::Value &, const char *what);
  std::vector<uint32_t> Wholes(const Napi::Value &, const char *what, uint32_t items, uint32_t most = UINT32_MAX);
  std::vector<std::string> Texts(const Napi::Value &, const char *what, uint32_t items, size_t most = kTextMax);
  // Copies of a Uint8Array and a Uint32Array, of up to so many elements.
  std::vector<uint8_t> Bytes(const Napi::Value &value, const char *what, size_t items) {
    return Copy<uint8_t>(value, what, items, napi_uint8_array);
  }
  std::vector<uint32_t> Words(const Napi::Value &value, const char *what, size_t items) {
    return Copy<uint32_t>(value, what, items, napi_uint32_array);
  }
  // The object whose fields are read; see fields.h.
  Napi::Object Object(const Napi::Value &, const char *what);
  Napi::Value Get(const Napi::Object &, const char *key);
  // The items of a list, up to so many.
  std::vector<Napi::Value> Items(const Napi::Value &, const char *what, uint32_t most);

  // For what else may be wrong with them.
  void Refuse(const Status &status) {
    if (status_) status_ = status;
  }
  bool ok() const { return bool(status_) && !info_.Env().IsExceptionPending(); }
  // For a value of a kind of its own.
  void Wrong(const char *what, const char *wanted, const Napi::Value &found);
  // Throws what was wrong, unless JavaScript has thrown already; returns undefined.
  Napi::Value Throw() const;

 private:
  template<typename T>
  std::vector<T> Copy(const Napi::Value &, const char *what, size_t items, napi_typedarray_type type);

  const Napi::CallbackInfo &info_;
  const char *function_;
  Status status_;
};

// The first argument of most calls.
inline std::string PortName(Arguments *in) { return in->Text(0, "the port's name"); }
inline uint32_t PortId(Arguments *in) { return in->Whole(0, "the port's number"); }
inline uint32_t WorkerId(Arguments *in) { return in->Whole(0, "the worker's number"); }

}  // namespace rxb
