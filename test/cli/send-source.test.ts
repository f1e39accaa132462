import { PassThrough, Readable } from 'node:stream'
import test from 'ava'
import {
  batchesOfLines,
  LINE_BYTES_MAX,
  sampleBatches,
  severityOf,
} from '../../src/cli/send-source.ts'
import type { LogRecordParts } from '../../src/otlp/build-logs.ts'

const record = { ...severityOf('INFO'), attributes: { env: 'test' } }

async function collect(
  batches: AsyncIterable<readonly LogRecordParts[]>,
): Promise<(readonly LogRecordParts[])[]> {
  const all: (readonly LogRecordParts[])[] = []
  for await (const batch of batches) all.push(batch)
  return all
}

const lines = test.macro({
  async exec(t, chunks: string[], expected: string[]) {
    const input = Readable.from(chunks.map(chunk => Buffer.from(chunk)))
    const batches = await collect(batchesOfLines(input, { batchSize: 1000, record }))
    t.deepEqual(
      batches.flat().map(({ body }) => body),
      expected,
    )
  },
  title: (_, chunks: string[]) => `${JSON.stringify(chunks)} is read line by line`,
})

test(lines, [], [])
test(lines, ['a\nb\n'], ['a', 'b'])
test(lines, ['a\nb'], ['a', 'b'])
test(lines, ['a', 'b\r\n', 'c\n'], ['ab', 'c'])
test(lines, ['a\n\nb\n'], ['a', '', 'b'])
test(lines, ['\n'], [''])

test('a character cut in two chunks stays whole', async t => {
  const bytes = Buffer.from('caf\u00e9\n')
  const input = Readable.from([bytes.subarray(0, 4), bytes.subarray(4)])
  const [batch] = await collect(batchesOfLines(input, { batchSize: 10, record }))
  t.is(batch?.[0]?.body, 'caf\u00e9')
})

test('batches are full, and the last one holds the rest', async t => {
  const input = Readable.from([Buffer.from('x\n'.repeat(25))])
  const batches = await collect(batchesOfLines(input, { batchSize: 10, record }))
  t.deepEqual(
    batches.map(batch => batch.length),
    [10, 10, 5],
  )
})

test('a line is sent although the stream stays open', async t => {
  const input = new PassThrough()
  const batches = batchesOfLines(input, { batchSize: 1000, record })
  input.write('first\n')
  const { value } = (await batches.next()) as { value: readonly LogRecordParts[] }
  t.is(value[0]?.body, 'first')
  input.end('second\n')
  t.is((await collect(batches))[0]?.[0]?.body, 'second')
})

test('a stream without newlines is cut', async t => {
  const input = Readable.from([Buffer.alloc(LINE_BYTES_MAX * 2 + 5, 'x')])
  const batches = await collect(batchesOfLines(input, { batchSize: 10, record }))
  t.deepEqual(
    batches.flat().map(({ body }) => (body as string).length),
    [LINE_BYTES_MAX, LINE_BYTES_MAX, 5],
  )
})

test('a record has its severity, attributes and times', async t => {
  const before = BigInt(Date.now()) * 1_000_000n
  const input = Readable.from([Buffer.from('x\n')])
  const [parts] = (await collect(batchesOfLines(input, { batchSize: 10, record }))).flat()
  t.like(parts, { severityNumber: 9, severityText: 'INFO', attributes: { env: 'test' } })
  t.true(parts!.timeUnixNano! >= before)
  t.is(parts!.observedTimeUnixNano, parts!.timeUnixNano)
})

test('so many samples as asked, each different', async t => {
  const options = { batchSize: 100, record, durationMs: undefined, perSecond: undefined }
  const batches = await collect(sampleBatches({ ...options, count: 250 }))
  t.deepEqual(
    batches.map(batch => batch.length),
    [100, 100, 50],
  )
  const all = batches.flat()
  t.is(new Set(all.map(({ spanId }) => spanId)).size, 250)
  t.true(all.every(({ traceId }) => /^[0-9a-f]{32}$/.test(traceId!)))
  t.true(new Set(all.map(({ severityText }) => severityText)).size >= 3)
})

test('a rate over a time gives its product, however slowly they are taken', async t => {
  const options = { batchSize: 7, record, count: undefined, durationMs: 200, perSecond: 500 }
  t.is((await collect(sampleBatches(options))).flat().length, 100)
})

test('a count ends a rate', async t => {
  const options = { batchSize: 7, record, count: 30, durationMs: 60_000, perSecond: 10_000 }
  t.is((await collect(sampleBatches(options))).flat().length, 30)
})

test('a time ends an unlimited stream', async t => {
  const options = { batchSize: 7, record, count: undefined, durationMs: 20, perSecond: undefined }
  t.true((await collect(sampleBatches(options))).flat().length > 0)
})

for (const [text, severityNumber] of [
  ['TRACE', 1],
  ['debug', 5],
  ['INFO', 9],
  ['info4', 12],
  ['WARN', 13],
  ['error', 17],
  ['FATAL', 21],
  ['FATAL2', 22],
] as const) {
  test(`${text} is severity ${severityNumber}`, t => {
    t.deepEqual(severityOf(text), { severityNumber, severityText: text.toUpperCase() })
  })
}
for (const text of ['', 'NOTICE', 'INFO5', '9']) {
  test(`"${text}" is no severity`, t => {
    t.throws(() => severityOf(text), { message: /is no severity/ })
  })
}
