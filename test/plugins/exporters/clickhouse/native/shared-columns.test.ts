import test from 'ava'
import { encodeBlock } from '../../../../../plugins/exporters/clickhouse/native/encode-block.ts'
import { buildLogs, type ScopeLogsParts } from '../../../../../src/otlp/build-logs.ts'
import { decodeLogs } from '../../../../../src/otlp/decode-logs.ts'
import { readNativeBlock } from '../../../../helpers/native-reader.ts'
import { field } from '../../../../helpers/otlp-parts.ts'

const context = { requestId: 'test' }

test('every record repeats its own resource and scope', t => {
  const part = (n: number, count: number): ScopeLogsParts => ({
    resource: { 'service.name': `svc-${n}`, n: BigInt(n) },
    scopeName: `scope-${n}`,
    records: Array.from({ length: count }, () => ({})),
  })
  const batch = buildLogs([part(1, 3), part(2, 0), part(3, 2)], context)
  const block = readNativeBlock(encodeBlock(batch, { fallbackNanos: 0n }))
  const values = (name: string): unknown => block.get(name)?.values
  t.deepEqual(values('ServiceName'), ['svc-1', 'svc-1', 'svc-1', 'svc-3', 'svc-3'])
  t.deepEqual(values('ScopeName'), ['scope-1', 'scope-1', 'scope-1', 'scope-3', 'scope-3'])
  const attributes = [1, 1, 1, 3, 3].map(n => [
    ['service.name', `svc-${n}`],
    ['n', `${n}`],
  ])
  t.deepEqual(values('ResourceAttributes'), attributes)
})

test('a resource without service.name has none, whatever the one before it had', t => {
  const records = [{}]
  const batch = buildLogs([{ resource: { 'service.name': 'a' }, records }, { records }], context)
  const block = readNativeBlock(encodeBlock(batch, { fallbackNanos: 0n }))
  t.deepEqual(block.get('ServiceName')?.values, ['a', ''])
})

test('a resource may come after its records', t => {
  const resource = field(
    0x0a,
    field(0x0a, field(0x0a, 'service.name'), field(0x12, field(0x0a, 'late'))),
  )
  const bytes = field(0x0a, field(0x12, field(0x12)), field(0x1a, 'url'), resource)
  const block = readNativeBlock(
    encodeBlock(decodeLogs(bytes, context).batch, { fallbackNanos: 0n }),
  )
  t.deepEqual(block.get('ServiceName')?.values, ['late'])
  t.deepEqual(block.get('ResourceSchemaUrl')?.values, ['url'])
})
