import test from 'ava'
import { readKeyValues } from '../../src/batch/any-value.ts'
import { resourceRange } from '../../src/batch/log-cursor.ts'
import { buildLogs, writeLogRecord } from '../../src/otlp/build-logs.ts'
import { rewriteLogs } from '../../src/otlp/rewrite-logs.ts'
import { len } from '../helpers/wire.ts'

const context = { requestId: 'test' }
const record = {
  timeUnixNano: 2n ** 63n + 5n,
  observedTimeUnixNano: 7n,
  severityNumber: 17,
  severityText: 'ERROR',
  body: new Map([['k', 1n]]),
  attributes: { a: 'x', b: [1n, 'y'] },
  flags: 1,
  traceId: '0123456789abcdef0123456789abcdef',
  spanId: '0123456789abcdef',
  eventName: 'boot',
}
const batch = buildLogs(
  [
    { resource: { service: 'one' }, scopeName: 's', records: [{}] },
    { resource: { service: 'two' }, scopeAttributes: { lib: true }, records: [record] },
  ],
  context,
)

test('every field of a record can be read', t => {
  const row = batch.cursor().seek(1)
  t.is(row.timeUnixNano(), record.timeUnixNano)
  t.is(row.observedTimeUnixNano(), 7n)
  t.is(row.severityNumber(), 17)
  t.is(row.severityText(), 'ERROR')
  t.deepEqual(row.body(), record.body)
  t.is(row.bodyText(), '{"k":1}')
  t.deepEqual(
    row.attributes(),
    new Map<string, unknown>([
      ['a', 'x'],
      ['b', [1n, 'y']],
    ]),
  )
  t.deepEqual(row.attribute('b'), [1n, 'y'])
  t.is(row.flags(), 1)
  t.is(row.traceId(), record.traceId)
  t.is(row.spanId(), record.spanId)
  t.is(row.eventName(), 'boot')
  t.is(row.resourceIndex, 1)
  t.is(row.scopeIndex, 1)
  t.deepEqual(row.resourceAttributes(), new Map([['service', 'two']]))
  t.is(row.resourceAttribute('service'), 'two')
  t.deepEqual(row.scopeAttributes(), new Map([['lib', true]]))
})

test('what a record lacks reads as nothing', t => {
  const row = batch.cursor().seek(0)
  t.is(row.timeUnixNano(), 0n)
  t.is(row.severityText(), '')
  t.is(row.body(), undefined)
  t.is(row.bodyText(), '')
  t.is(row.attributes().size, 0)
  t.is(row.attribute('a'), undefined)
  t.is(row.traceId(), '')
  t.is(row.spanId(), '')
  t.is(row.eventName(), '')
  t.is(row.resourceAttribute('other'), undefined)
})

test('a rewritten record is read in its new form, its neighbours in the old', t => {
  const rewritten = rewriteLogs(batch, (row, out) => {
    if (row.row !== 1) return false
    writeLogRecord(out, { attributes: { a: 'new' }, body: 'changed' })
    return true
  })
  const row = rewritten.cursor().seek(1)
  t.is(row.bodyText(), 'changed')
  t.is(row.attribute('a'), 'new')
  t.is(row.severityNumber(), 0)
  t.is(row.resourceAttribute('service'), 'two')
  t.is(row.seek(0).body(), undefined)
  t.is(batch.cursor().seek(1).attribute('a'), 'x')
})

test('a rewritten resource is read for all its records', t => {
  const resource = len(1, [len(1, 'service'), len(2, len(1, 'renamed'))])
  const changed = batch.with({ resourceOverlay: new Map([[1, resource]]) })
  t.is(changed.cursor().seek(1).resourceAttribute('service'), 'renamed')
  t.is(changed.cursor().seek(0).resourceAttribute('service'), 'one')
  const { bytes, offset, end } = resourceRange(changed, 1)
  t.deepEqual(readKeyValues(bytes, offset, end, 1), new Map([['service', 'renamed']]))
})

test('the last of two attributes with one key counts', t => {
  const twice = rewriteLogs(batch, (_row, out) => {
    writeLogRecord(out, { attributes: { k: 'first' } })
    writeLogRecord(out, { attributes: { k: 'second' } })
    return true
  })
  t.is(twice.cursor().seek(0).attribute('k'), 'second')
  t.deepEqual(twice.cursor().seek(0).attributes(), new Map([['k', 'second']]))
})
