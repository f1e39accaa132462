import { decodeLogs, PipelineError, type ReplayRange } from '#core'
import { bodiesOf, createTestContext, LogSink, sampleLogs } from '#core/testing'
import { kafkaReceiver } from '../../../../plugins/receivers/kafka/index.ts'
import { KafkaReplay } from '../../../../plugins/receivers/kafka/replay.ts'
import { compileCondition } from '../../../../src/ottl/condition.ts'
import { ReplayFilter } from '../../../../src/service/replay-filter.ts'
import { kafkaTest, type SharedBroker } from '../../../helpers/kafka-broker.ts'
import { readTopic, sendMessages } from '../../../helpers/kafka-topic.ts'
import { configOf } from '../../../helpers/plugin-yaml.ts'

/* From the command line, and with a store: test/cli/replay.test.ts. */

interface Options {
  /** Further keys of the receiver. */
  readonly keys?: string
  readonly filter?: string
}

async function setUp({ brokers }: SharedBroker, topic: string, options: Options = {}) {
  const { keys = '', filter = 'true' } = options
  const config = configOf(
    kafkaReceiver,
    `{ brokers: ["${brokers}"], max_fetch_wait: 50ms, error_backoff: { initial_interval: 1ms }, ${keys} }`,
  )
  const sink = new LogSink()
  const next = new ReplayFilter(compileCondition(filter), sink)
  const request = { topic, from: { timeMs: 0 }, to: { timeMs: Date.now() }, name: 'mine' }
  const replay = new KafkaReplay(config, createTestContext('receiver', 'kafka'), next, request)
  const steps: [number, number, number][] = []
  const troubles: (string | undefined)[] = []
  const run = (ranges: readonly ReplayRange[], signal = new AbortController().signal) =>
    replay.run(
      ranges,
      {
        onStep: async ({ partition, done, counts }) => {
          steps.push([partition, done, counts.records])
        },
        onTrouble: detail => troubles.push(detail),
      },
      signal,
    )
  return { replay, sink, steps, troubles, run }
}

async function filled(broker: SharedBroker): Promise<string> {
  const topic = await broker.createTopic({ partitions: 2 })
  const at = Date.now() - 60_000
  await sendMessages(
    broker,
    topic,
    [0, 1, 0, 1, 1].map((partition, i) => ({
      partition,
      value: sampleLogs([`${i}`]).bytes,
      timestamp: String(at + i),
    })),
  )
  return topic
}

kafkaTest(
  'partitions go one after the other, as batches of the same names each time',
  async (t, broker) => {
    const topic = await filled(broker)
    const first = await setUp(broker, topic)
    const ranges = await first.replay.plan()
    t.deepEqual(ranges, [
      { partition: 0, from: 0, to: 2 },
      { partition: 1, from: 0, to: 3 },
    ])
    await first.run(ranges)
    t.deepEqual(first.sink.bodies, ['0', '2', '1', '3', '4'])
    t.deepEqual(first.steps, [
      [0, 2, 2],
      [0, 2, 2],
      [1, 3, 5],
      [1, 3, 5],
    ])
    const names = first.sink.batches.map(({ origin }) => origin)
    const source = await first.replay.source()
    t.regex(names[1]!, new RegExp(`^replay/mine/${source}/${topic}/1/0-3@\\d+$`))
    const second = await setUp(broker, topic)
    await second.run(await second.replay.plan())
    t.deepEqual(
      second.sink.batches.map(({ origin }) => origin),
      names,
    )
    await Promise.all([first.replay.close(), second.replay.close()])
  },
)

kafkaTest(
  'a stage that is full is waited for, and a refusal for good ends it',
  async (t, broker) => {
    const topic = await filled(broker)
    const { replay, run, sink, troubles } = await setUp(broker, topic)
    let tries = 0
    sink.before = () => {
      if (++tries < 3) throw PipelineError.retryable('full')
    }
    await run([{ partition: 0, from: 0, to: 2 }])
    t.deepEqual(troubles, ['full', 'full', undefined])
    sink.before = () => {
      throw PipelineError.permanent('never')
    }
    const error = await t.throwsAsync(run([{ partition: 1, from: 1, to: 3 }]), {
      instanceOf: PipelineError,
      message: new RegExp(`^${topic}/1 offset 1 cannot be processed: never$`),
    })
    t.false((error as PipelineError).retryable)
    await replay.close()
  },
)

kafkaTest(
  'of a filtered batch that is refused, only what matches is set aside',
  async (t, broker) => {
    const topic = await filled(broker)
    const dead = await broker.createTopic()
    const { replay, run, sink, steps } = await setUp(broker, topic, {
      keys: `dead_letter: { topic: ${dead} }`,
      filter: 'log.body == "1" or log.body == "4"',
    })
    sink.before = () => {
      throw PipelineError.permanent('never')
    }
    await run([{ partition: 1, from: 0, to: 3 }])
    t.is(steps.at(-1)![1], 3)
    const letters = await readTopic(t, broker, dead)
    const { batch } = decodeLogs(letters[0]!.value!, { requestId: 'test' })
    t.deepEqual(bodiesOf(batch), ['1', '4'])
    t.is(letters.length, 1)
    await replay.close()
  },
)

kafkaTest('messages that have gone since the plan was made end it', async (t, broker) => {
  const topic = await filled(broker)
  const { replay, run } = await setUp(broker, topic)
  await t.throwsAsync(run([{ partition: 0, from: 4, to: 9 }]), {
    message: /at offset 4: it is not there, or not any more/,
  })
  await replay.close()
})

kafkaTest('an abort ends it, also while nothing comes', async (t, broker) => {
  const topic = await filled(broker)
  const { replay, run, steps } = await setUp(broker, topic)
  const interrupt = new AbortController()
  // The partition ends before: the rest is waited for.
  const running = run([{ partition: 0, from: 0, to: 5 }], interrupt.signal)
  setTimeout(() => interrupt.abort(), 200)
  await t.throwsAsync(running, { instanceOf: PipelineError })
  t.deepEqual(steps, [])
  await replay.close()
})
