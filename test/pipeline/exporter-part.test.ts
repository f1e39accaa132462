import test from 'ava'
import { ExporterPart } from '../../src/pipeline/exporter-part.ts'
import { createTestContext, sampleLogs } from '../../src/testing/index.ts'
import { createTestEnds } from '../../src/testing/test-plugins.ts'

const { signal } = new AbortController()

function subject() {
  const { logger, metrics, door, authenticators } = createTestContext('exporter', 'sink')
  const { plugins, sinks } = createTestEnds()
  const plugin = plugins.find(({ type }) => type === 'sink')!
  const spec = { configured: { id: 'sink', plugin, config: {} }, chain: {} }
  return { part: new ExporterPart(spec, { logger, metrics, door, authenticators }), spec, sinks }
}

test('what the chain sends goes to the exporter that is in use', async t => {
  const { part, spec, sinks } = subject()
  const first = sinks.get('sink')!
  await part.head.consume(sampleLogs(['a']), signal)
  part.useInstance(part.create(spec.configured))
  await part.head.consume(sampleLogs(['b']), signal)
  t.deepEqual([first.bodies, sinks.get('sink')!.bodies], [['a'], ['b']])
})

test('its figures are those of all chains it had', async t => {
  const { part, spec } = subject()
  await part.head.consume(sampleLogs(['a']), signal)
  const before = part.chain
  await part.useChain(part.createChain(spec))
  await part.head.consume(sampleLogs(['b', 'c']), signal)
  t.is(part.stats().sent, 3)
  part.forget(before, false)
  part.forget(before, false)
  t.is(part.stats().sent, 3)
})

test('only an exporter can be one', t => {
  const { logger, metrics, door, authenticators } = createTestContext('exporter', 'sink')
  const [receiver] = createTestEnds().plugins
  const configured = { id: 'test', plugin: receiver!, config: {} }
  t.throws(
    () => new ExporterPart({ configured, chain: {} }, { logger, metrics, door, authenticators }),
    {
      message: 'test is no exporter',
    },
  )
})
