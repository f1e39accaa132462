import test from 'ava'
import fc from 'fast-check'
import { createLogColumns } from '../../src/batch/columns.ts'
import { scanLogRecord, scanTarget } from '../../src/otlp/scan-log-record.ts'
import { logRecord } from '../helpers/arbitrary-logs.ts'
import { fixed64, int, len, tag } from '../helpers/wire.ts'

function scan(
  record: Buffer,
  before = 3,
): { twice: boolean; columns: ReturnType<typeof createLogColumns> } {
  const bytes = Buffer.concat([Buffer.alloc(before, 0xff), record, Buffer.alloc(7, 0xff)])
  const columns = createLogColumns(2)
  const twice = scanLogRecord(scanTarget(bytes, columns), 1, before, before + record.length)
  return { twice, columns }
}

test('ranges count from the start of the buffer, and only the given row is written', t => {
  const record = Buffer.concat([
    fixed64(1, (5n << 32n) | 6n),
    len(3, 'text'),
    len(6, [len(1, 'a')]),
    int(7, 3),
    len(6, [len(1, 'b')]),
    len(9, Buffer.alloc(16, 1)),
  ])
  const { columns, twice } = scan(record)
  t.false(twice)
  t.is(columns.offset[1], 3)
  t.is(columns.end[1], 3 + record.length)
  t.is(columns.timeLow[1], 6)
  t.is(columns.timeHigh[1], 5)
  t.is(columns.severityTextOffset[1], 14)
  t.is(columns.severityTextEnd[1], 18)
  t.is(columns.attributesOffset[1], 18)
  t.is(columns.attributesEnd[1], 30)
  t.is(columns.attributesCount[1], 2)
  t.is(columns.traceIdOffset[1], 32)
  for (const column of Object.values(columns)) {
    if (typeof column !== 'number') t.is(column[0], 0)
  }
})

test('the last of a field that comes twice counts', t => {
  const { columns } = scan(Buffer.concat([int(2, 1), len(12, 'first'), int(2, 9), len(12, 'last')]))
  t.is(columns.severityNumber[1], 9)
  t.is(columns.eventNameEnd[1]! - columns.eventNameOffset[1]!, 4)
})

test('an id that comes again with no bytes is absent', t => {
  const { columns } = scan(Buffer.concat([len(10, Buffer.alloc(8, 1)), len(10, '')]))
  t.is(columns.spanIdOffset[1], 0)
})

test('a body that comes twice is told, unknown fields and groups are not in the way', t => {
  t.true(scan(Buffer.concat([len(5, int(3, 1)), len(5, int(3, 2))])).twice)
  t.false(
    scan(Buffer.concat([len(5, int(3, 1)), tag(50, 3), int(5, 1), tag(50, 4), int(4, 1)])).twice,
  )
})

test('lengths of one, two and more bytes are read', t => {
  for (const size of [0, 127, 128, 16_383, 16_384, 70_000]) {
    const { columns } = scan(len(3, 'x'.repeat(size)))
    t.is(columns.severityTextEnd[1]! - columns.severityTextOffset[1]!, size)
  }
})

test('every good record is read wherever it lies', t => {
  const property = fc.property(logRecord, fc.nat(40), (record, before) => {
    const near = scan(record, 1).columns
    const far = scan(record, before + 1).columns
    t.is(far.attributesCount[1], near.attributesCount[1])
    t.is(far.timeLow[1], near.timeLow[1])
    for (const name of ['bodyOffset', 'traceIdOffset', 'attributesEnd'] as const) {
      t.is(far[name][1], near[name][1] === 0 ? 0 : near[name][1]! + before)
    }
  })
  t.notThrows(() => fc.assert(property, { numRuns: 300 }))
})
