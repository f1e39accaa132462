import test from 'ava'
import { parse } from 'yaml'
import { telemetrySchema } from '../../src/config/telemetry-section.ts'

const gives = test.macro((t, yaml: string, expected: object) => {
  t.like(telemetrySchema.parse(parse(yaml) ?? {}), expected)
})
test('the defaults of the Collector', gives, '', {
  logs: { level: 'info', encoding: 'console' },
  metrics: { level: 'normal', endpoint: 'localhost:8888' },
  resource: {},
})
test('levels in capitals', gives, 'logs: {level: WARN}', { logs: { level: 'warn' } })
test('our own endpoint', gives, 'metrics: {endpoint: "a:1"}', { metrics: { endpoint: 'a:1' } })
test('the old address', gives, 'metrics: {address: ":9"}', { metrics: { endpoint: ':9' } })
test(
  'the pull reader of the Collector',
  gives,
  "metrics: {readers: [{periodic: {}}, {pull: {exporter: {prometheus: {host: '0.0.0.0', port: 9, without_units: true}}}}]}",
  { metrics: { endpoint: '0.0.0.0:9' } },
)
test(
  'an IPv6 host is put in brackets',
  gives,
  "metrics: {readers: [{pull: {exporter: {prometheus: {host: '::1'}}}}]}",
  { metrics: { endpoint: '[::1]:8888' } },
)
test(
  'resource attributes, old and new form',
  gives,
  'resource: {service.name: a, service.instance.id: null, n: 1, attributes: [{name: b, value: c}]}',
  { resource: { 'service.name': 'a', n: '1', b: 'c' } },
)

test('a null attribute is left out', t => {
  const { resource } = telemetrySchema.parse({ resource: { 'service.version': null } })
  t.deepEqual(resource, {})
})
test('unknown keys and values are refused', t => {
  t.false(telemetrySchema.safeParse({ log: {} }).success)
  t.false(telemetrySchema.safeParse({ metrics: { level: 'all' } }).success)
})
