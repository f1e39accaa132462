import test from 'ava'
import fc from 'fast-check'
import { MemoryQueue } from '../../src/queue/memory-queue.ts'
import { type QueueItem, wholeLot } from '../../src/queue/queue.ts'
import { settle } from '../../src/testing/manual-clock.ts'
import { sampleLogs } from '../../src/testing/sample-logs.ts'
import { type Verdict, watch } from '../helpers/verdict.ts'

/*
 * The queue against a model that is slow and plain: lists, and one loop that lets in and gives out
 * whatever can move after each step.
 */

const CAPACITY = 5
const SIZE_MAX = CAPACITY + 1

type Step =
  | { readonly do: 'offer'; readonly size: number }
  | { readonly do: 'take' | 'close' }
  | { readonly do: 'done' | 'leave' | 'stop taking'; readonly index: number }

const index = fc.nat(6)
const steps: fc.Arbitrary<Step[]> = fc.array(
  fc.oneof(
    { weight: 10, arbitrary: fc.record({ do: fc.constant('offer' as const), size: size() }) },
    { weight: 8, arbitrary: fc.constant({ do: 'take' as const }) },
    { weight: 7, arbitrary: fc.record({ do: fc.constant('done' as const), index }) },
    { weight: 2, arbitrary: fc.record({ do: fc.constant('leave' as const), index }) },
    { weight: 2, arbitrary: fc.record({ do: fc.constant('stop taking' as const), index }) },
    { weight: 1, arbitrary: fc.constant({ do: 'close' as const }) },
  ),
  { maxLength: 40 },
)

function size(): fc.Arbitrary<number> {
  return fc.integer({ min: 1, max: SIZE_MAX })
}

class Model {
  readonly offers: { id: string; size: number; text: string }[] = []
  /** What each take got; `pending`, an offer's id, or `nothing`. */
  readonly takes: string[] = []
  held: { id: string; size: number; taken: boolean; waiting: boolean }[] = []
  closed = false
  readonly blocking: boolean

  constructor(blocking: boolean) {
    this.blocking = blocking
  }

  get size(): number {
    return this.held.reduce((sum, { size, waiting }) => sum + (waiting ? 0 : size), 0)
  }

  offer(size: number): void {
    const id = String(this.offers.length)
    const isFull = this.size + size > CAPACITY || this.offers.some(({ text }) => text === 'pending')
    let text = 'pending'
    if (this.closed) text = 'retryable shutting_down'
    else if (size > CAPACITY) text = 'permanent larger_than_queue'
    else if (isFull && !this.blocking) text = 'retryable queue_full'
    else this.held.push({ id, size, taken: false, waiting: true })
    this.offers.push({ id, size, text })
  }

  take(): void {
    this.takes.push('pending')
  }

  done(id: string): void {
    this.held = this.held.filter(held => held.id !== id)
  }

  leave(offer: number): void {
    const own = this.offers[offer]
    if (own?.text !== 'pending') return
    own.text = 'retryable cancelled'
    this.done(own.id)
  }

  stopTaking(take: number): void {
    if (this.takes[take] === 'pending') this.takes[take] = 'nothing'
  }

  close(): void {
    this.closed = true
    for (const offer of this.offers) {
      if (offer.text !== 'pending') continue
      offer.text = 'retryable shutting_down'
      this.done(offer.id)
    }
  }

  /** Everything that can move moves. */
  move(): void {
    for (const held of this.held) {
      if (!held.waiting) continue
      if (this.size + held.size > CAPACITY) break
      held.waiting = false
      this.offers[Number(held.id)]!.text = 'ok'
    }
    for (const [take, got] of this.takes.entries()) {
      if (got !== 'pending') continue
      const oldest = this.held.find(({ taken, waiting }) => !taken && !waiting)
      if (oldest === undefined && !this.closed) break
      this.takes[take] = oldest?.id ?? 'nothing'
      if (oldest !== undefined) oldest.taken = true
    }
  }
}

class Real {
  readonly queue: MemoryQueue
  readonly offers: { verdict: Verdict; sender: AbortController }[] = []
  readonly takes: { got: string; item: QueueItem | undefined; taker: AbortController }[] = []

  constructor(blocking: boolean) {
    const name = 'model'
    const overflow = blocking ? 'block' : 'refuse'
    this.queue = new MemoryQueue({ name, sizer: 'items', capacity: CAPACITY, overflow })
  }

  offer(size: number): void {
    const sender = new AbortController()
    const batch = BATCHES[size]!.with({ origin: String(this.offers.length) })
    this.offers.push({ verdict: watch(this.queue.offer(batch, sender.signal)), sender })
  }

  take(): void {
    const taker = new AbortController()
    const take: Real['takes'][number] = { got: 'pending', item: undefined, taker }
    this.takes.push(take)
    void this.queue.take(taker.signal).then(item => {
      take.item = item
      take.got = item?.batch.origin ?? 'nothing'
    })
  }
}

const BATCHES = Array.from({ length: SIZE_MAX + 1 }, (_, size) =>
  sampleLogs(Array<string>(size).fill('x')),
)

function run(step: Step, model: Model, real: Real): void {
  if (step.do === 'offer') {
    model.offer(step.size)
    real.offer(step.size)
  } else if (step.do === 'take') {
    model.take()
    real.take()
  } else if (step.do === 'close') {
    model.close()
    real.queue.close()
  } else if (step.do === 'leave') {
    const offer = model.offers.length - 1 - step.index
    model.leave(offer)
    real.offers[offer]?.sender.abort()
  } else if (step.do === 'stop taking') {
    const take = model.takes.length - 1 - step.index
    model.stopTaking(take)
    real.takes[take]?.taker.abort()
  } else if (step.do === 'done') {
    const item = real.takes[real.takes.length - 1 - step.index]?.item
    if (item === undefined) return
    model.done(item.batch.origin!)
    real.queue.done(wholeLot(item))
  }
}

const isTheModel = test.macro(async (t, blocking: boolean) => {
  await fc.assert(
    fc.asyncProperty(steps, async steps => {
      const model = new Model(blocking)
      const real = new Real(blocking)
      for (const step of steps) {
        run(step, model, real)
        model.move()
        await settle()
        const { verdicts, takes } = {
          verdicts: real.offers.map(({ verdict }) => verdict.text),
          takes: real.takes.map(({ got }) => got),
        }
        t.deepEqual(
          verdicts,
          model.offers.map(({ text }) => text),
          JSON.stringify(steps),
        )
        t.deepEqual(takes, model.takes, JSON.stringify(steps))
        t.is(real.queue.stats().size, model.size)
        t.true(model.size <= CAPACITY)
      }
    }),
    { numRuns: 300 },
  )
})
test('whatever is offered, taken, done, aborted, closed: refusing queue', isTheModel, false)
test('whatever is offered, taken, done, aborted, closed: waiting queue', isTheModel, true)
