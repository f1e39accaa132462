import test from 'ava'
import { PipelineError } from '#core'
import { createTestContext, LogSink, sampleLogs, type TestContext } from '#core/testing'
import type { DeadLetters } from '../../../../plugins/receivers/kafka/dead-letters.ts'
import { Dispatcher } from '../../../../plugins/receivers/kafka/dispatcher.ts'
import { kafkaReceiver } from '../../../../plugins/receivers/kafka/index.ts'
import { PartitionMeter } from '../../../../plugins/receivers/kafka/partition-meter.ts'
import {
  type DeadMessage,
  RangeDecoder,
} from '../../../../plugins/receivers/kafka/range-decoder.ts'
import { kafkaMessage } from '../../../helpers/kafka-message.ts'
import { configOf } from '../../../helpers/plugin-yaml.ts'
import { until } from '../../../helpers/until.ts'

const from = { topic: 'logs', partition: 0 }
const messages = [kafkaMessage(0, sampleLogs(['a']).bytes), kafkaMessage(1, 'garbage')]
const config = configOf(kafkaReceiver, 'error_backoff: { initial_interval: 1ms }')

interface Options {
  readonly write?: (dead: readonly DeadMessage[]) => void
  readonly skipsDead?: boolean
}

function create({ write, skipsDead = false }: Options = {}): {
  dispatch: (signal?: AbortSignal, some?: typeof messages) => Promise<void>
  sink: LogSink
  troubles: (string | undefined)[]
  context: TestContext
} {
  const context = createTestContext('receiver', 'kafka')
  const sink = new LogSink()
  const troubles: (string | undefined)[] = []
  const deadLetters = write && {
    write: async (_: unknown, dead: readonly DeadMessage[]) => write(dead),
  }
  const dispatcher = new Dispatcher({
    context,
    next: sink,
    decoder: new RangeDecoder(config),
    pauses: config.error_backoff,
    deadLetters: deadLetters as unknown as DeadLetters | undefined,
    skipsDead,
    onTrouble: (_, detail) => troubles.push(detail),
  })
  const meter = new PartitionMeter(context, from)
  const never = new AbortController().signal
  return {
    dispatch: (signal = never, some = messages) =>
      dispatcher.dispatch(from, some, 'origin', meter, signal),
    sink,
    troubles,
    context,
  }
}

test('dead letters are written before the batch goes on', async t => {
  const order: string[] = []
  const { dispatch, sink } = create({
    write: dead => order.push(`dead ${dead.map(({ message }) => message.offset).join(' ')}`),
  })
  sink.before = batch => void order.push(`batch ${batch.count} ${batch.origin}`)
  await dispatch()
  t.deepEqual(order, ['dead 1', 'batch 1 origin'])
})

test('what may pass is repeated, as the same batch', async t => {
  const { dispatch, sink, troubles } = create({ skipsDead: true })
  const seen = new Set<unknown>()
  let failures = 3
  sink.before = batch => {
    seen.add(batch)
    if (failures-- > 0) throw PipelineError.retryable('full')
  }
  await dispatch()
  t.is(seen.size, 1)
  t.deepEqual(troubles, ['full', 'full', 'full', undefined])
})

test('a dead-letter topic that cannot be written to is waited for', async t => {
  let failures = 2
  const { dispatch, sink } = create({
    write: () => {
      if (failures-- > 0) throw PipelineError.retryable('down')
    },
  })
  await dispatch()
  t.deepEqual(sink.bodies, ['a'])
})

test('without a way past, it waits until the partition is taken away', async t => {
  const { dispatch, sink, troubles } = create()
  const controller = new AbortController()
  const dispatched = dispatch(controller.signal)
  await until(() => troubles.length >= 2)
  controller.abort()
  await t.throwsAsync(dispatched)
  t.deepEqual(sink.bodies, [])
  t.regex(troubles[0] ?? '', /^logs\/0 offset 1 cannot be processed: /)
})

test('while nothing more may come in, nothing is read', async t => {
  const { dispatch, sink, troubles, context } = create({ skipsDead: true })
  const open = context.door.addGuard('extension test', () => PipelineError.retryable('no memory'))
  const dispatched = dispatch()
  await until(() => troubles.length >= 2)
  t.deepEqual(sink.bodies, [])
  open()
  await dispatched
  t.deepEqual(sink.bodies, ['a'])
  t.is(troubles.at(-1), undefined)
})

test('of a batch refused in part only those records are set aside', async t => {
  const written: DeadMessage[] = []
  const { dispatch, sink } = create({ write: dead => written.push(...dead) })
  sink.before = batch => {
    const error = PipelineError.permanent('too old')
    const parts = [{ records: batch.slice(0, 1), origin: 'origin', error }]
    throw PipelineError.permanent('refused', { rejected: { count: 1, parts } })
  }
  await dispatch()
  t.deepEqual(
    written.map(({ message, reason }) => [message.offset, reason.slice(0, 7)]),
    [
      [1, written[0]!.reason.slice(0, 7)],
      [0, 'too old'],
    ],
  )
  t.is(String(written[1]!.message.headers['parsec.dead_letter.encoding']), 'otlp_proto')
  t.deepEqual(written[1]!.message.value, sampleLogs(['a']).bytes)
})

test('when nobody can tell which records were refused, the batch is done', async t => {
  const { dispatch, sink, troubles } = create()
  sink.before = () => {
    throw PipelineError.permanent('one refused', { rejected: { count: 1 } })
  }
  const never = new AbortController().signal
  await dispatch(never, messages.slice(0, 1))
  t.deepEqual(troubles, [])
})

test('records refused of several messages say of which they may be', async t => {
  const written: DeadMessage[] = []
  const { dispatch, sink } = create({ write: dead => written.push(...dead) })
  sink.before = batch => {
    const error = PipelineError.permanent('too old')
    const parts = [{ records: batch.slice(1, 2), origin: 'origin', error }]
    throw PipelineError.permanent('refused', { rejected: { count: 1, parts } })
  }
  const never = new AbortController().signal
  const some = [3, 5].map(offset => kafkaMessage(offset, sampleLogs(['a']).bytes))
  await dispatch(never, some)
  await dispatch(never, [kafkaMessage(8, sampleLogs(['a', 'b']).bytes)])
  t.deepEqual(
    written.map(({ message, end }) => [message.offset, end]),
    [
      [3, 6],
      [8, undefined],
    ],
  )
})
