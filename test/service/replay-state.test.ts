import { readFile, writeFile } from 'node:fs/promises'
import test from 'ava'
import { type ReplayIdentity, ReplayState } from '../../src/service/replay-state.ts'
import { tempFolder } from '../helpers/temp-folder.ts'

const identity: ReplayIdentity = {
  source: 'cluster',
  receiver: 'kafka',
  request: { topic: 'logs', from: { offset: 1 }, to: { timeMs: 5 }, name: 'default' },
}
const RANGES = [
  { partition: 0, from: 1, to: 10, done: 4 },
  { partition: 1, from: 0, to: 3, done: 0, note: 'what was before is gone' },
]

test('what was written is read by the same replay, and by no other', async t => {
  const path = `${await tempFolder(t)}/state.json`
  const state = new ReplayState(path, identity)
  t.is(await state.read(), undefined)
  await state.write(RANGES)
  t.deepEqual(await new ReplayState(path, identity).read(), RANGES)
  const { request } = identity
  for (const other of [
    { ...identity, source: 'another' },
    { ...identity, receiver: 'kafka/b' },
    { ...identity, request: { ...request, partitions: [0] } },
    { ...identity, request: { ...request, to: { timeMs: 6 } } },
    { ...identity, filter: 'true' },
  ]) {
    await t.throwsAsync(new ReplayState(path, other).read(), { message: /is of another replay/ })
  }
})

test('a file that is something else is left alone', async t => {
  const path = `${await tempFolder(t)}/notes.txt`
  for (const text of ['my notes', '{}', '{"parsec_replay":1,"identity":"x","ranges":[{}]}']) {
    await writeFile(path, text)
    await t.throwsAsync(new ReplayState(path, identity).read(), {
      message: /notes\.txt is no state file of a replay/,
    })
    t.is(await readFile(path, 'utf8'), text)
  }
})

test('a file that cannot be read is an error, not a new start', async t => {
  await t.throwsAsync(new ReplayState(await tempFolder(t), identity).read(), { code: 'EISDIR' })
})
