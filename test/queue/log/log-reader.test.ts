import test from 'ava'
import { LogReader } from '../../../src/queue/log/log-reader.ts'
import { CrashFiles } from '../../helpers/crash-files.ts'
import { damage, openTestLog, segmentPaths, type TestLog } from '../../helpers/test-log.ts'

const texts = Array.from({ length: 12 }, (_, i) => `text ${i + 1} ${'x'.repeat(60)}`)

/** Three or four texts a segment. */
async function filled(): Promise<{ files: CrashFiles; log: TestLog }> {
  const files = new CrashFiles()
  const log = await openTestLog(files)
  for (const text of texts) await log.append(text)
  return { files, log }
}

test('reading begins anywhere', async t => {
  const files = new CrashFiles()
  const log = await openTestLog(files)
  const places = []
  for (const text of texts) places.push(...(await log.append(text)))
  for (const [i, place] of places.entries()) t.deepEqual(await log.readAll(place), texts.slice(i))
  t.deepEqual(await log.readAll(log.log.tail), [])
})

test('a reader at the end goes on with what comes later', async t => {
  const log = await openTestLog(new CrashFiles())
  const { folder, segments, salt } = log
  const onLost = (): void => t.fail()
  const from = log.log.tail
  const reader = new LogReader({ folder, segments, salt, from, tail: () => log.log.tail, onLost })
  t.is(await reader.next(), undefined)
  for (const text of texts) {
    await log.append(text)
    t.is((await reader.next())?.header.records, 1)
    t.is(await reader.next(), undefined)
    t.deepEqual(reader.place, log.log.tail)
  }
  await reader.close()
})

test('what was written and is not acknowledged yet is not read', async t => {
  const { log } = await filled()
  const { folder, segments, salt } = log
  const [first] = segments
  const tail = { ...first!.begin, totals: { ...first!.begin.totals } }
  const onLost = (): void => t.fail()
  const reader = new LogReader({ folder, segments, salt, from: tail, tail: () => tail, onLost })
  t.is(await reader.next(), undefined)
})

test('one damaged batch is counted, its records at the end of its segment', async t => {
  const { files, log } = await filled()
  const [, second] = segmentPaths(files)
  damage(files, second!, 64 + 40)
  const seen = await log.readAll()
  t.is(seen.filter(text => text === '-1/0').length, 1)
  t.is(seen.filter(text => text === '-0/1').length, 1)
  t.is(seen.filter(text => texts.includes(text)).length, texts.length - 1)
  t.deepEqual(
    seen.filter(text => !text.startsWith('-')),
    texts.filter(text => seen.includes(text)),
  )
})

test('a segment that is damaged from end to end is counted whole', async t => {
  const { files, log } = await filled()
  const [, second, third] = [...log.segments]
  damage(files, segmentPaths(files)[1]!, 64, 448)
  const lost = third!.begin.totals.records - second!.begin.totals.records
  t.is(lostIn(await log.readAll()), `${lost}/${lost}`)
})

test('a segment that is gone is counted from the headers of its neighbours', async t => {
  const { files, log } = await filled()
  const [, second, third] = [...log.segments]
  const lost = third!.begin.totals.records - second!.begin.totals.records
  await log.close()
  files.names.delete(segmentPaths(files)[1]!)
  const next = await openTestLog(files)
  const seen = await next.readAll()
  t.is(lostIn(seen), `${lost}/${lost}`)
  t.is(seen.filter(text => texts.includes(text)).length, texts.length - lost)
})

test('damage in the last segment, before its end, is counted in batches', async t => {
  const files = new CrashFiles()
  const log = await openTestLog(files)
  await log.append('first', 'short', 'last')
  const [path] = segmentPaths(files)
  damage(files, path!, files.names.get(path!)!.content.indexOf('short'))
  t.deepEqual(await log.readAll(), ['first', '-1/0', 'last'])
})

/** All that was reported, as requests/records. */
function lostIn(seen: readonly string[]): string {
  const losses = seen.flatMap(text => /^-(\d+)\/(\d+)$/.exec(text)?.slice(1).map(Number) ?? [])
  const sum = (rest: number): number =>
    losses.reduce((total, count, i) => (i % 2 === rest ? total + count : total), 0)
  return `${sum(0)}/${sum(1)}`
}
