// `npm run services -- start | stop | status | exec COMMAND`: a real Kafka broker, Redis and PostgreSQL
// on loopback for tests, each on a port of its own; .parsec/services/services.json says where.
import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { setup } from './setup.mjs'

const root = join(dirname(fileURLToPath(import.meta.url)), '..')
process.chdir(root)
if (!existsSync(join(root, 'dist', 'test', 'services', 'cli.js'))) setup()
// Only now is there a build to import.
const { servicesCommand } = await import('../dist/test/services/cli.js')
try {
  process.exitCode = await servicesCommand(process.argv.slice(2))
} catch (error) {
  console.error(`services: ${error.message}`)
  process.exitCode = 1
}
