import test from 'ava'
import { ClickHouseExporter } from '../../../../plugins/exporters/clickhouse/exporter.ts'
import { LOG_COLUMN_NAMES } from '../../../../plugins/exporters/clickhouse/native/encode-block.ts'
import type { LogBatch } from '../../../../src/batch/log-batch.ts'
import { buildLogs, type LogRecordParts } from '../../../../src/otlp/build-logs.ts'
import { createTestContext, type TestContext } from '../../../../src/testing/index.ts'
import { engineError, FakeTransport } from '../../../helpers/fake-transport.ts'
import { readNativeBlock } from '../../../helpers/native-reader.ts'

const signal = new AbortController().signal
const DAY = 86_400_000_000_000n

interface Subject {
  readonly exporter: ClickHouseExporter
  readonly transport: FakeTransport
  readonly context: TestContext
}

async function started(now?: () => number): Promise<Subject> {
  const transport = new FakeTransport()
  const context = createTestContext('exporter', 'clickhouse/a')
  const exporter = new ClickHouseExporter({
    context,
    transport,
    table: '`default`.`otel_logs`',
    prepare: async () => LOG_COLUMN_NAMES,
    ...(now ? { now } : {}),
  })
  await exporter.start()
  return { exporter, transport, context }
}

function batchOf(...records: readonly LogRecordParts[]): LogBatch {
  return buildLogs([{ records }], { requestId: 'test' }).with({ origin: 'q/7' })
}

const bodiesOf = (transport: FakeTransport): unknown[] =>
  transport.inserts.map(({ block }) => readNativeBlock(block).get('Body')?.values)

test('a batch is one insert, whose token names exporter and origin', async t => {
  const { exporter, transport } = await started()
  await exporter.consume(batchOf({ body: 'a' }, { body: 'b' }), signal)
  t.like(transport.inserts[0], { table: '`default`.`otel_logs`', token: 'clickhouse/a/q/7' })
  t.deepEqual(bodiesOf(transport), [['a', 'b']])
  t.deepEqual(transport.inserts[0]?.columns, LOG_COLUMN_NAMES)
})

test('a batch without an origin gets a token of its own', async t => {
  const { exporter, transport } = await started()
  for (let i = 0; i < 2; i++) {
    await exporter.consume(batchOf({ body: 'a' }).with({ origin: undefined }), signal)
  }
  t.not(transport.inserts[0]?.token, transport.inserts[1]?.token)
})

test('an empty batch is no insert', async t => {
  const { exporter, transport } = await started()
  await exporter.consume(batchOf(), signal)
  t.is(transport.inserts.length, 0)
})

test('a batch of many days is several inserts with tokens of their own', async t => {
  const { exporter, transport } = await started()
  const records = Array.from({ length: 60 }, (_, i) => ({ timeUnixNano: BigInt(i + 1) * DAY * 2n }))
  await exporter.consume(batchOf(...records), signal)
  t.deepEqual(
    transport.inserts.map(({ token }) => token),
    ['clickhouse/a/q/7#0', 'clickhouse/a/q/7#1'],
  )
})

test('a block of too many partitions is halved until it goes in', async t => {
  const { exporter, transport } = await started()
  transport.beforeInsert = ({ block }) => {
    if (readNativeBlock(block).get('Body')!.values.length > 1) {
      throw engineError(252, 'Too many partitions for single INSERT block (more than 100)')
    }
  }
  await exporter.consume(batchOf({ body: 'a' }, { body: 'b' }, { body: 'c' }), signal)
  t.deepEqual(bodiesOf(transport).flat().map(String).sort(), ['a', 'b', 'c'])
  t.is(new Set(transport.inserts.map(({ token }) => token)).size, 3)
})

test('one record that is refused for its partitions is permanent', async t => {
  const { exporter, transport } = await started()
  transport.beforeInsert = () => {
    throw engineError(252, 'Too many partitions for single INSERT block (more than 100)')
  }
  const error = await t.throwsAsync(exporter.consume(batchOf({}), signal))
  t.like(error, { retryable: false, reason: 'too_many_partitions' })
})

test('an error says where, which table and which code', async t => {
  const { exporter, transport } = await started()
  transport.beforeInsert = () => {
    throw engineError(241, 'Memory limit exceeded.')
  }
  const error = await t.throwsAsync(exporter.consume(batchOf({}), signal), {
    message: 'fake://store, table default.otel_logs: code 241: Memory limit exceeded.',
  })
  t.like(error, { retryable: true })
})

test('a dropped table is made again before the next batch', async t => {
  const { exporter, transport, context } = await started()
  transport.beforeInsert = () => {
    throw engineError(60, 'Table does not exist')
  }
  const first = await t.throwsAsync(exporter.consume(batchOf({}), signal))
  t.like(first, { retryable: true, reason: 'schema_missing' })
  transport.beforeInsert = undefined
  const second = await t.throwsAsync(exporter.consume(batchOf({}), signal))
  t.like(second, { retryable: true, reason: 'not_ready' })
  while (context.statuses.at(-1)?.status !== 'ok') {
    await new Promise(resolve => setTimeout(resolve, 20))
  }
  await exporter.consume(batchOf({}), signal)
  t.is(transport.inserts.length, 1)
})

test('a record without a time keeps the time it was first seen with', async t => {
  let nowMs = 1000
  const { exporter, transport } = await started(() => nowMs++)
  const batch = batchOf({ body: 'a' })
  transport.beforeInsert = () => {
    throw new Error('ECONNRESET')
  }
  await t.throwsAsync(exporter.consume(batch, signal))
  transport.beforeInsert = undefined
  await exporter.consume(batch, signal)
  const times = transport.inserts.map(
    ({ block }) => readNativeBlock(block).get('Timestamp')?.values[0],
  )
  t.deepEqual(times, [1_000_000_000n])
})

test('many batches at once do not share memory', async t => {
  const { exporter, transport } = await started()
  transport.beforeInsert = () => new Promise(resolve => setImmediate(resolve))
  const bodies = Array.from({ length: 20 }, (_, i) => `body ${i}`)
  await Promise.all(bodies.map(body => exporter.consume(batchOf({ body }), signal)))
  t.deepEqual(new Set(bodiesOf(transport).flat()), new Set(bodies))
})

test('stop closes the transport, and is safe without start', async t => {
  const { exporter, transport } = await started()
  await exporter.stop(signal)
  t.is(transport.closed, 1)
  await t.throwsAsync(exporter.consume(batchOf({}), signal), { message: /stopped/ })
})
