// Which process a number means: the kernel gives numbers away again, and a start time tells one process from the next.
import { readFileSync, readlinkSync } from 'node:fs'

const START_TIME = 22 // field of /proc/PID/stat, proc_pid_stat(5)
const ENDED = ['Z', 'X'] // its parent has not heard of it yet
const FIRST = 3 // the field behind the name

/** When a process began, in the kernel's ticks since boot; '' when no such process runs. */
export function startTime(pid: number): string {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    // The second field, a name in parentheses, may hold anything.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    return ENDED.includes(fields[0]) ? '' : fields[START_TIME - FIRST]
  } catch {
    return ''
  }
}

/** The namespace in which this process's number counts, such as `pid:[4026531836]`. */
export const pidNamespace = (): string => readlinkSync('/proc/self/ns/pid')
