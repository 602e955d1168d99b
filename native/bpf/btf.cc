// Reads the kernel's BTF, type by type, as far as it takes to number its functions.
#include "btf.h"

#include <fcntl.h>
#include <linux/btf.h>
#include <unistd.h>

#include <vector>

namespace rxb::steer {
namespace {

constexpr uint32_t kEnum64 = 19;  // BTF_KIND_ENUM64, which headers before Linux 6.0 don't have

std::vector<char> ReadKernelBtf() {
  std::vector<char> btf;
  int fd = open(kKernelBtf, O_RDONLY | O_CLOEXEC);
  if (fd < 0) return btf;
  constexpr size_t kStep = 1 << 20;
  for (size_t used = 0;;) {
    btf.resize(used + kStep);
    ssize_t got = read(fd, btf.data() + used, kStep);
    if (got <= 0) {
      btf.resize(got ? 0 : used);
      break;
    }
    used += static_cast<size_t>(got);
  }
  close(fd);
  return btf;
}

// Bytes behind a type's head; Documentation/bpf/btf.rst, "Type Encoding".
size_t BytesBehind(const btf_type &type) {
  size_t members = BTF_INFO_VLEN(type.info);
  switch (BTF_INFO_KIND(type.info)) {
    case BTF_KIND_INT:
    case BTF_KIND_VAR:
    case BTF_KIND_DECL_TAG:
      return 4;
    case BTF_KIND_ARRAY:
      return sizeof(btf_array);
    case BTF_KIND_STRUCT:
    case BTF_KIND_UNION:
    case BTF_KIND_DATASEC:
    case kEnum64:
      return 12 * members;
    case BTF_KIND_ENUM:
    case BTF_KIND_FUNC_PROTO:
      return 8 * members;
    default:
      return 0;
  }
}

}  // namespace

Status FindKernelFunctions(const char *const *names, uint32_t count, int32_t *ids) {
  std::vector<char> btf = ReadKernelBtf();
  btf_header head{};
  if (btf.size() >= sizeof head) memcpy(&head, btf.data(), sizeof head);
  size_t types = size_t{head.hdr_len} + head.type_off, strings = size_t{head.hdr_len} + head.str_off;
  if (head.magic != BTF_MAGIC || types + head.type_len > btf.size() || strings + head.str_len > btf.size() ||
      !head.str_len || btf[strings + head.str_len - 1])
    return Fail(
        kNotSupported,
        "this kernel does not say which functions XDP programs may call: %s can't be read (CONFIG_DEBUG_INFO_BTF)",
        kKernelBtf);
  memset(ids, 0, count * sizeof *ids);
  int32_t id = 1;  // 0 is void
  for (size_t at = types; at + sizeof(btf_type) <= types + head.type_len; id++) {
    btf_type type;
    memcpy(&type, btf.data() + at, sizeof type);
    at += sizeof type + BytesBehind(type);
    if (BTF_INFO_KIND(type.info) != BTF_KIND_FUNC || type.name_off >= head.str_len) continue;
    for (uint32_t i = 0; i < count; i++)
      if (!strcmp(btf.data() + strings + type.name_off, names[i])) ids[i] = id;
  }
  for (uint32_t i = 0; i < count; i++)
    if (!ids[i]) return Fail(kNotSupported, "this kernel has no function %s() for XDP programs", names[i]);
  return {};
}

}  // namespace rxb::steer
