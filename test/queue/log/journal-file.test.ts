import { crc32c } from '@node-rs/crc32'
import test from 'ava'
import fc from 'fast-check'
import {
  ENTRY_BYTES,
  encodeEntry,
  type JournalEntry,
} from '../../../src/queue/log/journal-entry.ts'
import {
  encodeJournalHeader,
  newJournal,
  recoverJournal,
} from '../../../src/queue/log/journal-file.ts'
import { CrashFiles } from '../../helpers/crash-files.ts'
import { lotEntry, mark } from '../../helpers/journal-parts.ts'

const ID = '00112233445566ff'

function put(files: CrashFiles, name: string, content: Buffer): void {
  files.names.set(`/q/${name}`, { content, durable: Buffer.from(content), pending: [] })
}

/** A cursor file; the first `state` entries are its state at the begin. */
function journal(generation: number, state: number, entries: readonly JournalEntry[]): Buffer {
  const lines = entries.map(entry => {
    const bytes = Buffer.alloc(ENTRY_BYTES)
    encodeEntry(entry, generation, bytes)
    return bytes
  })
  const zeros = Buffer.alloc(2 * ENTRY_BYTES)
  return Buffer.concat([encodeJournalHeader(generation, ID, state), ...lines, zeros])
}

const cursorAt = (sequence: number): JournalEntry => ({ kind: 'cursor', to: mark(sequence) })
const begin = (id: number, from: number, to: number): JournalEntry => ({
  kind: 'begin',
  lot: lotEntry(id, from, to),
})
const done = (id: number): JournalEntry => ({ kind: 'done', id })

async function recovered(...contents: (Buffer | undefined)[]): Promise<string> {
  const files = new CrashFiles()
  for (const [i, content] of contents.entries()) {
    if (content !== undefined) put(files, i === 0 ? 'cursor-a' : 'cursor-b', content)
  }
  const found = await recoverJournal(files, '/q')
  if (found === undefined) return 'nothing'
  const { generation, state, queueId } = found
  if (queueId !== ID) return queueId
  const open = state.open.map(({ id }) => id)
  return `generation ${generation}, cursor ${state.cursor.place.totals.sequence}, open ${open.join()}`
}

const OLD = journal(4, 1, [cursorAt(2)])
const NEW = journal(5, 1, [cursorAt(7), begin(1, 7, 9), begin(2, 9, 10), done(1)])

test('lots move the cursor, and are open until they are done', async t => {
  t.is(await recovered(NEW), 'generation 5, cursor 10, open 2')
})

test('the lots that a file begins with lie before its cursor', async t => {
  const bytes = journal(5, 3, [cursorAt(20), begin(8, 3, 4), begin(9, 6, 7)])
  t.is(await recovered(bytes), 'generation 5, cursor 20, open 8,9')
})

test('of two files the newer counts, whichever it is', async t => {
  t.is(await recovered(OLD, NEW), 'generation 5, cursor 10, open 2')
  t.is(await recovered(NEW, OLD), 'generation 5, cursor 10, open 2')
})

test('no file and no header are nothing', async t => {
  t.is(await recovered(), 'nothing')
  t.is(await recovered(Buffer.alloc(0), Buffer.alloc(5000)), 'nothing')
  t.is(await recovered(journal(5, 0, [])), 'nothing')
})

test('a file that was not written whole does not count', async t => {
  const torn = journal(5, 3, [cursorAt(20), begin(8, 3, 4)])
  t.is(await recovered(OLD, torn), 'generation 4, cursor 2, open ')
})

test('wherever the newer file was torn, the state is one that was written', async t => {
  const whole = NEW.length - 2 * ENTRY_BYTES
  const seen = new Set<string>()
  for (let length = 0; length < whole; length += 4) {
    const torn = Buffer.concat([NEW.subarray(0, length), Buffer.alloc(NEW.length - length)])
    seen.add(await recovered(OLD, torn))
  }
  t.deepEqual(
    [...seen],
    [
      'generation 4, cursor 2, open ',
      'generation 5, cursor 7, open ',
      'generation 5, cursor 9, open 1',
      'generation 5, cursor 10, open 1,2',
      'generation 5, cursor 10, open 2',
    ].slice(0, seen.size),
  )
  t.true(seen.size >= 4)
})

test('lines of an earlier generation behind those of this one are not read', async t => {
  const earlier = journal(3, 1, [cursorAt(1), begin(1, 1, 2), begin(2, 2, 3), begin(3, 3, 4)])
  const now = journal(5, 1, [cursorAt(7), begin(9, 7, 8)]).subarray(0, -2 * ENTRY_BYTES)
  const bytes = Buffer.concat([now, earlier.subarray(now.length)])
  t.is(await recovered(bytes), 'generation 5, cursor 8, open 9')
})

test('every flipped bit in the header falls back to the other file', async t => {
  for (let bit = 0; bit < 64 * 8; bit++) {
    const bytes = Buffer.from(NEW)
    bytes[bit >> 3]! ^= 1 << (bit & 7)
    t.is(await recovered(OLD, bytes), 'generation 4, cursor 2, open ')
  }
})

test('no bytes at all make it throw', async t => {
  await fc.assert(
    fc.asyncProperty(fc.uint8Array({ maxLength: 500 }), fc.nat(600), async (noise, at) => {
      const bytes = Buffer.from(NEW)
      bytes.set(noise.subarray(0, Math.max(0, bytes.length - at)), Math.min(at, bytes.length))
      t.regex(await recovered(bytes), /^(nothing|generation 5)/)
    }),
  )
})

test('a newer version is named, not taken for damage', async t => {
  const bytes = Buffer.from(NEW)
  bytes.writeUInt32LE(2, 4)
  bytes.writeUInt32LE(crc32c(bytes.subarray(0, 60)), 60)
  await t.throwsAsync(recovered(OLD, bytes), {
    message: /^\/q\/cursor-b was written in version 2 of the queue format/,
  })
})

test('a new queue begins with its first batch, and has an id of its own', t => {
  const { queueId, generation, state } = newJournal()
  t.regex(queueId, /^[0-9a-f]{16}$/)
  t.not(queueId, newJournal().queueId)
  t.is(generation, 0)
  t.like(state, { cursor: { record: 0 }, open: [] })
  t.is(state.cursor.place.totals.sequence, 1)
})
