// How each kind of argument is read.
#include "arguments.h"

#include <cmath>

#include "errors.h"

namespace rxb {

namespace {

const char *KindOf(const Napi::Value &value) {
  switch (value.Type()) {
    case napi_undefined:
      return "undefined";
    case napi_null:
      return "null";
    case napi_boolean:
      return "a boolean";
    case napi_number:
      return "a number";
    case napi_string:
      return "a string";
    case napi_symbol:
      return "a symbol";
    case napi_function:
      return "a function";
    case napi_bigint:
      return "a bigint";
    default:
      return value.IsArray() ? "a list" : "an object";
  }
}

}  // namespace

void Arguments::Wrong(const char *what, const char *wanted, const Napi::Value &found) {
  if (!ok()) return;
  char shown[32] = "";
  if (found.IsNumber()) snprintf(shown, sizeof shown, " (%g)", found.As<Napi::Number>().DoubleValue());
  Refuse(Fail(kBadArgument, "%s: %s has to be %s, not %s%s", function_, what, wanted, KindOf(found), shown));
}

std::string Arguments::Text(const Napi::Value &value, const char *what, size_t most) {
  if (!value.IsString()) return Wrong(what, "a string", value), std::string();
  size_t bytes = 0;
  napi_get_value_string_utf8(info_.Env(), value, nullptr, 0, &bytes);
  if (bytes > most) {
    Refuse(Fail(kBadArgument, "%s: %s has %zu bytes; at most %zu are taken", function_, what, bytes, most));
    return {};
  }
  std::string text = value.As<Napi::String>().Utf8Value();
  // C would take it for the text's end.
  if (text.find('\0') != std::string::npos)
    return Wrong(what, "a string without a NUL character", value), std::string();
  return text;
}

double Arguments::Number(const Napi::Value &value, const char *what, double least, double most, bool whole) {
  double number = value.IsNumber() ? value.As<Napi::Number>().DoubleValue() : NAN;
  if (number >= least && number <= most && (!whole || number == std::floor(number))) return number;
  char wanted[80];
  snprintf(wanted, sizeof wanted, "a %s from %.10g to %.10g", whole ? "whole number" : "number", least, most);
  Wrong(what, wanted, value);
  return least;
}

bool Arguments::Flag(const Napi::Value &value, const char *what) {
  if (!value.IsBoolean()) return Wrong(what, "a boolean", value), false;
  return value.As<Napi::Boolean>().Value();
}

Napi::Function Arguments::Function(const Napi::Value &value, const char *what) {
  if (!value.IsFunction()) Wrong(what, "a function", value);
  return value.As<Napi::Function>();
}

Napi::Object Arguments::Object(const Napi::Value &value, const char *what) {
  if (!value.IsObject()) Wrong(what, "an object", value);
  return value.As<Napi::Object>();
}

Napi::Value Arguments::Get(const Napi::Object &object, const char *key) {
  if (!ok()) return info_.Env().Undefined();
  Napi::Value value = object.Get(key);
  return value.IsEmpty() ? info_.Env().Undefined() : value;
}

std::vector<Napi::Value> Arguments::Items(const Napi::Value &value, const char *what, uint32_t most) {
  std::vector<Napi::Value> items;
  if (!value.IsArray()) return Wrong(what, "a list", value), items;
  auto list = value.As<Napi::Array>();
  const uint32_t length = list.Length();
  if (length > most) {
    Refuse(Fail(kBadArgument, "%s: %s has %u items; at most %u are taken", function_, what, length, most));
    return items;
  }
  for (uint32_t i = 0; i < length && ok(); i++) {
    Napi::Value item = list.Get(i);
    items.push_back(item.IsEmpty() ? info_.Env().Undefined() : item);
  }
  return items;
}

std::vector<uint32_t> Arguments::Wholes(const Napi::Value &value, const char *what, uint32_t items, uint32_t most) {
  std::vector<uint32_t> out;
  for (const Napi::Value &item : Items(value, what, items)) out.push_back(Whole(item, what, most));
  return out;
}

std::vector<std::string> Arguments::Texts(const Napi::Value &value, const char *what, uint32_t items, size_t most) {
  std::vector<std::string> out;
  for (const Napi::Value &item : Items(value, what, items)) out.push_back(Text(item, what, most));
  return out;
}

template<typename T>
std::vector<T> Arguments::Copy(const Napi::Value &value, const char *what, size_t items, napi_typedarray_type type) {
  napi_typedarray_type found = napi_int8_array;
  size_t length = 0;
  void *data = nullptr;
  if (!value.IsTypedArray() ||
      napi_get_typedarray_info(info_.Env(), value, &found, &length, &data, nullptr, nullptr) != napi_ok ||
      found != type)
    return Wrong(what, type == napi_uint8_array ? "a Uint8Array" : "a Uint32Array", value), std::vector<T>();
  if (length > items) {
    Refuse(Fail(kBadArgument, "%s: %s has %zu elements; at most %zu are taken", function_, what, length, items));
    return {};
  }
  const T *from = static_cast<const T *>(data);
  return length ? std::vector<T>(from, from + length) : std::vector<T>();
}

Napi::Value Arguments::Throw() const {
  if (!info_.Env().IsExceptionPending()) rxb::Throw(info_.Env(), status_);
  return info_.Env().Undefined();
}

}  // namespace rxb
