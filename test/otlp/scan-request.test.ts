import test from 'ava'
import { RequestScan, requestTarget } from '../../src/otlp/scan-request.ts'
import { NOTHING, surveyRequest } from '../../src/otlp/survey-request.ts'
import { WireError } from '../../src/wire/wire-error.ts'
import { int, len, request } from '../helpers/wire.ts'

const text = (value: string): Buffer => len(3, value)

test('a scan fills the tables behind what lies there already', t => {
  const first = request(text('a'), text('b'))
  const second = len(1, [len(1, []), len(2, [len(1, len(1, 'scope')), len(2, text('c'))])])
  const bytes = Buffer.concat([first, second])
  const target = requestTarget(bytes, surveyRequest(bytes))
  new RequestScan(target, NOTHING).request(0, first.length)
  new RequestScan(target, surveyRequest(first)).request(first.length, bytes.length)
  const { columns, scopes, resources } = target
  const texts = [0, 1, 2].map(row =>
    bytes.toString('utf8', columns.severityTextOffset[row], columns.severityTextEnd[row]),
  )
  t.deepEqual(texts, ['a', 'b', 'c'])
  t.deepEqual([...columns.scope], [0, 0, 1])
  t.deepEqual([...scopes.resource], [0, 1])
  t.deepEqual([...resources.end], [first.length, bytes.length])
  t.is(bytes.toString('utf8', scopes.scopeOffset[1]! + 2, scopes.scopeEnd[1]), 'scope')
})

test('broken records are noted by row, with the first reason; a broken resource throws', t => {
  const bytes = request(text('a'), int(1, 1), int(3, 1))
  const scan = new RequestScan(requestTarget(bytes, surveyRequest(bytes)), NOTHING)
  scan.request(0, bytes.length)
  t.deepEqual([...scan.rejected], [1, 2])
  t.regex(scan.rejectedReason, /^log_records\[1\]\.time_unix_nano: wire type is 0, must be 1 at/)
  t.false(scan.duplicated)
  const broken = len(1, len(1, int(1, 1)))
  const other = new RequestScan(requestTarget(broken, surveyRequest(broken)), NOTHING)
  t.throws(() => other.request(0, broken.length), { instanceOf: WireError })
})

test('a field that comes twice is told, and what was rejected before stays so', t => {
  const bytes = request([len(5, int(3, 1)), len(5, int(3, 2))], text('b'))
  const survey = surveyRequest(bytes)
  const first = new RequestScan(requestTarget(bytes, survey), NOTHING)
  first.request(0, bytes.length)
  t.true(first.duplicated)
  first.rejected.add(1)
  const second = new RequestScan(requestTarget(bytes, survey), NOTHING, first)
  second.request(0, bytes.length)
  t.deepEqual([...second.rejected], [0, 1])
})
