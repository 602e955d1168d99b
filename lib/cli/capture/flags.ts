// The options of `rxburst capture`, as the command line gives them.
import type { CapturePoint } from '../../capture/options.js'
import type { PrintFlags } from '../packet-lines.js'

export interface CaptureFlags extends PrintFlags {
  w?: string
  c?: number
  filter?: string
  snaplen?: number
  points?: CapturePoint[]
  sample?: number
  rotate?: number
  files?: number
  json?: boolean
  queues?: number[]
  steer: string[]
  pass: string[]
  takeAll?: boolean
  opt: string[]
}
