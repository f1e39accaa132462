import test from 'ava'
import { z } from 'zod'
import { changedKeys, sameConfig } from '../../src/pipeline/same-config.ts'
import type { Plugin } from '../../src/plugin/define-plugin.ts'

const plugin: Plugin = {
  kind: 'exporter',
  type: 'x',
  stability: 'stable',
  summary: 'Test.',
  config: z.strictObject({}),
  create: () => ({ consume: async () => {} }),
}

test('configs are the same by their values, whatever the order of keys', t => {
  const [a, b] = [
    { id: 'x', plugin, config: { a: 1, b: [{ c: 'd' }] } },
    { id: 'x', plugin, config: { b: [{ c: 'd' }], a: 1 } },
  ]
  t.true(sameConfig(a, b))
  t.false(sameConfig(a, { ...b, config: { a: 1, b: [{ c: 'e' }] } }))
  t.false(sameConfig(a, { ...b, plugin: { ...plugin } }))
})

test('the keys that differ are named, also those that came or went', t => {
  const before = { endpoint: 'a', tls: { insecure: true }, password: 'old', gone: 1 }
  const now = { endpoint: 'a', tls: { insecure: false }, password: 'new', came: 1 }
  t.deepEqual(changedKeys(before, now), ['tls', 'password', 'came', 'gone'])
  t.deepEqual(changedKeys(undefined, null), [])
})
