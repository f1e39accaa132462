import test from 'ava'
import { ResourceGroups } from '../../../../plugins/receivers/ingest/resource-groups.ts'
import { decodeLogs } from '../../../../src/otlp/decode-logs.ts'
import { writeKeyValue } from '../../../../src/otlp/write-any-value.ts'
import { bodiesOf } from '../../../../src/testing/sample-logs.ts'
import { Writer } from '../../../../src/wire/writer.ts'

function resource(name: string): Buffer {
  const out = new Writer(16)
  if (name !== '') writeKeyValue(out, 0x0a, 'service.name', name)
  return out.finish()
}

function request(...records: readonly (readonly [service: string, body: string])[]): Buffer {
  const out = new Writer(16)
  const groups = new ResourceGroups()
  for (const [service, body] of records) {
    const start = out.pos
    out.message(0x12, () => out.message(0x2a, () => out.string(0x0a, body)))
    groups.add(resource(service), start, out.pos)
  }
  return groups.finish(out)
}

test('each resource is written once, its records in their order', t => {
  const { batch } = decodeLogs(
    request(['a', '1'], ['a', '2'], ['b', '3'], ['', '4'], ['a', '5'], ['b', '6']),
    { requestId: 'r' },
  )
  t.is(batch.resources.count, 3)
  t.deepEqual(bodiesOf(batch), ['1', '2', '5', '3', '6', '4'])
  const row = batch.cursor()
  const services = Array.from({ length: batch.count }, (_, i) =>
    row.seek(i).resourceAttribute('service.name'),
  )
  t.deepEqual(services, ['a', 'a', 'a', 'b', 'b', undefined])
})

test('long records and many of them keep their lengths', t => {
  const records = Array.from({ length: 500 }, (_, i) => [`s${i % 7}`, 'x'.repeat(i * 5)] as const)
  const { batch, rejectedCount } = decodeLogs(request(...records), { requestId: 'r' })
  t.is(batch.count, 500)
  t.is(rejectedCount, 0)
})

test('no record is an empty request', t => t.is(request().length, 0))
