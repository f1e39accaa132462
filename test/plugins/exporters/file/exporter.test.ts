import { mkdir, readFile, symlink, unlink } from 'node:fs/promises'
import { join } from 'node:path'
import test from 'ava'
import { fileExporter } from '../../../../plugins/exporters/file/index.ts'
import { zstdCompressor } from '../../../../plugins/exporters/file/zstd.ts'
import { buildLogs } from '../../../../src/otlp/build-logs.ts'
import { decodeLogs } from '../../../../src/otlp/decode-logs.ts'
import { decodeLogsJson } from '../../../../src/otlp/decode-logs-json.ts'
import type { Exporter } from '../../../../src/plugin/component.ts'
import { PipelineError } from '../../../../src/plugin/pipeline-error.ts'
import { createTestContext, LogSink, type TestContext } from '../../../../src/testing/index.ts'
import { complaintsOf, configOf, sampleConfigs } from '../../../helpers/plugin-yaml.ts'
import { tempFolder } from '../../../helpers/temp-folder.ts'

const request = { requestId: 'r' }
const batch = buildLogs(
  [{ records: [{ body: 'one' }, { body: 'two' }, { body: 'three' }] }],
  request,
)
const signal = AbortSignal.timeout(60_000)

function create(yaml: string): { exporter: Exporter; context: TestContext } {
  const context = createTestContext('exporter', 'file')
  return { exporter: fileExporter.create(configOf(fileExporter, yaml), context), context }
}

/** The messages of a file with lengths in front. */
function unframe(bytes: Buffer): Buffer[] {
  const messages: Buffer[] = []
  for (let pos = 0; pos < bytes.length; pos += 4 + bytes.readUInt32BE(pos)) {
    messages.push(bytes.subarray(pos + 4, pos + 4 + bytes.readUInt32BE(pos)))
  }
  return messages
}

test('json: one line a batch, with the selected records, readable again', async t => {
  const path = join(await tempFolder(t), 'logs.json')
  const { exporter, context } = create(`path: ${path}`)
  await exporter.start?.()
  await exporter.consume(batch, signal)
  t.is((await readFile(path, 'utf8')).split('\n').length, 2, 'written when acknowledged')
  await exporter.consume(batch.slice(1, 3), signal)
  await exporter.consume(batch.slice(0, 0), signal)
  await exporter.stop?.(signal)
  const sink = new LogSink()
  for (const line of (await readFile(path, 'utf8')).trimEnd().split('\n')) {
    await sink.consume(decodeLogsJson(Buffer.from(line), request).batch, signal)
  }
  t.deepEqual(sink.bodies, ['one', 'two', 'three', 'two', 'three'])
  t.deepEqual(context.statuses, [{ status: 'ok', detail: undefined }])
})

test('proto: each message after its length', async t => {
  const path = join(await tempFolder(t), 'logs.pb')
  const { exporter } = create(`{path: ${path}, format: proto, flush_interval: 0}`)
  await exporter.start?.()
  await Promise.all([exporter.consume(batch, signal), exporter.consume(batch.slice(0, 1), signal)])
  await exporter.stop?.(signal)
  const sink = new LogSink()
  for (const message of unframe(await readFile(path))) {
    await sink.consume(decodeLogs(message, request).batch, signal)
  }
  t.deepEqual(sink.bodies, ['one', 'two', 'three', 'one'])
})

test('a missing directory refuses retryably, is told once, and ends when it is there', async t => {
  const folder = join(await tempFolder(t), 'later')
  const path = join(folder, 'logs.json')
  const { exporter, context } = create(`path: ${path}`)
  await exporter.start?.()
  for (let i = 0; i < 3; i++) {
    const error = await t.throwsAsync(exporter.consume(batch, signal), {
      instanceOf: PipelineError,
    })
    t.like(error, { retryable: true, reason: 'no_such_directory' })
    t.true(error?.message.includes(path))
  }
  await mkdir(folder)
  await exporter.consume(batch, signal)
  await exporter.stop?.(signal)
  t.is((await readFile(path, 'utf8')).split('\n').length, 2)
  const told = context.lines.map(({ msg }) => (msg as string).replace(/:.*;/, ':'))
  t.deepEqual(told, [`cannot write to ${path}: will try again`, 'writing again'])
  t.deepEqual(
    context.statuses.map(({ status }) => status),
    [...Array.from({ length: 4 }, () => 'recoverable_error'), 'ok'],
  )
})

