import test from 'ava'
import type { LogBatch } from '../../src/batch/log-batch.ts'
import { OtlpLogsExporter } from '../../src/net/otlp-logs-exporter.ts'
import type { OtlpSender } from '../../src/net/otlp-sender.ts'
import { buildLogs } from '../../src/otlp/build-logs.ts'
import { encodeLogs } from '../../src/otlp/encode-logs.ts'
import type { PartialSuccess } from '../../src/otlp/export-response.ts'
import { PipelineError } from '../../src/plugin/pipeline-error.ts'
import { createTestContext } from '../../src/testing/test-context.ts'

const { signal } = new AbortController()

function batch(count = 5): LogBatch {
  const records = Array.from({ length: count }, (_, i) => ({ body: `line ${i}` }))
  return buildLogs([{ records }], { requestId: 'request-1' })
}

/** An exporter whose server answers as `answer` says. */
async function subject(answer: () => PartialSuccess | undefined) {
  const context = createTestContext('exporter', 'otlp')
  const sent: Buffer[] = []
  let closed = false
  const sender: OtlpSender = {
    destination: 'collector:4317',
    async sendLogs(request) {
      sent.push(request)
      return answer()
    },
    async close() {
      closed = true
    },
  }
  const exporter = new OtlpLogsExporter(context, {
    createSender: () => sender,
    encode: encodeLogs,
    timeoutMs: 5000,
  })
  await exporter.start()
  const lost = async () => ({
    dropped: (await context.metrics.dropped.get()).values,
    failed: (await context.metrics.exporterSendFailed.get()).values,
  })
  return { exporter, context, sent, lost, isClosed: () => closed }
}

test('an untouched batch is sent as the bytes that came in, without a copy', async t => {
  const { exporter, sent, lost } = await subject(() => undefined)
  const logs = batch()
  await exporter.consume(logs, signal)
  t.is(sent[0], logs.bytes)
  t.deepEqual(await lost(), { dropped: [], failed: [] })
})

test('an empty batch is not sent', async t => {
  const { exporter, sent } = await subject(() => undefined)
  await exporter.consume(
    batch().filter(() => false),
    signal,
  )
  t.is(sent.length, 0)
})

test('rejected records are refused for good, by their number, and the rest is accepted', async t => {
  const { exporter } = await subject(() => ({ rejectedCount: 2, message: 'timestamp too old' }))
  const error = await t.throwsAsync(exporter.consume(batch(), signal), {
    instanceOf: PipelineError,
    message: 'collector:4317 rejected 2 of 5 records: timestamp too old',
  })
  t.like(error, { retryable: false, reason: 'rejected_by_destination', rejected: { count: 2 } })
  t.is(error?.rejected?.parts, undefined)
})

test('a warning of the server is logged and nothing is counted', async t => {
  const { exporter, context, lost } = await subject(() => ({
    rejectedCount: 0,
    message: 'slow down please',
  }))
  await exporter.consume(batch(), signal)
  t.deepEqual(await lost(), { dropped: [], failed: [] })
  t.like(
    context.lines.find(({ level }) => level === 40),
    { message: 'slow down please' },
  )
})

test('a server that rejects all of it has rejected the batch', async t => {
  const { exporter } = await subject(() => ({ rejectedCount: 99, message: '' }))
  const error = await t.throwsAsync(exporter.consume(batch(3), signal), {
    message: 'collector:4317 rejected 3 of 3 records: without a reason',
  })
  t.like(error, { retryable: false, rejected: undefined })
})

test('the verdict of the server is passed on as it is', async t => {
  const refusal = PipelineError.retryable('busy', { retryAfterMs: 7000 })
  const { exporter, context } = await subject(() => {
    throw refusal
  })
  t.is(await t.throwsAsync(exporter.consume(batch(), signal)), refusal)
  t.deepEqual(
    context.statuses.map(({ status }) => status),
    ['ok'],
  )
})

test('what an operator must mend is a permanent error until a batch passes', async t => {
  let works = false
  const { exporter, context } = await subject(() => {
    if (works) return undefined
    throw PipelineError.permanent('no such token', { code: 'unauthenticated' })
  })
  await t.throwsAsync(exporter.consume(batch(), signal), { message: 'no such token' })
  works = true
  await exporter.consume(batch(), signal)
  await exporter.consume(batch(), signal)
  t.deepEqual(context.statuses, [
    { status: 'ok', detail: undefined },
    { status: 'permanent_error', detail: 'collector:4317: no such token' },
    { status: 'ok', detail: undefined },
  ])
})

test('before the start and after the stop a batch is refused retryably', async t => {
  const { exporter, isClosed } = await subject(() => undefined)
  await exporter.stop(signal)
  t.true(isClosed())
  const error = await t.throwsAsync(exporter.consume(batch(), signal), {
    instanceOf: PipelineError,
  })
  t.true(error?.retryable)
  await t.notThrowsAsync(exporter.stop(signal))
})
