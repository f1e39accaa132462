import test from 'ava'
import { z } from 'zod'
import { Instance } from '../../src/pipeline/instance.ts'
import type { PluginContext } from '../../src/plugin/component.ts'
import type { ReceiverPlugin } from '../../src/plugin/define-plugin.ts'
import { createTestContext } from '../../src/testing/index.ts'

const plugin: ReceiverPlugin = {
  kind: 'receiver',
  type: 'x',
  stability: 'stable',
  summary: 'Test.',
  config: z.strictObject({}),
  create: () => ({}),
}

function subject(create: (context: PluginContext) => object = () => ({})) {
  const { logger, metrics, door, authenticators } = createTestContext('receiver', 'x')
  const configured = { id: 'x/1', plugin, config: {} }
  return new Instance(
    { kind: 'receiver', configured, logger, metrics, door, authenticators },
    create,
  )
}

test('what it says of itself is in its entry, until another takes its place', t => {
  let context: PluginContext | undefined
  const instance = subject(given => {
    context = given
    return {}
  })
  t.false(instance.hasReported)
  context!.reportStatus('recoverable_error', 'down')
  t.true(instance.hasReported)
  t.like(instance.entry.health(), { id: 'x/1', status: 'recoverable_error', detail: 'down' })
  instance.retire()
  context!.reportStatus('permanent_error', 'late')
  t.is(instance.entry.health().status, 'recoverable_error')
})

test('a component without a lifecycle starts and stops', async t => {
  const instance = subject()
  await t.notThrowsAsync(instance.start())
  await t.notThrowsAsync(instance.stop(AbortSignal.abort()))
  t.deepEqual(instance.endpoints(), [])
})

test('one that cannot be created is named', t => {
  const fail = (): never => {
    throw new Error('no such file')
  }
  t.throws(() => subject(fail), { message: 'receiver x/1: no such file' })
})

test('it is stopped once, however often it is asked for', async t => {
  let stops = 0
  const instance = subject(() => ({ stop: async () => void stops++ }))
  await instance.stop(AbortSignal.abort())
  await instance.stop(AbortSignal.abort())
  t.is(stops, 1)
})
