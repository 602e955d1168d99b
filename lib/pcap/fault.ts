// The two errors of capture files: one that ends too early, and one that can't be right.
import { RxburstError } from '../errors.js'

/** An error of a capture file. `position` is the byte of the file that it is about. */
export interface CaptureError extends RxburstError {
  readonly code: 'ERR_CAPTURE_CUT' | 'ERR_CAPTURE_FORMAT'
  readonly position: number
}

const fault = (code: CaptureError['code'], position: number, what: string) =>
  Object.assign(new RxburstError(code, `${what}, at byte ${position} of the file`), {
    position,
  }) as CaptureError

/** The file ends in the middle of `what`, which begins at that byte. */
export const cut = (position: number, what: string): CaptureError =>
  fault('ERR_CAPTURE_CUT', position, `the file ends in the middle of ${what}`)

/** Something at that byte is impossible. */
export const impossible = (position: number, what: string): CaptureError =>
  fault('ERR_CAPTURE_FORMAT', position, what)
