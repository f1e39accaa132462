import test from 'ava'
import type { ServiceConfig } from '../../src/config/service-config.ts'
import { StatusBoard } from '../../src/plugin/status-board.ts'
import { Extensions } from '../../src/service/extensions.ts'
import { ExtensionsChange } from '../../src/service/extensions-change.ts'
import { createTestContext } from '../../src/testing/test-context.ts'
import { emptyConfig, withExtensions } from '../helpers/fake-service.ts'

const soon = AbortSignal.timeout(60_000)

async function subject(ids: readonly string[]) {
  const { logger, metrics, door, authenticators, report, lines } = createTestContext(
    'extension',
    'test',
  )
  const calls: string[] = []
  const failing = new Set<string>()
  const all = withExtensions(
    Object.fromEntries(
      ['a', 'b', 'c'].map(id => [
        id,
        (given: unknown) => {
          const name = `${id}${(given as { value?: string }).value ?? ''}`
          return {
            start: async () => {
              calls.push(`start ${name}`)
              if (failing.delete(name)) throw new Error('port taken')
            },
            stop: async () => void calls.push(`stop ${name}`),
          }
        },
      ]),
    ),
  )
  const configOf = (
    started: readonly string[],
    values: Record<string, string> = {},
  ): ServiceConfig =>
    emptyConfig({
      serviceExtensions: started,
      extensions: new Map(
        [...all.extensions!].map(([id, one]) => [
          id,
          { ...one, config: values[id] === undefined ? {} : { value: values[id] } },
        ]),
      ),
    })
  const status = new StatusBoard()
  const config = configOf(ids)
  const extensions = new Extensions({
    config,
    logger,
    metrics,
    door,
    authenticators,
    status,
    health: () => report,
  })
  await extensions.start()
  calls.length = 0
  const change = (to: readonly string[], values?: Record<string, string>): ExtensionsChange =>
    new ExtensionsChange(extensions, configOf(to, values), logger)
  const states = (): string[] => status.report().map(({ id, status }) => `${id} ${status}`)
  return { change, calls, failing, states, extensions, lines }
}

test('kept ones are not touched, changed ones reopened, those that are gone stop last', async t => {
  const { change, calls, states } = await subject(['a', 'b'])
  const to = change(['b', 'c'], { b: '!' })
  t.deepEqual(to.changes, {
    kept: [],
    added: ['extension c'],
    changed: ['extension b (value)'],
    removed: ['extension a'],
  })
  await to.apply(soon)
  t.deepEqual(calls, ['stop b', 'start b!', 'start c'])
  t.deepEqual(states(), ['b ok', 'c ok'])
  await to.finish(soon)
  t.deepEqual(calls.slice(3), ['stop a'])
})

test('when one cannot start, the old ones run again', async t => {
  const { change, calls, failing, states } = await subject(['a', 'b'])
  failing.add('c')
  await t.throwsAsync(change(['b', 'c'], { b: '!' }).apply(soon), {
    message: 'extension c: port taken',
  })
  t.deepEqual(calls, ['stop b', 'start b!', 'start c', 'stop c', 'stop b!', 'start b'])
  t.deepEqual(states(), ['a ok', 'b ok'])
})

test('the way back is open after all have started', async t => {
  const { change, calls, extensions } = await subject(['a'])
  const to = change(['b'])
  await to.apply(soon)
  await to.undo(soon)
  t.deepEqual(calls, ['start b', 'stop b'])
  await extensions.stop(soon)
  t.deepEqual(calls.slice(2), ['stop a'])
})

test('one that cannot be started again is logged and shown', async t => {
  const { change, failing, states, lines } = await subject(['a'])
  failing.add('a!').add('a')
  await t.throwsAsync(change(['a'], { a: '!' }).apply(soon))
  t.deepEqual(states(), ['a permanent_error'])
  t.true(lines.some(({ msg }) => msg === 'extension a could not be started again'))
})
