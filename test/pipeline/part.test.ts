import test from 'ava'
import { Gate } from '../../src/pipeline/gate.ts'
import { Instance } from '../../src/pipeline/instance.ts'
import { StagePart } from '../../src/pipeline/part.ts'
import { createTestContext, LogSink, sampleLogs } from '../../src/testing/index.ts'
import { createTestEnds } from '../../src/testing/test-plugins.ts'

function subject() {
  const { logger, metrics, door, authenticators } = createTestContext('receiver', 'test')
  const configured = { id: 'test', plugin: createTestEnds().plugins[0]!, config: {} }
  const stops: string[] = []
  let made = 0
  const renew = (): Instance => {
    const name = `component ${++made}`
    return new Instance(
      { kind: 'receiver', configured, logger, metrics, door, authenticators },
      () => ({
        stop: async () => void stops.push(name),
      }),
    )
  }
  const first = new LogSink()
  const outlet = new Gate(first)
  const part = new StagePart({
    label: 'receiver test',
    phase: 'receiver',
    instance: renew(),
    next: first,
    outlet,
    renew,
  })
  return { part, outlet, first, stops }
}

test('it can be led to another stage', async t => {
  const { part, outlet } = subject()
  const second = new LogSink()
  await part.lead(second)
  await outlet.consume(sampleLogs(['a']), new AbortController().signal)
  t.deepEqual(second.bodies, ['a'])
  t.is(part.next, second)
})

test('its nodes are those of the component that is in its place now', async t => {
  const { part, stops } = subject()
  const [node] = part.createNodes()
  const before = part.instance
  await node!.component.stop?.(AbortSignal.abort())
  t.not(part.renew(), before)
  await node!.component.stop?.(AbortSignal.abort())
  t.deepEqual(stops, ['component 1', 'component 2'])
  before.report('permanent_error')
  node!.report('ok')
  t.deepEqual(
    [before.entry.health().status, part.instance.entry.health().status],
    ['starting', 'ok'],
  )
})
