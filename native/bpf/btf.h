// Kernel functions that XDP programs may call (kfuncs), by name: the kernel says their numbers in its own BTF.
#pragma once
#include "../abi/status.h"

namespace rxb::steer {

constexpr char kKernelBtf[] = "/sys/kernel/btf/vmlinux";

// Ids in the order of the names. Fails with kNotSupported where the kernel describes itself nowhere, or has not all of
// them.
Status FindKernelFunctions(const char *const *names, uint32_t count, int32_t *ids);

}  // namespace rxb::steer
