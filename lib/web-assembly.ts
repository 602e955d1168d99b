// Types of WebAssembly for declarations that stand alone: a program compiled without the DOM's library has none.

/** WebAssembly.Memory, where the program's compiler knows it. */
export type WasmMemory = typeof globalThis extends { WebAssembly: { Memory: { prototype: infer Memory } } }
  ? Memory
  : { readonly buffer: ArrayBuffer }

/** WebAssembly.Imports, where the program's compiler knows it. */
export type WasmImports = typeof globalThis extends {
  WebAssembly: { Instance: new (module: never, imports?: infer Imports) => unknown }
}
  ? NonNullable<Imports>
  : Record<string, Record<string, unknown>>
