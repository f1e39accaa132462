import { readFileSync } from 'node:fs'
import test from 'ava'
import { version } from '../../src/telemetry/version.ts'

test('the version is that of package.json', t => {
  const manifest = JSON.parse(readFileSync('package.json', 'utf8')) as { version: string }
  t.is(version, manifest.version)
})
