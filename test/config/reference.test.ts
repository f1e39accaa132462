import { readdirSync, readFileSync } from 'node:fs'
import test from 'ava'
import { plugins } from '../../plugins/index.ts'
import { referenceFiles } from '../../src/config/reference.ts'
import { fakePlugins } from '../helpers/fake-plugins.ts'

test('docs/reference is what the schemas say; "npm run reference" writes it anew', t => {
  const files = referenceFiles(plugins)
  t.deepEqual(readdirSync('docs/reference').sort(), [...files.keys()].sort())
  for (const [name, text] of files) {
    t.true(
      readFileSync(`docs/reference/${name}`, 'utf8') === text,
      `run "npm run reference": ${name}`,
    )
  }
})

test('every key of every real component is described', t => {
  const empty: string[] = []
  for (const [name, text] of referenceFiles(plugins)) {
    if (!name.endsWith('.md')) continue
    empty.push(...text.split('\n').filter(line => line.startsWith('| `') && line.endsWith('|  |')))
  }
  t.deepEqual(empty, [])
})

test('a page tells type, default, bounds and what is required', t => {
  const files = referenceFiles(fakePlugins)
  const receivers = files.get('receivers.md')!
  t.true(receivers.includes('| `port` | whole number from 1 to 65535 | `4317` | A port. |'))
  t.true(receivers.includes('| `max_size` | size | `64MiB` | Largest request. |'))
  t.true(receivers.includes('| `compression` | list of `gzip`, `zstd` | `["gzip"]` | Kinds. |'))
  const exporters = files.get('exporters.md')!
  t.true(exporters.includes('| `endpoint` | string | required | The server. |'))
  t.true(exporters.includes('| `password` | string (secret) | empty | Of the user. |'))
  t.true(exporters.includes('| `queue::size` | whole number | `10` | Slots. |'))
  t.true(exporters.includes('Stores. Stability: beta. Old names: `storage`.'))
  t.true(files.get('processors.md')!.includes('| `actions[]::key` | string | required | Which. |'))
  t.true(files.get('README.md')!.includes('[`forward`](connectors.md#forward)'))
})
