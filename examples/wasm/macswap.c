// A burst handler in C: swaps the MAC addresses of every packet, one load, one shuffle and one store each.
//   clang --target=wasm32-unknown-emscripten -fPIC -O3 -ffreestanding -msimd128 -mbulk-memory -matomics -nostdlib -I native \
//     -Wl,--no-entry,--experimental-pic,-shared,-Bsymbolic,--import-memory,--shared-memory,--max-memory=4294967296 \
//     -o macswap.wasm examples/wasm/macswap.c
#include <wasm_simd128.h>

#include "columns.h"

__attribute__((export_name("burst"))) void burst(RxbColumns *columns, uint32_t count, uint32_t port) {
  for (uint32_t i = 0; i < count; i++) {
    uint8_t *packet = (uint8_t *)columns->offset[i];
    v128_t bytes = wasm_v128_load(packet);
    wasm_v128_store(packet, wasm_i8x16_shuffle(bytes, bytes, 6, 7, 8, 9, 10, 11, 0, 1, 2, 3, 4, 5, 12, 13, 14, 15));
  }
  columns->all = RXB_TX + (port ^ 1);
}
