import test, { type ExecutionContext } from 'ava'
import fc from 'fast-check'
import type { Assignment, KafkaConsumer, KafkaMessage } from '#core/kafka'
import { createTestContext } from '#core/testing'
import type { Dispatcher } from '../../../../plugins/receivers/kafka/dispatcher.ts'
import { PartitionMeter } from '../../../../plugins/receivers/kafka/partition-meter.ts'
import { PartitionWorker } from '../../../../plugins/receivers/kafka/partition-worker.ts'
import { kafkaMessage } from '../../../helpers/kafka-message.ts'

/*
 * The protocol of intents against a model of a partition, its commits and a store that knows tokens:
 * whatever step a consumer dies at, before or after it took effect, the next one stores every
 * message once.
 */

const partition = { topic: 'logs', partition: 0 }
const pauses = { initial_interval: 0, max_interval: 0, multiplier: 1, randomization_factor: 0 }

class Model {
  readonly log: KafkaMessage[]
  committed = { offset: 0, metadata: '' }
  readonly stored = new Map<string, number[]>()
  readonly doubtful: string[] = []

  constructor(count: number) {
    this.log = Array.from({ length: count }, (_, offset) => kafkaMessage(offset, 'x'))
  }

  /** What a store with deduplication does: a token that it knows is not stored again. */
  insert(token: string, offsets: number[]): void {
    const before = this.stored.get(token)
    if (before !== undefined && String(before) !== String(offsets)) this.doubtful.push(token)
    this.stored.set(token, before ?? offsets)
  }
}

interface Life {
  /** Steps (commits and inserts) until it dies. */
  readonly steps: number
  /** Does the last step take effect? */
  readonly lastStepWorks: boolean
  /** Messages handed over at a time. */
  readonly fetch: number
  readonly batchBytes: number
}

/** One consumer on the partition, until its death or until all is done. */
async function live(
  model: Model,
  { steps, lastStepWorks, fetch, batchBytes }: Life,
): Promise<void> {
  const end = new AbortController()
  const assignment: Assignment = { partitions: [partition], signal: end.signal }
  let left = steps
  const step = async (effect: () => void): Promise<void> => {
    await Promise.resolve()
    end.signal.throwIfAborted()
    left--
    if (left > 0 || lastStepWorks) effect()
    if (left > 0) return
    end.abort(new Error('died'))
    throw new Error('died')
  }
  let worker: PartitionWorker | undefined
  let position = 0
  let isPaused = true
  const feed = (): void => {
    if (isPaused || end.signal.aborted) return
    const messages = model.log.slice(position, position + fetch)
    if (messages.length === 0) return
    position += messages.length
    worker?.fetched({ ...partition, messages, highWatermark: model.log.length })
    setImmediate(feed)
  }
  const consumer = {
    commit: (_: Assignment, __: unknown, offset: number, metadata: string) =>
      step(() => {
        model.committed = { offset, metadata }
      }),
    seek: (_: unknown, offset: number) => {
      position = offset
    },
    pause: () => {
      isPaused = true
    },
    resume: () => {
      isPaused = false
      setImmediate(feed)
    },
  }
  const dispatcher = {
    dispatch: (_: unknown, messages: readonly KafkaMessage[], token: string) =>
      step(() =>
        model.insert(
          token,
          messages.map(({ offset }) => offset),
        ),
      ),
  }
  const context = createTestContext('receiver', 'kafka')
  worker = new PartitionWorker({
    context,
    consumer: consumer as unknown as KafkaConsumer,
    assignment,
    partition,
    dispatcher: dispatcher as unknown as Dispatcher,
    meter: new PartitionMeter(context, partition),
    pauses,
    batchBytesMax: batchBytes,
    bytesMax: batchBytes * 2,
    flushMs: 1,
    origin: 'cluster/logs/0',
    draining: new AbortController().signal,
    onLost: reason => {
      throw new Error(reason)
    },
  })
  const bounds = { low: 0, high: model.log.length, isInitial: false }
  const running = worker.run({ ...partition, ...model.committed, ...bounds })
  const isDone = (): boolean =>
    model.committed.offset === model.log.length && model.committed.metadata === ''
  while (!end.signal.aborted && !isDone()) await new Promise(resolve => setImmediate(resolve))
  end.abort()
  await running
}

