import test, { type ExecutionContext } from 'ava'
import fc from 'fast-check'
import { FileQueue } from '../../src/queue/file-queue.ts'
import type { Lot, LotPart, QueueItem } from '../../src/queue/queue.ts'
import { ManualClock } from '../../src/testing/manual-clock.ts'
import { bodiesOf, sampleLogs } from '../../src/testing/sample-logs.ts'
import { CrashFiles, type CrashKind } from '../helpers/crash-files.ts'
import { NEVER, watch } from '../helpers/verdict.ts'

/*
 * The queue on disk against what is promised of it, with a crash in the middle of any call to the
 * file system: whatever was acknowledged arrives, nothing arrives twice at a destination that knows
 * its tokens, and one token never names other records.
 */

interface Step {
  readonly do: 'offer' | 'send' | 'forget'
  readonly size: number
}

interface Life {
  readonly steps: readonly Step[]
  /** Calls to the file system until the crash. */
  readonly calls: number
  readonly kind: CrashKind
}

const step: fc.Arbitrary<Step> = fc.record({
  do: fc.constantFrom('offer', 'offer', 'send', 'forget'),
  size: fc.integer({ min: 1, max: 4 }),
})
const life: fc.Arbitrary<Life> = fc.record({
  steps: fc.array(step, { minLength: 1, maxLength: 25 }),
  calls: fc.integer({ min: 0, max: 120 }),
  kind: fc.constantFrom('kill', 'power'),
})

/** The destination: it remembers what it has stored under which token. */
class Store {
  readonly lots = new Map<string, string>()

  insert(token: string, bodies: readonly string[]): void {
    const content = bodies.join()
    const known = this.lots.get(token)
    if (known !== undefined && known !== content) {
      throw new Error(`${token} was ${known} and is ${content} now`)
    }
    this.lots.set(token, content)
  }

  get bodies(): string[] {
    return [...this.lots.values()].flatMap(content => content.split(','))
  }
}

/** One process: offers, and a sender that forms lots as the batch former does. */
class Process {
  readonly queue: FileQueue
  readonly #store: Store
  readonly #taken: LotPart[] = []
  #resumed = false

  constructor(files: CrashFiles, store: Store, sync: boolean) {
    this.#store = store
    this.queue = new FileQueue({
      name: 'model',
      directory: '/queue',
      sizer: 'bytes',
      capacity: 1e9,
      overflow: 'refuse',
      segmentBytes: 2048,
      memoryBytes: 2500,
      sync,
      files,
      clock: new ManualClock(),
      events: { trouble: () => {}, dropped: () => {}, keptAfterAll: () => {} },
    })
  }

  /** Sends one lot; `isDone` false: crashed before the destination's answer was noted. */
  async send(records: number, isDone: boolean): Promise<boolean> {
    const lot = (await this.#resume()) ?? (await this.#form(records))
    if (lot === undefined) return false
    this.#store.insert(tokenOf(lot), bodiesOfLot(lot))
    if (isDone) this.queue.done(lot)
    return true
  }

  async #resume(): Promise<Lot | undefined> {
    if (this.#resumed) return undefined
    const lot = await this.queue.resume()
    this.#resumed = lot === undefined
    return lot
  }

  async #form(records: number): Promise<Lot | undefined> {
    const parts: LotPart[] = []
    let left = records
    while (left > 0) {
      const part = this.#taken.shift() ?? (await this.#take())
      if (part === undefined) break
      const to = Math.min(part.to, part.from + left)
      parts.push({ ...part, to })
      if (to < part.to) this.#taken.push({ ...part, from: to })
      left -= to - part.from
    }
    if (parts.length === 0) return undefined
    const lot = { parts }
    await this.queue.begin(lot)
    return lot
  }

  /** What can be had without waiting for another offer. */
  async #take(): Promise<LotPart | undefined> {
    const enough = new AbortController()
    let item: QueueItem | undefined
    const take = this.queue.take(enough.signal).then(taken => {
      item = taken
    })
    for (let i = 0; i < 30 && item === undefined; i++) {
      await new Promise(resolve => setImmediate(resolve))
    }
    enough.abort()
    await take
    return item && { item, from: item.begunRecords ?? 0, to: item.batch.count }
  }
}

