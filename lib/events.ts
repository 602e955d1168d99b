// Changes of ports, links, rules, workers and data planes, for whoever subscribes to Node's diagnostics_channel.
import { channel } from 'node:diagnostics_channel'

/** The channels, by the last part of their names: rxburst:port is that of ports. */
const CHANNELS = {
  port: channel('rxburst:port'),
  link: channel('rxburst:link'),
  rule: channel('rxburst:rule'),
  worker: channel('rxburst:worker'),
  plane: channel('rxburst:plane'),
} as const

/** Whether anybody listens: what costs something to find out is left alone otherwise. */
export const isHeard = (name: keyof typeof CHANNELS): boolean => CHANNELS[name].hasSubscribers

/** Tells those who listen. A listener that throws disturbs nobody: Node reports it by `uncaughtException`. */
export function publish(
  name: keyof typeof CHANNELS,
  message: { event: string; [key: string]: unknown },
): void {
  if (CHANNELS[name].hasSubscribers) CHANNELS[name].publish(message)
}
