import test from 'ava'
import { nothingAltered } from '../../../../../plugins/exporters/postgres/copy/altered.ts'
import { sourceOf } from '../../../../../plugins/exporters/postgres/copy/copy-writer.ts'
import { SharedFields } from '../../../../../plugins/exporters/postgres/copy/shared-fields.ts'
import { buildLogs, type ScopeLogsParts } from '../../../../../src/otlp/build-logs.ts'

/** The fields of the first scope as text; jsonb without its version. */
function fieldsOf(
  parts: Omit<ScopeLogsParts, 'records'>,
  altered = nothingAltered(),
): readonly string[] {
  const batch = buildLogs([{ ...parts, records: [{}] }], { requestId: 'test' })
  const { bytes } = new SharedFields(batch, sourceOf(batch.bytes), altered).of(0)
  const fields: string[] = []
  for (let pos = 0; pos < bytes.length; ) {
    const end = pos + 4 + bytes.readInt32BE(pos)
    const text = bytes.toString('utf8', pos + 4, end)
    fields.push(text.startsWith('\u0001') ? text.slice(1) : text)
    pos = end
  }
  return fields
}

test('a record gets all that its scope and resource say', t => {
  t.deepEqual(
    fieldsOf({
      resource: { 'service.name': 'shop', n: 1n },
      resourceSchemaUrl: 'https://resource',
      scopeName: 'lib',
      scopeVersion: '1.2',
      scopeAttributes: { a: true },
      scopeSchemaUrl: 'https://scope',
    }),
    [
      'shop',
      'https://resource',
      '{"service.name":"shop","n":1}',
      'https://scope',
      'lib',
      '1.2',
      '{"a":true}',
    ],
  )
  t.deepEqual(fieldsOf({}), ['', '', '{}', '', '', '', '{}'])
})

test('a scope is encoded once', t => {
  const batch = buildLogs([{ records: [{}, {}] }], { requestId: 'test' })
  const shared = new SharedFields(batch, sourceOf(batch.bytes), nothingAltered())
  t.is(shared.of(0), shared.of(0))
})

test('a service name too long for an index is cut between characters; the attribute is whole', t => {
  const altered = nothingAltered()
  const name = `x${'\u00e9'.repeat(1000)}`
  const [service, , attributes] = fieldsOf({ resource: { 'service.name': name } }, altered)
  t.is(service, `x${'\u00e9'.repeat(511)}`)
  t.is(altered.too_long, 1)
  t.deepEqual(JSON.parse(attributes!), { 'service.name': name })
})

test('a service name that is no text gets its text form', t => {
  t.is(fieldsOf({ resource: { 'service.name': 42n } })[0], '42')
})
