// Burst handlers that the package has made: a module that exports one of them has left the factory out.
const makers = new WeakMap<object, string>()

/** Remembers which function made the handler: `perPacket`, `wasm`. */
export function madeBy<Handler extends object>(maker: string, handler: Handler): Handler {
  makers.set(handler, maker)
  return handler
}

/** The function that made the handler, if it is one of ours. */
export const makerOf = (handler: object): string | undefined => makers.get(handler)
