import test from 'ava'
import { loadsOf } from '../../../../plugins/processors/rate_limit/batch-loads.ts'
import { buildLogs } from '../../../../src/otlp/build-logs.ts'

const context = {
  requestId: 'r',
  clientAddress: '10.0.0.1:5',
  metadata: new Map([['x-tenant', ['shop']]]),
  identity: { subject: 'checkout', tenant: 'acme' },
}
const record = { body: 'hello' }
const batch = buildLogs(
  [
    { resource: { 'tenant.id': 'a' }, records: [record, record] },
    { resource: { 'tenant.id': 'b', zone: 7n }, records: [record] },
    { resource: { 'tenant.id': 'a' }, records: [record] },
    { records: [record] },
  ],
  context,
)
const counts = (keys: string[], of = batch) =>
  [...loadsOf(of, keys)].map(([key, { records }]) => [key, records])

for (const [keys, expected] of [
  [['auth.tenant'], [['acme', 5]]],
  [['auth.subject', 'metadata.X-Tenant', 'client.address'], [['checkout,shop,10.0.0.1', 5]]],
  [['metadata.none'], [['', 5]]],
  [
    ['resource.tenant.id'],
    [
      ['a', 3],
      ['b', 1],
      ['', 1],
    ],
  ],
  [
    ['auth.tenant', 'resource.zone'],
    [
      ['acme,', 4],
      ['acme,7', 1],
    ],
  ],
] as const) {
  test(`by ${keys.join(' and ')}`, t => {
    t.deepEqual<unknown, unknown>(counts([...keys]), expected)
  })
}

test('only the selected records count', t => {
  let row = 0
  const some = batch.filter(() => row++ % 2 === 0)
  t.deepEqual<unknown, unknown>(counts(['auth.tenant'], some), [['acme', 3]])
  const [load] = loadsOf(some, ['auth.tenant']).values()
  t.true(load!.bytes > 0 && load!.bytes < batch.bytes.length)
})

test('an untouched batch is as large as its bytes', t => {
  t.is(loadsOf(batch, ['auth.tenant']).get('acme')?.bytes, batch.bytes.length)
})

test('a long value is cut', t => {
  const long = batch.with({ context: { requestId: 'r', identity: { subject: 'x'.repeat(500) } } })
  t.deepEqual([...loadsOf(long, ['auth.subject']).keys()], ['x'.repeat(200)])
})
