import test from 'ava'
import { z } from 'zod'
import { configSchema } from '../../src/config/config-schema.ts'
import { definePlugin } from '../../src/plugin/define-plugin.ts'
import { fakePlugins } from '../helpers/fake-plugins.ts'

interface Node {
  readonly [key: string]: Node
}
const schema = configSchema(fakePlugins) as unknown as Node

test('a section knows its components by type, old name and id', t => {
  const patterns = Object.keys(schema['properties']!['exporters']!['patternProperties']!)
  t.deepEqual(patterns, ['^(store|storage)(/.+)?$', '^(debug)(/.+)?$'])
  t.regex('storage/a', new RegExp(patterns[0]!))
  t.notRegex('stores', new RegExp(patterns[0]!))
})

test('a number may also be a reference that is expanded later', t => {
  const port = schema['$defs']!['receiver.otlp']!['properties']!['port'] as unknown
  t.like(port, { anyOf: [{ type: 'integer', minimum: 1 }, { type: 'string' }] })
})

test('durations are not the durations of JSON Schema, secrets are only written', t => {
  const store = schema['$defs']!['exporter.store']!['properties']!
  t.is(store['timeout']!['format'], undefined)
  t.is(store['timeout']!['x-format'] as unknown, 'duration')
  t.is(store['password']!['writeOnly'] as unknown, true)
  t.is(store['old_timeout']!['deprecated'] as unknown, true)
})

test('a schema that contains itself refers to itself under its new name', t => {
  const tree: z.ZodType = z.lazy(() => z.strictObject({ child: tree.optional() }))
  const plugin = definePlugin({
    kind: 'extension',
    type: 'tree',
    stability: 'alpha',
    summary: 'x',
    config: z.strictObject({ tree }),
    create: () => ({}),
  })
  const text = JSON.stringify(configSchema([plugin]))
  const names = [...text.matchAll(/"\$ref":"#\/\$defs\/([^"]+)"/g)].map(([, name]) => name!)
  const { $defs } = JSON.parse(text) as { $defs: object }
  t.true(names.length > 2)
  for (const name of names) t.true(name in $defs, name)
})
