// `npm start [-- arguments]`: sets up what is missing, then `parsec run` with the standalone config.
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { setup } from './setup.mjs'

const root = join(dirname(fileURLToPath(import.meta.url)), '..')
setup()
const args = process.argv.slice(2)
const config = args.includes('--config')
  ? []
  : ['--config', join(root, 'config', 'standalone.yaml')]
process.argv = [process.argv[0], join(root, 'bin', 'parsec.js'), 'run', ...config, ...args]
await import('../bin/parsec.js')