function tokenOf({ parts }: Lot): string {
  return parts.map(({ item, from, to }) => `${item.batch.origin}[${from}-${to}]`).join('+')
}

function bodiesOfLot({ parts }: Lot): string[] {
  return parts.flatMap(({ item, from, to }) => bodiesOf(item.batch).slice(from, to))
}

interface Outcome {
  readonly acked: readonly string[]
  readonly offered: ReadonlySet<string>
  readonly stored: readonly string[]
}

async function run(lives: readonly Life[], sync: boolean, seed: number): Promise<Outcome> {
  const random = randomOf(seed)
  const store = new Store()
  const acked: string[] = []
  const offered = new Set<string>()
  let files = new CrashFiles()
  let count = 0
  for (const { steps, calls, kind } of lives) {
    files.callsLeft = calls
    const process = new Process(files, store, sync)
    files.onCrash = () => process.queue.close()
    try {
      await process.queue.start()
      for (const { do: what, size } of steps) {
        if (what !== 'offer') {
          await process.send(size, what === 'send')
          continue
        }
        // Several at once, so that they share a write.
        const offers = Array.from({ length: size }, () => {
          const bodies = Array.from({ length: 1 + (count % 3) }, (_, i) => body(count, i))
          count++
          for (const text of bodies) offered.add(text)
          const verdict = watch(process.queue.offer(sampleLogs(bodies), NEVER))
          return verdict.promise.then(() => {
            if (verdict.text === 'ok') acked.push(...bodies)
          })
        })
        await Promise.all(offers)
      }
      await process.queue.stop()
    } catch (error) {
      if (!files.crashed) throw error
    }
    process.queue.close()
    files = files.afterCrash(kind, random)
  }
  const last = new Process(files, store, sync)
  await last.queue.start()
  while (await last.send(3, true)) {}
  const { size } = last.queue.stats()
  if (size !== 0) throw new Error(`empty, and still ${size} bytes are held`)
  await last.queue.stop()
  return { acked, offered, stored: store.bodies }
}

/** Of various lengths, so that segments end at various places. */
function body(offer: number, record: number): string {
  return `${offer}.${record}-${'x'.repeat((offer * 37) % 300)}`
}

function randomOf(seed: number): () => number {
  let state = seed
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return state / 2 ** 32
  }
}

function lost({ acked, stored }: Outcome): string[] {
  const there = new Set(stored)
  return acked.filter(text => !there.has(text))
}

const survives = test.macro(async (t: ExecutionContext, kinds: readonly CrashKind[]) => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(life, { minLength: 1, maxLength: 4 }),
      fc.nat(),
      async (all, seed) => {
        const lives = all.map(one => ({
          ...one,
          kind: kinds.includes(one.kind) ? one.kind : kinds[0]!,
        }))
        const outcome = await run(lives, true, seed)
        const { stored, offered } = outcome
        if (lost(outcome).length > 0) throw new Error(`lost ${lost(outcome).join(' ')}`)
        if (new Set(stored).size < stored.length) throw new Error('something was stored twice')
        const invented = stored.filter(text => !offered.has(text))
        if (invented.length > 0) throw new Error(`invented ${invented.join(' ')}`)
      },
    ),
    {
      includeErrorInReport: true,
      numRuns: process.env['FUZZ_RUNS'] ? Number(process.env['FUZZ_RUNS']) : 150,
    },
  )
  t.pass()
})
test('killed anywhere, it loses and doubles nothing', survives, ['kill'])
test('a power cut anywhere loses and doubles nothing', survives, ['power'])
test('any series of both loses and doubles nothing', survives, ['kill', 'power'])

test('the model sees the loss when it does not wait for the disk', async t => {
  let losses = 0
  for (let seed = 0; seed < 60; seed++) {
    const steps = Array.from({ length: 8 }, () => ({ do: 'offer', size: 2 }) as const)
    const outcome = await run([{ steps, calls: 60 + seed, kind: 'power' }], false, seed)
    losses += lost(outcome).length
  }
  t.true(losses > 0)
})
