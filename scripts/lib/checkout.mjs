import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** The folder of this checkout. */
export const root = join(dirname(fileURLToPath(import.meta.url)), '..', '..')
/** The command line, as it is installed. */
export const parsec = join(root, 'bin', 'parsec.js')
