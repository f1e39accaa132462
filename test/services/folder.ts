import { join } from 'node:path'

/** The checkout: tests and scripts run from there. */
export const root = process.cwd()

/** Where the services keep their data, and the file that says where they listen. */
export const servicesFolder = join(root, '.parsec', 'services')
