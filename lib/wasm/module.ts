// Reads as much of a WebAssembly binary as decides whether it may run in the shared memory: what it imports, and where
// its static data lies. https://webassembly.github.io/spec/core/binary/modules.html

export interface WasmModule {
  imports: { module: string; name: string; kind: number }[]
  /** Byte ranges of the memory that its active data segments write at fixed addresses. */
  data: { from: number; to: number }[]
  /**
   * Bytes of statics that a position-independent module wants at __memory_base; undefined for one linked for an
   * address.
   */
  staticBytes: number | undefined
  /** It defines a memory of its own. */
  ownMemory: boolean
  /** A mutable i32 global of its own with a constant start, as a linker makes for the stack pointer. */
  stackPointer: number | undefined
}

const SECTION = { custom: 0, import: 2, memory: 5, global: 6, data: 11 }
const KIND = { function: 0, table: 1, memory: 2, global: 3, tag: 4 }
export const EXTERNAL = KIND

/** A cursor over the binary's bytes. */
class Reader {
  at = 0
  constructor(readonly bytes: Uint8Array) {}

  byte(): number {
    if (this.at >= this.bytes.length) throw new RangeError('the module ends in the middle')
    return this.bytes[this.at++]
  }
  /** LEB128, signed or not, up to 64 bits. */
  leb(signed: boolean): number {
    let value = 0n
    let shift = 0n
    for (;;) {
      const byte = this.byte()
      value |= BigInt(byte & 0x7f) << shift
      shift += 7n
      if (byte & 0x80) continue
      if (signed && byte & 0x40) value -= 1n << shift
      return Number(value)
    }
  }
  u32(): number {
    return this.leb(false)
  }
  name(): string {
    const length = this.u32()
    this.at += length
    return new TextDecoder().decode(this.bytes.slice(this.at - length, this.at))
  }
  limits(): void {
    const flags = this.byte()
    this.u32()
    if (flags & 1) this.u32()
  }
  /** A constant expression: its number, or 'global' when it reads one, or undefined for anything else. */
  constant(): number | 'global' | undefined {
    const opcode = this.byte()
    let value: number | 'global' | undefined
    if (opcode === 0x41 || opcode === 0x42) value = this.leb(true)
    else if (opcode === 0x23) {
      this.u32()
      value = 'global'
    } else if (opcode === 0x43) this.at += 4
    else if (opcode === 0x44) this.at += 8
    else if (opcode === 0xd0) this.byte()
    else if (opcode === 0xd2) this.u32()
    else throw new RangeError(`a constant expression begins with opcode ${opcode}`)
    // Extended constant expressions add up globals and numbers: still decided by the global.
    for (let next = this.byte(); next !== 0x0b; next = this.byte())
      if (next === 0x23 || next === 0x41) {
        this.leb(next === 0x41)
        value = 'global'
      }
    return value
  }
}

function readImports(r: Reader, module: WasmModule): void {
  for (let n = r.u32(); n > 0; n--) {
    const entry = { module: r.name(), name: r.name(), kind: r.byte() }
    module.imports.push(entry)
    if (entry.kind === KIND.function) r.u32()
    else if (entry.kind === KIND.table) {
      r.byte()
      r.limits()
    } else if (entry.kind === KIND.memory) r.limits()
    else if (entry.kind === KIND.global) r.at += 2
    else {
      r.byte()
      r.u32()
    }
  }
}

function readGlobals(r: Reader, module: WasmModule): void {
  const I32 = 0x7f
  const LOWEST_STACK = 1024 // a linker leaves the first bytes free; what is smaller is a program's own counter
  for (let n = r.u32(); n > 0; n--) {
    const type = r.byte()
    const mutable = r.byte() === 1
    const value = r.constant()
    if (type === I32 && mutable && typeof value === 'number' && value >= LOWEST_STACK && value % 16 === 0)
      module.stackPointer ??= value
  }
}

function readData(r: Reader, module: WasmModule): void {
  const PASSIVE = 1
  for (let n = r.u32(); n > 0; n--) {
    const flags = r.u32()
    if (flags === 2) r.u32()
    const from = flags === PASSIVE ? undefined : r.constant()
    const length = r.u32()
    r.at += length
    if (typeof from === 'number' && length > 0) module.data.push({ from, to: from + length })
  }
}

/**
 * The custom section that a linker puts into position-independent modules (WebAssembly/tool-conventions,
 * DynamicLinking).
 */
function readDylink(r: Reader, end: number, module: WasmModule): void {
  const MEMORY_INFO = 1
  if (r.name() !== 'dylink.0') return
  while (r.at < end) {
    const kind = r.byte()
    const next = r.u32() + r.at
    if (kind === MEMORY_INFO) module.staticBytes = r.u32()
    r.at = next
  }
}

/** @throws RangeError when the bytes are not a module. */
export function readWasm(bytes: Uint8Array): WasmModule {
  const module: WasmModule = {
    imports: [],
    data: [],
    staticBytes: undefined,
    ownMemory: false,
    stackPointer: undefined,
  }
  const r = new Reader(bytes)
  r.at = 8 // magic and version: WebAssembly.Module has checked them
  while (r.at < bytes.length) {
    const id = r.byte()
    const end = r.u32() + r.at
    if (id === SECTION.custom) readDylink(r, end, module)
    else if (id === SECTION.import) readImports(r, module)
    else if (id === SECTION.memory) module.ownMemory = r.u32() > 0
    else if (id === SECTION.global) readGlobals(r, module)
    else if (id === SECTION.data) readData(r, module)
    r.at = end
  }
  return module
}
