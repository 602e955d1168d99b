// Where the package lies.
import { fileURLToPath } from 'node:url'

/** The folder of the package, with the slash. */
export const packageRoot = fileURLToPath(new URL('../../', import.meta.url))
