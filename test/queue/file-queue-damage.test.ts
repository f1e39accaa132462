import test from 'ava'
import fc from 'fast-check'
import { type Lot, type Sizer, wholeLot } from '../../src/queue/queue.ts'
import { settle } from '../../src/testing/manual-clock.ts'
import type { CrashFiles } from '../helpers/crash-files.ts'
import { bodiesOfLot, openTestQueue, type TestQueue } from '../helpers/file-queue.ts'
import { damage, segmentPaths } from '../helpers/test-log.ts'

/*
 * What the queue does about bytes that are not as it wrote them: it passes over them, tells it,
 * and its books are straight afterwards.
 */

/** Damages the batch that has this text in it, wherever it lies. */
function damageBatch(files: CrashFiles, text: string): void {
  for (const path of segmentPaths(files)) {
    const at = files.names.get(path)!.content.indexOf(text)
    if (at >= 0) return damage(files, path, at)
  }
  throw new Error(`${text} is in no segment`)
}

/** Everything that is left, also lots that were begun; afterwards nothing is held any more. */
async function emptied(next: TestQueue): Promise<string[]> {
  const seen: string[] = []
  for (const lot of await next.resumeAll()) {
    seen.push(...bodiesOfLot(lot))
    next.queue.done(lot)
  }
  // With books that are not straight it would wait for ever.
  let taken = 0
  const giveUp = new AbortController()
  const draining = (async () => {
    for (let item = await next.queue.take(giveUp.signal); item !== undefined; taken++) {
      const lot = wholeLot(item)
      seen.push(...bodiesOfLot(lot))
      await next.queue.begin(lot)
      next.queue.done(lot)
      item = await next.queue.take(giveUp.signal)
    }
  })()
  for (let before = -1; before !== taken; ) {
    before = taken
    for (let i = 0; i < 100; i++) await settle()
  }
  giveUp.abort()
  await draining
  return seen
}

const SIZERS = ['bytes', 'items', 'requests'] as const

for (const sizer of SIZERS) {
  test(`a damaged batch among good ones leaves no room taken, counting ${sizer}`, async t => {
    const first = await openTestQueue({ sizer })
    await first.offerAll('aaaa,1', 'bbbb,2', 'cccc,3')
    await first.queue.stop()
    damageBatch(first.files, 'bbbb')
    const next = await openTestQueue({ sizer, files: first.files })
    t.deepEqual(await emptied(next), ['aaaa', '1', 'cccc', '3'])
    t.like(next.queue.stats(), { size: 0, requests: 0, items: 0, bytes: 0 })
    t.true(next.troubles.includes('part of the queue is damaged and was passed over'))
  })
}

test('what is lost in a segment is counted as soon as it has been passed', async t => {
  const first = await openTestQueue()
  const bodies = Array.from({ length: 12 }, (_, i) => `body-${i}- ${'x'.repeat(300)}`)
  await first.offerAll(...bodies)
  await first.queue.stop()
  damageBatch(first.files, 'body-1-')
  const next = await openTestQueue({ files: first.files })
  t.deepEqual(
    await emptied(next),
    bodies.filter((_, i) => i !== 1),
  )
  t.deepEqual(next.dropped, ['damaged 1'])
  t.like(next.queue.stats(), { size: 0, requests: 0, items: 0, bytes: 0 })
})

test('damage behind which something was sent is not told again by the next process', async t => {
  const first = await openTestQueue()
  const bodies = Array.from({ length: 12 }, (_, i) => `body-${i}- ${'x'.repeat(300)}`)
  await first.offerAll(...bodies)
  await first.queue.stop()
  damageBatch(first.files, 'body-0-')
  const second = await openTestQueue({ files: first.files })
  for (const body of bodies.slice(1, 8)) {
    const lot = wholeLot(await second.take())
    t.deepEqual(bodiesOfLot(lot), [body])
    await second.queue.begin(lot)
    second.queue.done(lot)
  }
  await second.queue.stop()
  const third = await openTestQueue({ files: first.files })
  t.deepEqual(await emptied(third), bodies.slice(8))
  t.deepEqual([second.dropped, third.dropped], [['damaged 1'], []])
  t.is(third.queue.stats().size, 0)
})

test('when a batch is damaged of which some was begun, the one behind it is sent whole', async t => {
  const first = await openTestQueue({ sizer: 'items' })
  await first.offerAll('aaaa,1,2,3', 'bbbb,4,5,6')
  await first.queue.begin({ parts: [{ item: await first.take(), from: 0, to: 2 }] })
  await first.queue.stop()
  damageBatch(first.files, 'aaaa')
  const next = await openTestQueue({ sizer: 'items', files: first.files })
  t.deepEqual(await emptied(next), ['bbbb', '4', '5', '6'])
  t.deepEqual(next.dropped, ['damaged 2'])
  t.is(next.queue.stats().size, 0)
})

test('a lot in which a batch is damaged comes back without it, and its books are straight', async t => {
  const first = await openTestQueue({ sizer: 'items' })
  await first.offerAll('aaaa,1', 'bbbb,2', 'cccc,3', 'dddd')
  const items = [await first.take(), await first.take(), await first.take()]
  const lot: Lot = { parts: items.flatMap(item => wholeLot(item).parts) }
  await first.queue.begin(lot)
  await first.queue.stop()
  damageBatch(first.files, 'bbbb')
  const next = await openTestQueue({ sizer: 'items', files: first.files })
  t.deepEqual(await emptied(next), ['aaaa', '1', 'cccc', '3', 'dddd'])
  t.deepEqual(next.dropped, ['damaged 2'])
  t.like(next.queue.stats(), { size: 0, requests: 0, items: 0, bytes: 0 })
})