const life = fc.record({
  steps: fc.integer({ min: 1, max: 12 }),
  lastStepWorks: fc.boolean(),
  fetch: fc.integer({ min: 1, max: 9 }),
  batchBytes: fc.integer({ min: 50, max: 900 }),
})

test('wherever consumers die, every message is stored once, in batches of one name', async t => {
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: 1, max: 40 }), fc.array(life), async (count, lives) => {
      const model = new Model(count)
      for (const one of lives) await live(model, one)
      await live(model, { steps: 1e9, lastStepWorks: true, fetch: 5, batchBytes: 300 })
      t.deepEqual(model.doubtful, [])
      t.deepEqual(
        [...model.stored.values()].flat().sort((a, b) => a - b),
        model.log.map(({ offset }) => offset),
      )
    }),
    { numRuns: 200 },
  )
})

interface Idle {
  readonly worker: PartitionWorker
  readonly lost: string[]
  /** What the consumer was told: are more messages wanted? */
  readonly wanted: boolean[]
}

/** A worker that has been assigned the partition from offset 5 on; `dispatch` takes its batches. */
function working(
  t: ExecutionContext,
  dispatch: (messages: readonly KafkaMessage[]) => Promise<void>,
  { batchBytesMax = 1e6, bytesMax = 1e6 }: { batchBytesMax?: number; bytesMax?: number } = {},
): Idle {
  const lost: string[] = []
  const wanted: boolean[] = []
  const end = new AbortController()
  t.teardown(() => end.abort())
  const context = createTestContext('receiver', 'kafka')
  const consumer = {
    commit: () => Promise.resolve(),
    seek: () => undefined,
    pause: () => wanted.push(false),
    resume: () => wanted.push(true),
  }
  const worker = new PartitionWorker({
    context,
    consumer: consumer as unknown as KafkaConsumer,
    assignment: { partitions: [partition], signal: end.signal },
    partition,
    dispatcher: {
      dispatch: (_: unknown, messages: readonly KafkaMessage[]) => dispatch(messages),
    } as unknown as Dispatcher,
    meter: new PartitionMeter(context, partition),
    pauses,
    batchBytesMax,
    bytesMax,
    flushMs: 1e6,
    origin: 'cluster/logs/0',
    draining: new AbortController().signal,
    onLost: reason => lost.push(reason),
  })
  void worker.run({ ...partition, offset: 5, metadata: '', low: 0, high: 9, isInitial: false })
  return { worker, lost, wanted }
}

function fetch(worker: PartitionWorker, ...offsets: readonly number[]): void {
  const messages = offsets.map(offset => kafkaMessage(offset, 'x'))
  worker.fetched({ ...partition, messages, highWatermark: 9 })
}

test('a message that comes again is a reason to read everything anew', t => {
  const { worker, lost } = working(t, () => Promise.resolve())
  fetch(worker, 7)
  fetch(worker, 0)
  t.deepEqual(lost, ['offset 0 came after 7: the topic was made anew, or truncated'])
})

test('an error that nobody has thought of is one, too', async t => {
  const { worker, lost } = working(t, () => Promise.reject(new Error('a bug')), {
    batchBytesMax: 1,
  })
  fetch(worker, 5)
  while (lost.length === 0) await new Promise(resolve => setImmediate(resolve))
  t.deepEqual(lost, ['partition: a bug'])
})

test('a batch under way counts as held, also the second in a row', async t => {
  const delivered: number[][] = []
  let release = (): void => undefined
  const dispatch = async (messages: readonly KafkaMessage[]): Promise<void> => {
    delivered.push(messages.map(({ offset }) => offset))
    if (delivered.length > 1) await new Promise<void>(resolve => (release = resolve))
  }
  // A message counts as 101 bytes: two make a batch, four are the most.
  const { worker, wanted } = working(t, dispatch, { batchBytesMax: 202, bytesMax: 404 })
  fetch(worker, 5, 6, 7, 8)
  while (delivered.length < 2) await new Promise(resolve => setImmediate(resolve))
  t.deepEqual(delivered, [
    [5, 6],
    [7, 8],
  ])
  t.deepEqual(wanted, [true, false, true])
  fetch(worker, 9, 10)
  t.deepEqual(wanted, [true, false, true, false])
  release()
})
