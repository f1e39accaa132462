import test from 'ava'
import fc from 'fast-check'
import {
  createHeader,
  ENTRY_OVERHEAD,
  encodeEntry,
  encodePayload,
  type FileContent,
  readEntries,
  readHeader,
} from '../../src/dead-letter/entry-format.ts'
import { metadataOf } from '../../src/dead-letter/metadata.ts'
import { letterOf } from '../helpers/dead-letters.ts'

const { header, bytes: headerBytes } = createHeader()
const entry = (text: string): Buffer =>
  encodeEntry(header, encodePayload(metadataOf(letterOf([text])), Buffer.from(text)))
const entries = ['one', 'two two', ''].map(entry)
const file = Buffer.concat([headerBytes, ...entries])
const textsOf = ({ entries }: FileContent): string[] => entries.map(({ logs }) => logs.toString())

test('what is written is read, with its place', t => {
  const content = readEntries(file, readHeader(file)!)
  t.deepEqual(textsOf(content), ['one', 'two two', ''])
  t.is(content.entries[0]?.offset, headerBytes.length)
  t.is(content.entries[1]?.offset, headerBytes.length + entries[0]!.length)
  t.like(content, { damaged: 0, tornAt: undefined })
  t.is(content.entries[1]?.metadata.origin, 'q/two two')
})

test('the first line says what the file is and who writes it', t => {
  t.regex(headerBytes.toString(), /^parsec dead letters 1 [0-9a-f]{16} \d+ \S+\n$/)
  t.like(readHeader(file), { pid: process.pid, length: headerBytes.length })
  for (const text of ['', 'hello', '{"a":1}\n', 'parsec dead letters 2 0 0 a\n']) {
    t.is(readHeader(Buffer.from(text)), undefined)
  }
})

test('wherever a file is cut, the entries before the cut are read and the rest is torn', t => {
  const ends = entries.map(
    (_, i) => Buffer.concat([headerBytes, ...entries.slice(0, i + 1)]).length,
  )
  for (let length = headerBytes.length; length < file.length; length++) {
    const content = readEntries(file.subarray(0, length), header)
    const whole = ends.filter(end => end <= length).length
    t.is(content.entries.length, whole)
    t.is(content.damaged, 0)
    const start = whole === 0 ? headerBytes.length : ends[whole - 1]
    t.is(content.tornAt, start === length ? undefined : start)
  }
})

test('room that was made and never written is torn, too', t => {
  const content = readEntries(Buffer.concat([file, Buffer.alloc(5000)]), header)
  t.is(content.entries.length, 3)
  t.is(content.tornAt, file.length)
})

test('one changed byte costs one entry, which is counted', t => {
  for (let at = headerBytes.length; at < headerBytes.length + entries[0]!.length; at++) {
    const damaged = Buffer.from(file)
    damaged[at]! ^= 0x41
    const content = readEntries(damaged, header)
    t.deepEqual(textsOf(content), ['two two', ''], `byte ${at}`)
    t.is(content.damaged, 1)
  }
})

test('an entry inside the text of a record is not taken for one', t => {
  const other = createHeader().header
  const forged = encodeEntry(
    other,
    encodePayload(metadataOf(letterOf(['forged'])), Buffer.from('forged')),
  )
  const outer = encodeEntry(header, encodePayload(metadataOf(letterOf(['outer'])), forged))
  outer[ENTRY_OVERHEAD - 1]! ^= 1
  const content = readEntries(Buffer.concat([headerBytes, outer, entries[0]!]), header)
  t.deepEqual(textsOf(content), ['one'])
})

test('metadata of a later version may have more keys', t => {
  const more = { ...metadataOf(letterOf(['a'])), later: true }
  const content = readEntries(
    Buffer.concat([headerBytes, encodeEntry(header, encodePayload(more, Buffer.from('a')))]),
    header,
  )
  t.is(content.entries.length, 1)
})

test('whatever happens to the bytes, entries that were not touched are read', t => {
  const change = fc.record({ at: fc.nat(file.length - 1), byte: fc.nat(255) })
  const model = fc.record({
    changes: fc.array(change, { maxLength: 6 }),
    noise: fc.uint8Array({ maxLength: 200 }),
    noiseAt: fc.constantFrom(0, 1, 2, 3),
  })
  fc.assert(
    fc.property(model, ({ changes, noise, noiseAt }) => {
      const parts = entries.map(part => Buffer.from(part))
      let from = headerBytes.length
      const touched = entries.map(part => {
        const hits = changes.filter(({ at }) => at >= from && at < from + part.length)
        const start = from
        from += part.length
        return { start, hits }
      })
      for (const [i, { start, hits }] of touched.entries()) {
        for (const { at, byte } of hits) parts[i]![at - start] = byte
      }
      const intact = parts.filter((part, i) => part.equals(entries[i]!)).length
      parts.splice(noiseAt, 0, Buffer.from(noise))
      const content = readEntries(Buffer.concat([headerBytes, ...parts]), header)
      return content.entries.length >= intact && content.entries.length <= entries.length
    }),
    { numRuns: 2000 },
  )
  t.pass()
})

test('any bytes at all can be looked at', t => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 2000 }), bytes => {
      const { entries } = readEntries(Buffer.concat([headerBytes, bytes]), header)
      return entries.length === 0
    }),
  )
  t.pass()
})