test('a full disk refuses retryably, and ends when there is room', async t => {
  const path = join(await tempFolder(t), 'logs.json')
  await symlink('/dev/full', path)
  const { exporter } = create(`path: ${path}`)
  await exporter.start?.()
  const error = await t.throwsAsync(exporter.consume(batch, signal), { instanceOf: PipelineError })
  t.like(error, { retryable: true, reason: 'disk_full' })
  await unlink(path)
  await exporter.consume(batch, signal)
  await exporter.stop?.(signal)
  t.is((await readFile(path, 'utf8')).split('\n').length, 2)
})

test('a batch that cannot be encoded is refused for good', async t => {
  const path = join(await tempFolder(t), 'logs.json')
  const { exporter } = create(`path: ${path}`)
  const parts = [{ resource: { a: 'b' }, records: [{ body: 'x' }] }]
  const broken = buildLogs(parts, request).with({
    resourceOverlay: new Map([[0, Buffer.from([0x0a, 0xff])]]),
  })
  const error = await t.throwsAsync(exporter.consume(broken, signal), { instanceOf: PipelineError })
  t.like(error, { retryable: false, reason: 'encode_failed' })
  await exporter.stop?.(signal)
})

test('a sender that is gone, and a stopped exporter, get a retryable refusal', async t => {
  const path = join(await tempFolder(t), 'logs.json')
  const { exporter } = create(`path: ${path}`)
  const gone = exporter.consume(batch, AbortSignal.abort())
  t.like(await t.throwsAsync(gone), { code: 'cancelled', retryable: true })
  await exporter.stop?.(signal)
  t.like(await t.throwsAsync(exporter.consume(batch, signal)), { retryable: true })
})

test('stop without start is safe', async t => {
  const { exporter } = create('path: /nowhere/at/all')
  await t.notThrowsAsync(async () => exporter.stop?.(signal))
})

test('every sample config is valid', t => {
  const samples = sampleConfigs(fileExporter)
  t.deepEqual([...samples.keys()], ['file', 'file/rotated', 'file/proto'])
  t.is(samples.get('file')?.flush_interval, 1000)
})

test('rotation alone takes the defaults', t => {
  t.deepEqual(configOf(fileExporter, 'path: x\nrotation:').rotation, {
    max_megabytes: 100,
    max_days: 0,
    max_backups: 100,
    localtime: false,
  })
  t.is(configOf(fileExporter, 'path: x').rotation, undefined)
})

const refuses = test.macro({
  exec(t, yaml: string, complaint: string) {
    t.deepEqual(complaintsOf(fileExporter, yaml), [complaint])
  },
  title: (_, yaml: string) => `a config is refused: ${yaml}`,
})

test(
  refuses,
  '{path: x, directory_permissions: "0755"}',
  'directory_permissions: directory_permissions needs create_directory: true',
)
test(
  refuses,
  '{path: x, create_directory: true, directory_permissions: "999"}',
  'directory_permissions: write it as an octal string such as "0755"',
)
test(refuses, '{path: x, rotation: {max_mb: 1}}', 'rotation: Unrecognized key: "max_mb"')
test(
  refuses,
  '{path: x, flush_interval: soon}',
  'flush_interval: "soon" is not a duration: write it as 200ms, 5s or 1m30s',
)

test('zstd is taken where this Node has it, and refused clearly where not', t => {
  const complaints = complaintsOf(fileExporter, '{path: x, compression: zstd}')
  const refusal = `compression: zstd needs Node 22.15 or newer, this is ${process.version}`
  t.deepEqual(complaints, zstdCompressor() === undefined ? [refusal] : [])
})
