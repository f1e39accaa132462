import { resolve } from 'node:path'
import test from 'ava'
import { z } from 'zod'
import {
  exporterSpec,
  queueDirectory,
  sameChain,
  sameSpec,
} from '../../src/pipeline/exporter-spec.ts'
import type { ExtensionPlugin } from '../../src/plugin/define-plugin.ts'
import { createTestEnds } from '../../src/testing/test-plugins.ts'
import { emptyConfig } from '../helpers/fake-service.ts'

const plugin = createTestEnds().plugins.find(({ type }) => type === 'queued_sink')!
const store: ExtensionPlugin = {
  kind: 'extension',
  type: 'store',
  stability: 'stable',
  summary: 'Test.',
  config: z.strictObject({}),
  create: () => ({}),
  storage: config => ({ directory: (config as { directory: string }).directory, fsync: true }),
}

/** An exporter whose queue has these keys, where the extension `store` has this directory. */
function spec(queue: object, directory = '/a', more: object = {}) {
  const config = emptyConfig({
    extensions: new Map([['store', { id: 'store', plugin: store, config: { directory } }]]),
    serviceExtensions: ['store'],
  })
  const own = { sending_queue: { enabled: true, ...queue }, ...more }
  return exporterSpec(config, { id: 'queued_sink', plugin, config: own })
}

test('an extension that moves its directory is another chain for the queues in it', t => {
  const [before, now] = [spec({ storage: 'store' }), spec({ storage: 'store' }, '/b')]
  t.false(sameSpec(before, now))
  t.false(sameChain(before, now))
  t.true(sameSpec(before, spec({ storage: 'store' })))
  t.true(sameSpec(spec({}), spec({}, '/b')), 'the queue does not lie there')
})

test('a key of the exporter alone leaves the chain the same', t => {
  const [before, now] = [spec({}, '/a', { endpoint: 'x' }), spec({}, '/a', { endpoint: 'y' })]
  t.false(sameSpec(before, now))
  t.true(sameChain(before, now))
  t.false(sameChain(before, spec({ queue_size: 7 }, '/a', { endpoint: 'x' })))
})

test('a queue lies in its own directory, in that of its storage, or nowhere', t => {
  t.is(queueDirectory(spec({ storage: 'file', directory: '/q' })), '/q')
  t.is(queueDirectory(spec({ storage: 'store' })), resolve('/a/exporter_queued_sink'))
  t.is(queueDirectory(spec({})), undefined)
  t.is(queueDirectory(spec({ enabled: false, storage: 'file', directory: '/q' })), undefined)
})

test('another dead letter is another chain; the same one is the same, though it is a new object', t => {
  const base = spec({})
  const consumer = { consume: () => Promise.resolve() }
  const targets = [
    undefined,
    { exporter: 'a', consumer },
    { exporter: 'b', consumer },
    { directory: '/a', sizeBytesMax: 1 },
    { directory: '/a', sizeBytesMax: 2 },
  ]
  for (const [i, a] of targets.entries()) {
    for (const [k, b] of targets.entries()) {
      const [before, now] = [
        { ...base, deadLetter: a },
        { ...base, deadLetter: b && { ...b } },
      ]
      t.is(sameSpec(before, now), i === k)
      t.is(sameChain(before, now), i === k)
    }
  }
})
