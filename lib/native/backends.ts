// The backends there are, and what a port's name means to them, before any port is opened.

/** One row of a backend's table of options. */
export interface NativeOption {
  key: string
  kind: 'text' | 'flag' | 'number' | 'power of two' | 'choice'
  /** Of a number. */
  from: number
  to: number
  /** Of a choice; else empty. */
  choices: string[]
  /** The default, as one would type it or in words. */
  fallback: string
  /** What it is for. */
  what: string
}

/** What a backend takes and can do, before any port is opened. */
export interface NativeBackend {
  options: NativeOption[]
  /** What options of ours begin with in its port names, where the device has options of its own; else ''. */
  prefix: string
  /** Its ports may have packets of several segments. */
  segments: boolean
  /** It takes over what another process opened: by a plugin's socket, or as a pinned map. */
  inherits: boolean
  /** `,peer=NAME` is a part of its port names. */
  namesPeer: boolean
}

export interface BackendCalls {
  /** Every backend's name. */
  readonly names: readonly string[]
  /** Null: there is no backend of that name. */
  of(portName: string): NativeBackend | null
  /** The interface on whose ingress (tc) opening such a port leaves rules, which outlive the process; '': none. */
  ingressOf(portName: string): string
  /** Why the backend of such names can't be used, or ''. */
  problem(portName: string): string
  setModulePath(module: { backend: string; file: string }): void
}
