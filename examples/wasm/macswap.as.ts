// The same burst handler in AssemblyScript, which is TypeScript's syntax for WebAssembly. The numbers come from
// rxburst.
//   asc macswap.as.ts -o macswap.as.wasm -O3 --runtime stub --importMemory --sharedMemory --initialMemory 1
// --maximumMemory 65536 --enable simd,threads
@external('rxburst', 'slotOffset') declare const OFFSET: i32
@external('rxburst', 'slotAll') declare const ALL: i32
@external('rxburst', 'TX') declare const TX: i32

// A swizzle by a constant, not a shuffle: V8 loads the order of the bytes once and not for every packet.
const ORDER: v128 = i8x16(6, 7, 8, 9, 10, 11, 0, 1, 2, 3, 4, 5, 12, 13, 14, 15)

export function burst(columns: i32, count: i32, port: i32): void {
  for (let i: i32 = 0; i < count; i++) {
    const packet = load<u32>(columns + OFFSET + (i << 2)) as usize
    v128.store(packet, v128.swizzle(v128.load(packet), ORDER))
  }
  store<i32>(columns + ALL, TX + (port ^ 1))
}
