import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import test from 'ava'
import { exportQueue } from '../../../src/queue/tools/export-queue.ts'
import { readQueue } from '../../../src/queue/tools/read-queue.ts'
import { repairQueue } from '../../../src/queue/tools/repair-queue.ts'
import { verifyQueue } from '../../../src/queue/tools/verify-queue.ts'
import { bodiesOf } from '../../../src/testing/sample-logs.ts'
import { filledQueue, flipByte } from '../../helpers/filled-queue.ts'

const large = 'x'.repeat(40_000)

async function bodies(directory: string): Promise<string[]> {
  const all: string[] = []
  for await (const batch of exportQueue(await readQueue(directory))) all.push(...bodiesOf(batch))
  return all.map(body => body[0]!)
}

test('damaged bytes are saved, and the queue is whole and keeps the rest', async t => {
  const { directory, queue } = await filledQueue(t, [['a'], ['b'], ['c']])
  await queue.stop()
  const path = join(directory, 'segment-0000000001')
  const record = (await verifyQueue(await readQueue(directory))).bytes / 3
  await flipByte(path, 64 + record + 50)
  const damaged = (await readFile(path)).subarray(64 + record, 64 + 2 * record)
  const [repair, ...others] = await repairQueue(await readQueue(directory))
  t.deepEqual(others, [])
  t.deepEqual(await readFile(repair!.saved), damaged)
  t.deepEqual((await verifyQueue(await readQueue(directory))).damages, [])
  t.deepEqual(await bodies(directory), ['a', 'c'])
})

test('damage at the end of a segment that is full', async t => {
  const { directory, queue } = await filledQueue(t, [[`a${large}`], [`b${large}`], ['c']])
  await queue.stop()
  await flipByte(join(directory, 'segment-0000000001'), 5000)
  t.is((await repairQueue(await readQueue(directory))).length, 1)
  t.deepEqual((await verifyQueue(await readQueue(directory))).damages, [])
  t.deepEqual(await bodies(directory), ['b', 'c'])
})

test('a damaged header is written anew', async t => {
  const { directory, queue } = await filledQueue(t, [[`a${large}`], [`b${large}`], ['c']])
  await queue.stop()
  await flipByte(join(directory, 'segment-0000000002'), 20)
  await repairQueue(await readQueue(directory))
  const { damagedHeaders, troubles } = await readQueue(directory)
  t.deepEqual([damagedHeaders, troubles], [[], []])
  t.deepEqual(await bodies(directory), ['a', 'b', 'c'])
})

test('a queue that is whole is left alone', async t => {
  const { directory, queue } = await filledQueue(t, [['a']])
  await queue.stop()
  t.deepEqual(await repairQueue(await readQueue(directory)), [])
})
