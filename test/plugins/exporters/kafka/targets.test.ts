import test from 'ava'
import { kafkaExporter } from '../../../../plugins/exporters/kafka/index.ts'
import { type Target, targetsOf } from '../../../../plugins/exporters/kafka/targets.ts'
import type { BatchContext } from '../../../../src/batch/batch.ts'
import { buildLogs } from '../../../../src/otlp/build-logs.ts'
import { configOf } from '../../../helpers/plugin-yaml.ts'

const context: BatchContext = {
  requestId: 'test',
  metadata: new Map([
    ['x-tenant', ['acme']],
    ['x-empty', ['']],
  ]),
}

const record = (body: string, trace = ''): object => ({
  body,
  ...(trace === '' ? {} : { traceId: trace.repeat(32) }),
})

const batch = buildLogs(
  [
    { resource: { 'service.name': 'a', n: 1 }, records: [record('1', 'a'), record('2', 'b')] },
    { resource: { n: 1, 'service.name': 'a' }, records: [record('3', 'a')] },
    { resource: { 'service.name': 'b', topic: 'other' }, records: [record('4')] },
  ],
  context,
)

/** `topic key: bodies` of each target. */
function shown(targets: readonly Target[]): string[] {
  return targets.map(({ topic, key, records }) => {
    const cursor = records.cursor()
    const bodies = Array.from({ length: records.count }, (_, i) =>
      cursor.seek(records.row(i)).bodyText(),
    )
    return `${topic} ${key === undefined ? '-' : String(key)}: ${bodies.join(' ')}`
  })
}

const CASES: readonly [yaml: string, expected: string[]][] = [
  ['', ['otlp_logs -: 1 2 3 4']],
  ['logs: { topic: mine }', ['mine -: 1 2 3 4']],
  ['logs: { topic_from_metadata_key: X-Tenant }', ['acme -: 1 2 3 4']],
  ['logs: { topic_from_metadata_key: x-empty }', ['otlp_logs -: 1 2 3 4']],
  ['logs: { message_key_from_metadata_key: x-tenant }', ['otlp_logs acme: 1 2 3 4']],
  ['topic_from_attribute: topic', ['otlp_logs -: 1 2 3', 'other -: 4']],
  [
    '{ topic_from_attribute: topic, logs: { topic_from_metadata_key: x-tenant } }',
    ['acme -: 1 2 3 4'],
  ],
  ['message_key_from_attribute: service.name', ['otlp_logs a: 1 2 3', 'otlp_logs b: 4']],
  [
    'partition_logs_by_trace_id: true',
    [`otlp_logs ${'a'.repeat(32)}: 1 3`, `otlp_logs ${'b'.repeat(32)}: 2`, 'otlp_logs -: 4'],
  ],
]

for (const [yaml, expected] of CASES) {
  test(`targets with ${yaml === '' ? 'the defaults' : yaml}`, t => {
    t.deepEqual(shown(targetsOf(batch, configOf(kafkaExporter, yaml))), expected)
  })
}

test('a hash of the resource is the same whatever the order of its attributes', t => {
  const config = configOf(kafkaExporter, 'partition_logs_by_resource_attributes: true')
  const targets = targetsOf(batch, config)
  t.deepEqual(
    targets.map(({ records, key }) => [records.count, key?.length]),
    [
      [3, 16],
      [1, 16],
    ],
  )
})
