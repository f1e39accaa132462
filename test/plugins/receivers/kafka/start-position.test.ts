import test from 'ava'
import { createTestContext } from '#core/testing'
import { startPosition } from '../../../../plugins/receivers/kafka/start-position.ts'

const base = { topic: 'logs', partition: 0, metadata: 'm', low: 10, high: 100 }
const offsetsAt = async (): Promise<ReadonlyMap<number, number>> => new Map([[0, 42]])

const CASES: readonly [
  title: string,
  offset: number | undefined,
  initial: 'latest' | 'earliest' | number,
  begin: number,
][] = [
  ['nothing committed, earliest', undefined, 'earliest', 10],
  ['nothing committed, latest', undefined, 'latest', 100],
  ['nothing committed, a time', undefined, 1_700_000_000_000, 42],
  ['committed within', 50, 'latest', 50],
  ['committed and already deleted: it keeps the name of its batch', 5, 'latest', 5],
  ['committed beyond the end: the topic was made anew', 500, 'latest', 10],
]

for (const [title, offset, initial, begin] of CASES) {
  test(title, async t => {
    const context = createTestContext('receiver', 'kafka')
    const position = await startPosition({ ...base, offset }, initial, offsetsAt, context)
    t.is(position.offset, begin)
    t.is(position.isInitial, offset === undefined)
    t.is(position.metadata, offset === 500 ? '' : 'm')
    t.is(context.lines.length, offset === 5 || offset === 500 ? 1 : 0)
  })
}

test('a partition that a time says nothing of begins at its end', async t => {
  const nothing = async (): Promise<ReadonlyMap<number, number>> => new Map()
  const context = createTestContext('receiver', 'kafka')
  t.is((await startPosition({ ...base, offset: undefined }, 1, nothing, context)).offset, 100)
})
