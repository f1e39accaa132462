import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test from 'ava'
import { debugExporter } from '../../../../plugins/exporters/debug/index.ts'
import { buildLogs } from '../../../../src/otlp/build-logs.ts'
import { createTestContext } from '../../../../src/testing/index.ts'
import { complaintsOf, configOf, sampleConfigs } from '../../../helpers/plugin-yaml.ts'

const batch = buildLogs([{ records: [{ body: 'one' }, { body: 'two' }] }], { requestId: 'r' })

const logs = test.macro({
  async exec(t, yaml: string, batches: number, expected: string[]) {
    const context = createTestContext('exporter', 'debug')
    const exporter = debugExporter.create(configOf(debugExporter, yaml), context)
    await exporter.start?.()
    for (let i = 0; i < batches; i++) await exporter.consume(batch, AbortSignal.timeout(1000))
    await exporter.stop?.(AbortSignal.timeout(1000))
    const told = context.lines.map(
      line => `${(line['log records'] as number | undefined) ?? ''} ${line['msg'] as string}`,
    )
    t.deepEqual(told, expected)
  },
  title: (_, yaml: string) => `through the internal logger: ${yaml}`,
})

test(logs, '{}', 2, ['2 Logs', '2 Logs'])
test(logs, 'verbosity: normal', 1, ['2 Logs', ' ResourceLog #0\nScopeLog #0\none\ntwo'])
test(logs, '{sampling_initial: 1, sampling_thereafter: 0}', 5, ['2 Logs'])

test('without the internal logger, files get the text', async t => {
  const folder = await mkdtemp(join(tmpdir(), 'debug-exporter-'))
  t.teardown(() => rm(folder, { recursive: true }))
  const path = join(folder, 'out.txt')
  const context = createTestContext('exporter', 'debug')
  const yaml = `{verbosity: normal, use_internal_logger: false, output_paths: ["${path}"]}`
  const exporter = debugExporter.create(configOf(debugExporter, yaml), context)
  await exporter.start?.()
  await exporter.consume(batch, AbortSignal.timeout(1000))
  await exporter.stop?.(AbortSignal.timeout(5000))
  t.regex(
    await readFile(path, 'utf8'),
    /^\d{4}-.*Z\tinfo\tLogs\t\{"resource logs":1,"log records":2\}\nResourceLog #0\nScopeLog #0\none\ntwo\n$/,
  )
  t.deepEqual(context.lines, [])
})

test('stop without start is safe', async t => {
  const exporter = debugExporter.create(
    configOf(debugExporter, '{}'),
    createTestContext('exporter', 'debug'),
  )
  await t.notThrowsAsync(async () => exporter.stop?.(AbortSignal.abort()))
})

test('every sample config is valid', t => {
  t.is(sampleConfigs(debugExporter).size, 3)
})

const refuses = test.macro({
  exec(t, yaml: string, complaint: RegExp) {
    const complaints = complaintsOf(debugExporter, yaml)
    t.is(complaints.length, 1)
    t.regex(complaints[0]!, complaint)
  },
  title: (_, yaml: string) => `a config is refused: ${yaml}`,
})

test(
  refuses,
  'output_paths: [stdout]',
  /^output_paths: output_paths needs use_internal_logger: false$/,
)
test(refuses, '{use_internal_logger: false, output_paths: [""]}', /^output_paths\.0: /)
test(
  refuses,
  'verbosity: loud',
  /^verbosity: Invalid option: expected one of "basic"\|"normal"\|"detailed"$/,
)
