// Writes docs/reference/ from the plugins' schemas: `npm run reference`.
import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { plugins } from '../dist/plugins/index.js'
import { referenceFiles } from '../dist/src/config/reference.js'

const folder = join(dirname(fileURLToPath(import.meta.url)), '..', 'docs', 'reference')
mkdirSync(folder, { recursive: true })
const files = referenceFiles(plugins)
for (const name of readdirSync(folder)) if (!files.has(name)) rmSync(join(folder, name))
for (const [name, text] of files) writeFileSync(join(folder, name), text)
console.log(`docs/reference: ${files.size} files`)
