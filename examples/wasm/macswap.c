// A burst handler in C: swaps the MAC addresses of every packet, one load, one swizzle and one store each.
//   clang --target=wasm32-unknown-emscripten -fPIC -O3 -ffreestanding -msimd128 -mbulk-memory -matomics -nostdlib -I native \
//     -Wl,--no-entry,--experimental-pic,-shared,-Bsymbolic,--import-memory,--shared-memory,--max-memory=4294967296 \
//     -o macswap.wasm examples/wasm/macswap.c
#include <wasm_simd128.h>

#include "columns.h"

__attribute__((export_name("burst"))) void burst(RxbColumns *columns, uint32_t count, uint32_t port) {
  // A swizzle by a constant, not a shuffle: V8 loads the order of the bytes once and not for every packet.
  const v128_t order = wasm_i8x16_const(6, 7, 8, 9, 10, 11, 0, 1, 2, 3, 4, 5, 12, 13, 14, 15);
  for (uint32_t i = 0; i < count; i++) {
    uint8_t *packet = (uint8_t *)columns->offset[i];
    wasm_v128_store(packet, wasm_i8x16_swizzle(wasm_v128_load(packet), order));
  }
  columns->all = RXB_TX + (port ^ 1);
}
