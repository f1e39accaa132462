import test from 'ava'
import fc from 'fast-check'
import {
  HOPELESS_INSERTS,
  insertParts,
  SEARCH_INSERTS_MAX,
} from '../../../../plugins/exporters/clickhouse/insert-parts.ts'
import type { InsertPart } from '../../../../plugins/exporters/clickhouse/split-batch.ts'
import type { LogBatch } from '../../../../src/batch/log-batch.ts'
import { PipelineError, type RefusedPart } from '../../../../src/plugin/pipeline-error.ts'
import { bodiesOf, sampleLogs } from '../../../../src/testing/index.ts'

/** A table that refuses a block with a bad record, and remembers tokens as ClickHouse does. */
class Table {
  readonly stored: string[] = []
  readonly tokens: string[] = []
  readonly halved = new Set<string>()
  isBad: (body: string) => boolean = body => body.startsWith('bad')
  /** Called before each insert, with how many came before it. */
  before: (inserts: number) => void = () => {}

  async insert({ batch, origin }: InsertPart): Promise<void> {
    this.before(this.tokens.length)
    const isRepeated = this.tokens.includes(origin)
    this.tokens.push(origin)
    const bad = bodiesOf(batch).filter(body => this.isBad(body))
    if (bad.length > 0) throw PipelineError.permanent(`refused ${bad[0]}`, { reason: 'rejected' })
    if (!isRepeated) this.stored.push(...bodiesOf(batch))
  }

  async run(batch: LogBatch): Promise<PipelineError | undefined> {
    try {
      const parts = [{ batch, origin: 'o' }]
      await insertParts(parts, part => this.insert(part), this.halved)
      return undefined
    } catch (error) {
      return PipelineError.from(error)
    }
  }
}

const bodies = (parts: readonly RefusedPart[] | undefined): string[] =>
  (parts ?? []).flatMap(({ records }) => bodiesOf(records))

function numbered(count: number, isBad: (i: number) => boolean): string[] {
  return Array.from({ length: count }, (_, i) => (isBad(i) ? `bad ${i}` : `good ${i}`))
}

test('the bad records are found, each with its own reason, and all others stored once', async t => {
  const table = new Table()
  const all = numbered(1000, i => i === 17 || i === 612)
  const error = await table.run(sampleLogs(all))
  t.like(error, { retryable: false, reason: 'rejected' })
  t.is(error?.rejected?.count, 2)
  t.deepEqual(
    error?.rejected?.parts?.map(part => [...bodiesOf(part.records), part.error.message]).sort(),
    [
      ['bad 17', 'refused bad 17'],
      ['bad 612', 'refused bad 612'],
    ],
  )
  t.deepEqual([...table.stored].sort(), all.filter(body => body.startsWith('good')).sort())
  t.regex(error?.message ?? '', /^2 of 1000 records were refused, the first: refused bad/)
})

test('a good batch is one insert', async t => {
  const table = new Table()
  t.is(await table.run(sampleLogs(['a', 'b'])), undefined)
  t.deepEqual(table.tokens, ['o'])
})

test('one bad record alone is refused as it is', async t => {
  const error = await new Table().run(sampleLogs(['bad 0']))
  t.like(error, { message: 'refused bad 0', rejected: undefined })
})

test('the search is bounded, and what is left then is rejected whole', async t => {
  const table = new Table()
  const all = numbered(4096, i => i % 64 === 0 && i > 1024)
  const error = await table.run(sampleLogs(all))
  t.true(table.tokens.length <= SEARCH_INSERTS_MAX, `${table.tokens.length}`)
  const rejected = bodies(error?.rejected?.parts)
  t.is(error?.rejected?.count, rejected.length)
  t.deepEqual([...rejected, ...table.stored].sort(), [...all].sort())
})

test('when nothing goes in at all, the search ends early', async t => {
  const table = new Table()
  const error = await table.run(sampleLogs(numbered(1000, () => true)))
  t.is(error?.rejected?.count, 1000)
  t.true(table.tokens.length <= 2 * HOPELESS_INSERTS, `${table.tokens.length}`)
})

test('trouble in the middle is retryable; the repetition stores nothing twice', async t => {
  const table = new Table()
  const batch = sampleLogs(numbered(100, i => i === 60))
  table.before = inserts => {
    if (inserts === 4) throw PipelineError.retryable('connection lost')
  }
  const first = await table.run(batch)
  t.like(first, { retryable: true, message: 'connection lost' })
  const before = [...table.stored]
  t.true(before.length > 0)
  t.deepEqual([...before, ...bodies(first?.pending)].sort(), bodiesOf(batch).sort())
  table.before = () => {}
  const second = await table.run(batch)
  t.deepEqual(bodies(second?.rejected?.parts), ['bad 60'])
  t.is(table.stored.length, 99)
  t.is(new Set(table.stored).size, 99)
})

test('a table that was mended in the meantime gets nothing twice either', async t => {
  const table = new Table()
  const batch = sampleLogs(numbered(100, i => i === 60))
  table.before = inserts => {
    if (inserts === 3) throw PipelineError.retryable('connection lost')
  }
  await table.run(batch)
  table.before = () => {}
  table.isBad = () => false
  t.is(await table.run(batch), undefined)
  t.deepEqual([...table.stored].sort(), bodiesOf(batch).sort())
})

test('what is pending keeps the identities it was sent under', async t => {
  const table = new Table()
  const batch = sampleLogs(numbered(10, i => i === 9))
  table.before = inserts => {
    if (inserts === 2) throw PipelineError.retryable('connection lost')
  }
  const error = await table.run(batch)
  t.deepEqual(
    error?.pending?.map(({ origin, records }) => [origin, records.count]),
    [['o#1', 5]],
  )
})

test('a failure before anything was stored or halved is passed on as it is', async t => {
  const down = PipelineError.retryable('down')
  const table = new Table()
  table.before = () => {
    throw down
  }
  t.is(await table.run(sampleLogs(['a', 'b'])), down)
})

test('whatever is bad and whenever there is trouble: good records once, bad ones rejected', async t => {
  const cases = fc.record({
    count: fc.integer({ min: 1, max: 60 }),
    bad: fc.array(fc.nat(59), { maxLength: 3 }),
    troubles: fc.array(fc.nat(30), { maxLength: 4 }),
  })
  await fc.assert(
    fc.asyncProperty(cases, async ({ count, bad, troubles }) => {
      const table = new Table()
      const all = numbered(count, i => bad.includes(i))
      const batch = sampleLogs(all)
      const left = [...troubles]
      table.before = inserts => {
        const at = left.indexOf(inserts)
        if (at < 0) return
        left.splice(at, 1)
        throw PipelineError.retryable('trouble')
      }
      let error = await table.run(batch)
      while (error?.retryable) error = await table.run(batch)
      const parts = error?.rejected?.parts
      const refused = error === undefined ? [] : parts === undefined ? all : bodies(parts)
      return (
        refused.every(body => body.startsWith('bad')) &&
        JSON.stringify([...table.stored, ...refused].sort()) === JSON.stringify([...all].sort())
      )
    }),
    { numRuns: 200 },
  )
  t.pass()
})
