import assert from 'node:assert/strict'
import test, { type ExecutionContext } from 'ava'
import fc from 'fast-check'
import { type DecodedLogs, decodeLogs } from '../../src/otlp/decode-logs.ts'
import { decodeLogsJson } from '../../src/otlp/decode-logs-json.ts'
import { encodeLogs } from '../../src/otlp/encode-logs.ts'
import { encodeLogsJson } from '../../src/otlp/encode-logs-json.ts'
import { TooManyRecordsError } from '../../src/otlp/survey-request.ts'
import { JsonError } from '../../src/wire/json-error.ts'
import { WireError } from '../../src/wire/wire-error.ts'
import { logsRequest } from '../helpers/arbitrary-logs.ts'
import { mutated } from '../helpers/mutate.ts'
import { assertReadsAs, oracleLogs } from '../helpers/oracle.ts'
import { strictVerdict } from '../helpers/strict-check.ts'

/*
 * Bytes that nobody meant. A failure prints the seed and the path of the case: put them into the
 * options below to see it again. CI runs longer.
 */
const numRuns = process.env['CI'] === undefined ? 3000 : 60_000
const context = { requestId: 'fuzz' }

function holds<T>(
  t: ExecutionContext,
  arbitrary: fc.Arbitrary<T>,
  check: (value: T) => void,
): void {
  const { timeLeft } = { timeLeft: process.env['CI'] === undefined ? 40_000 : 100_000 }
  const report = fc.check(fc.property(arbitrary, check), {
    numRuns,
    interruptAfterTimeLimit: timeLeft,
  })
  t.log(`seed ${report.seed}, ${report.numRuns} runs`)
  if (report.failed && report.counterexample !== null) t.fail(fc.defaultReportMessage(report))
  else t.pass()
}

/** What we make of the bytes: undefined when the whole request is refused. */
function decoded(bytes: Buffer): DecodedLogs | undefined {
  try {
    return decodeLogs(bytes, context)
  } catch (error) {
    if (error instanceof WireError || error instanceof TooManyRecordsError) return undefined
    throw error
  }
}

/** We reject what the rules of the wire say, and read the rest as the oracle does. */
function agrees(bytes: Buffer): void {
  const verdict = strictVerdict(bytes)
  const result = decoded(bytes)
  assert.equal(result === undefined, verdict.fault !== undefined, `request: ${verdict.fault}`)
  if (result === undefined) return
  assert.equal(result.rejectedCount, verdict.badRows.length)
  const rows = Array.from({ length: result.batch.count }, (_, i) => result.batch.row(i))
  assert.equal(
    rows.some(row => verdict.badRows.includes(row)),
    false,
  )
  assert.equal(result.rejectedReason !== '', result.rejectedCount > 0)
  const good = result.rejectedCount === 0 ? bytes : encodeLogs(result.batch)
  assertReadsAs(result.batch, oracleLogs(good))
}

test('mutated requests: what is accepted reads as the oracle reads it, the rest is refused', t => {
  holds(t, mutated(logsRequest), agrees)
})

test('random bytes never crash the decoder', t => {
  const bytes = fc.uint8Array({ maxLength: 200 }).map(value => Buffer.from(value))
  holds(t, bytes, agrees)
})

test('what is accepted can be written as protobuf and JSON and read again', t => {
  holds(t, mutated(logsRequest), bytes => {
    const result = decoded(bytes)
    if (result === undefined) return
    const again = decodeLogs(encodeLogs(result.batch), context)
    assert.equal(again.rejectedCount, 0)
    assert.equal(again.batch.count, result.batch.count)
    const json = decodeLogsJson(Buffer.from(encodeLogsJson(result.batch)), context)
    assert.equal(json.rejectedReason, '')
    assert.equal(json.batch.count, result.batch.count)
  })
})

test('mutated JSON never crashes the decoder, and what JSON.parse refuses is refused', t => {
  const text = logsRequest.map(bytes =>
    Buffer.from(encodeLogsJson(decodeLogs(bytes, context).batch)),
  )
  holds(t, mutated(text), bytes => {
    assert.equal(verdictOnJson(bytes) ?? isJson(bytes), isJson(bytes))
  })
})

/** Is it JSON? Undefined when a value of the wrong kind ended the reading early. */
function verdictOnJson(bytes: Buffer): boolean | undefined {
  try {
    decodeLogsJson(bytes, context)
    return true
  } catch (error) {
    if (!(error instanceof JsonError)) throw error
    return error.isSyntax ? false : undefined
  }
}

function isJson(bytes: Buffer): boolean {
  try {
    JSON.parse(bytes.toString('utf8'))
    return true
  } catch {
    return false
  }
}
