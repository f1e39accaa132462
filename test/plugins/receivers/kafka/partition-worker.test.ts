import test, { type ExecutionContext } from 'ava'
import fc from 'fast-check'
import type { PluginContext } from '#core'
import type { Assignment, KafkaConsumer, KafkaMessage } from '#core/kafka'
import { createTestContext } from '#core/testing'
import type { Dispatcher } from '../../../../plugins/receivers/kafka/dispatcher.ts'
import { PartitionMeter } from '../../../../plugins/receivers/kafka/partition-meter.ts'
import { PartitionWorker } from '../../../../plugins/receivers/kafka/partition-worker.ts'
import { kafkaMessage } from '../../../helpers/kafka-message.ts'
import { until } from '../../../helpers/until.ts'

/*
 * The protocol of intents against a model of a partition, its commits and a store that knows tokens:
 * whatever step a consumer dies at, before or after it took effect, the next one stores every
 * message once.
 */

const partition = { topic: 'logs', partition: 0 }
const pauses = { initial_interval: 0, max_interval: 0, multiplier: 1, randomization_factor: 0 }

class Model {
  /** Undefined: the end of a transaction, or of one that was aborted. */
  readonly log: readonly (KafkaMessage | undefined)[]
  committed = { offset: 0, metadata: '' }
  readonly stored = new Map<string, number[]>()
  readonly doubtful: string[] = []

  constructor(isMessage: readonly boolean[]) {
    this.log = isMessage.map((is, offset) => (is ? kafkaMessage(offset, 'x') : undefined))
  }

  get offsets(): number[] {
    return this.log.flatMap(message => message?.offset ?? [])
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
    const from = position
    const behind = Math.min(from + fetch, model.log.length)
    if (from >= behind) return
    position = behind
    const messages = model.log.slice(from, behind).filter(message => message !== undefined)
    const common = { ...partition, end: behind, highWatermark: model.log.length }
    if (messages.length > 0) worker?.fetched({ ...common, messages })
    else worker?.skipped({ ...common, from })
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
  const last = model.offsets.at(-1) ?? -1
  const isDone = (): boolean => model.committed.offset > last && model.committed.metadata === ''
  while (!end.signal.aborted && !isDone()) await new Promise(resolve => setImmediate(resolve))
  end.abort()
  await running
}

const log = fc.array(fc.boolean(), { minLength: 1, maxLength: 40 })

const life = fc.record({
  steps: fc.integer({ min: 1, max: 12 }),
  lastStepWorks: fc.boolean(),
  fetch: fc.integer({ min: 1, max: 9 }),
  batchBytes: fc.integer({ min: 50, max: 900 }),
})

test('wherever consumers die, every message is stored once, in batches of one name', async t => {
  await fc.assert(
    fc.asyncProperty(log, fc.array(life), async (isMessage, lives) => {
      const model = new Model(isMessage)
      for (const one of lives) await live(model, one)
      await live(model, { steps: 1e9, lastStepWorks: true, fetch: 5, batchBytes: 300 })
      t.deepEqual(model.doubtful, [])
      t.deepEqual(
        [...model.stored.values()].flat().sort((a, b) => a - b),
        model.offsets,
      )
    }),
    { numRuns: 200 },
  )
})

interface Idle {
  readonly context: PluginContext
  readonly commits: number[]
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
  const commits: number[] = []
  const lost: string[] = []
  const wanted: boolean[] = []
  const end = new AbortController()
  t.teardown(() => end.abort())
  const context = createTestContext('receiver', 'kafka')
  const consumer = {
    commit: async (_: Assignment, __: unknown, offset: number) => commits.push(offset),
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
  return { context, commits, worker, lost, wanted }
}

function fetch(worker: PartitionWorker, ...offsets: readonly number[]): void {
  const messages = offsets.map(offset => kafkaMessage(offset, 'x'))
  worker.fetched({ ...partition, messages, end: offsets.at(-1)! + 1, highWatermark: 9 })
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

async function lagOf({ metrics }: PluginContext): Promise<number | undefined> {
  const { values } = await metrics.kafka.offsetLag.get()
  return values[0]?.value
}

test('what holds no messages leaves no lag, and is committed with what came before it', async t => {
  const { context, worker, commits } = working(t, async () => undefined, { batchBytesMax: 1 })
  worker.skipped({ ...partition, from: 5, end: 6, highWatermark: 6 })
  t.is(await lagOf(context), 0)
  worker.fetched({ ...partition, messages: [kafkaMessage(6, 'x')], end: 8, highWatermark: 8 })
  await until(() => commits.length === 2)
  t.deepEqual(commits, [6, 8])
  worker.skipped({ ...partition, from: 8, end: 20, highWatermark: 20 })
  t.is(await lagOf(context), 0)
})

test('what is said of other offsets than the next ones does not count', async t => {
  const { context, worker } = working(t, async () => undefined)
  worker.skipped({ ...partition, from: 0, end: 4, highWatermark: 9 })
  worker.skipped({ ...partition, from: 6, end: 9, highWatermark: 9 })
  t.is(await lagOf(context), 4)
})