test('a lot keeps its identity although a batch in it is damaged', async t => {
  const first = await openTestQueue()
  await first.offerAll('aaaa', 'bbbb', 'cccc')
  const items = [await first.take(), await first.take()]
  const lot: Lot = { parts: items.flatMap(item => wholeLot(item).parts) }
  await first.queue.begin(lot)
  const alone = wholeLot(await first.take())
  await first.queue.begin(alone)
  const name = first.queue.nameOf(lot)
  t.regex(String(name), /^[0-9a-f]{16}\/1\.0-3\.0$/)
  t.is(first.queue.nameOf(alone), undefined)
  await first.queue.stop()
  damageBatch(first.files, 'bbbb')
  const next = await openTestQueue({ files: first.files })
  const [resumed] = await next.resumeAll()
  t.deepEqual(bodiesOfLot(resumed!), ['aaaa'])
  t.is(next.queue.nameOf(resumed!), name)
})

test('a lot whose last batch is damaged does not take the next one for it', async t => {
  const first = await openTestQueue({ sizer: 'items' })
  await first.offerAll('aaaa,1', 'bbbb,2', 'cccc,3')
  const items = [await first.take(), await first.take()]
  await first.queue.begin({ parts: items.flatMap(item => wholeLot(item).parts) })
  await first.queue.stop()
  damageBatch(first.files, 'bbbb')
  const next = await openTestQueue({ sizer: 'items', files: first.files })
  const [lot, ...more] = await next.resumeAll()
  t.is(more.length, 0)
  t.deepEqual(
    lot!.parts.map(({ from, to }) => [from, to]),
    [[0, 2]],
  )
  next.queue.done(lot!)
  t.deepEqual(await emptied(next), ['cccc', '3'])
  t.is(next.queue.stats().size, 0)
})

test('a lot of which nothing is left is counted and forgotten', async t => {
  const first = await openTestQueue()
  await first.offerAll('aaaa,1', 'bbbb,2')
  await first.queue.begin(wholeLot(await first.take()))
  await first.queue.stop()
  damageBatch(first.files, 'aaaa')
  const next = await openTestQueue({ files: first.files })
  t.deepEqual(await emptied(next), ['bbbb', '2'])
  t.deepEqual(next.dropped, ['damaged 2'])
  t.is(next.queue.stats().size, 0)
})

test('both cursor files damaged: everything is sent again, and said', async t => {
  const first = await openTestQueue()
  await first.offerAll('a', 'b', 'c')
  const lot = wholeLot(await first.take())
  await first.queue.begin(lot)
  first.queue.done(lot)
  await first.queue.stop()
  for (const name of ['cursor-a', 'cursor-b']) damage(first.files, `/q/${name}`, 0, 64)
  const next = await openTestQueue({ files: first.files })
  t.deepEqual(await emptied(next), ['a', 'b', 'c'])
  t.deepEqual(next.troubles, [
    'the cursor files cannot be read: everything in the queue is sent again',
  ])
})

test('whatever is damaged in the segments, the rest comes in order and the books are straight', async t => {
  const sizer: fc.Arbitrary<Sizer> = fc.constantFrom(...SIZERS)
  const wounds = fc.array(fc.tuple(fc.nat(9), fc.integer({ min: 64, max: 2047 }), fc.nat(300)), {
    minLength: 1,
    maxLength: 4,
  })
  const cuts = fc.array(fc.integer({ min: 1, max: 5 }), { maxLength: 6 })
  await fc.assert(
    fc.asyncProperty(sizer, wounds, cuts, async (unit, all, sizes) => {
      const first = await openTestQueue({ sizer: unit })
      const bodies = Array.from({ length: 20 }, (_, i) => [
        `${i}.0`,
        `${i}.1 ${'x'.repeat(i * 20)}`,
      ])
      await first.offerAll(...bodies.map(pair => pair.join()))
      // Lots of any size, begun and never done, across batches.
      let left: Lot['parts'][number] | undefined
      for (const size of sizes) {
        const parts: Lot['parts'][number][] = []
        for (let need = size; need > 0; ) {
          const part = left ?? { item: await first.take(), from: 0, to: 2 }
          const to = Math.min(part.to, part.from + need)
          parts.push({ ...part, to })
          need -= to - part.from
          left = to < part.to ? { ...part, from: to } : undefined
        }
        await first.queue.begin({ parts })
      }
      await first.queue.stop()
      const paths = segmentPaths(first.files)
      for (const [index, at, bytes] of all) {
        const path = paths[index % paths.length]!
        damage(first.files, path, at, Math.min(bytes, 2048 - at))
      }
      const next = await openTestQueue({ sizer: unit, files: first.files })
      const seen = await emptied(next)
      const order = bodies.flat().filter(body => seen.includes(body))
      t.deepEqual(seen, order)
      t.like(next.queue.stats(), { size: 0, requests: 0, items: 0, bytes: 0 })
    }),
    { numRuns: 60 },
  )
})
