import { join } from 'node:path'
import test from 'ava'
import { filledQueue, flipByte } from '../helpers/filled-queue.ts'
import { runFakeCli } from '../helpers/run-cli.ts'
import { tempFolder } from '../helpers/temp-folder.ts'

test('ls tells what waits and who has the queue open', async t => {
  const { directory } = await filledQueue(t, [['a', 'b'], ['c']])
  const { exitCode, stdout } = await runFakeCli(['queue', 'ls', directory])
  t.is(exitCode, 0)
  t.regex(stdout, new RegExp(`open by process ${process.pid}, exporter otlp`))
  t.regex(stdout, /waiting {4}2 batches, 3 log records/)
  t.regex(stdout, /waiting .* 64\.0 KiB .*segment-0000000001/)
})

test('ls as JSON is for programs', async t => {
  const { directory, queue } = await filledQueue(t, [['a']])
  await queue.stop()
  const { stdout } = await runFakeCli(['queue', 'ls', directory, '--format', 'json'])
  t.like(JSON.parse(stdout), { waiting: { batches: 1, logRecords: 1 }, troubles: [] })
})

test('verify exits with 0 when all is well and with 1 when something is damaged', async t => {
  const { directory, queue } = await filledQueue(t, [['a'], ['b']])
  await queue.stop()
  const good = await runFakeCli(['queue', 'verify', directory])
  t.is(good.exitCode, 0)
  t.regex(good.stdout, /^2 batches, 2 log records, \d+ B: intact\n$/)
  await flipByte(join(directory, 'segment-0000000001'), 100)
  const bad = await runFakeCli(['queue', 'verify', directory])
  t.is(bad.exitCode, 1)
  t.regex(bad.stdout, /DAMAGED .*segment-0000000001 at byte 64, \d+ bytes: 1 batch\n/)
})

test('repair says what it did and where the bytes are', async t => {
  const { directory, queue } = await filledQueue(t, [['a'], ['b']])
  await queue.stop()
  await flipByte(join(directory, 'segment-0000000001'), 100)
  const { exitCode, stdout } = await runFakeCli(['queue', 'repair', directory])
  t.is(exitCode, 0)
  t.regex(stdout, /DAMAGED [^\n]*\n {2}saved as .*damaged\/segment-1-at-64\.bin\n/)
  t.is((await runFakeCli(['queue', 'repair', directory])).stdout, 'nothing is damaged\n')
})

test('repair refuses a queue that is open, and names who has it', async t => {
  const { directory } = await filledQueue(t, [['a']])
  const { exitCode, stderr } = await runFakeCli(['queue', 'repair', directory])
  t.is(exitCode, 1)
  t.regex(stderr, new RegExp(`is in use by process ${process.pid} .*exporter otlp`))
})

test('export writes OTLP JSON lines', async t => {
  const { directory } = await filledQueue(t, [['hello'], ['world']])
  const { stdout } = await runFakeCli(['queue', 'export', directory])
  const lines = stdout.trimEnd().split('\n')
  t.is(lines.length, 2)
  const [{ scopeLogs }] = (
    JSON.parse(lines[0]!) as { resourceLogs: [{ scopeLogs: [{ logRecords: unknown[] }] }] }
  ).resourceLogs
  t.like(scopeLogs[0].logRecords[0], { body: { stringValue: 'hello' } })
})

test('a folder that is none of a queue is told', async t => {
  const folder = await tempFolder(t)
  const empty = await runFakeCli(['queue', 'ls', folder])
  t.is(empty.exitCode, 1)
  t.regex(empty.stderr, /is no queue: it has neither segments nor cursor files/)
  const missing = await runFakeCli(['queue', 'verify', join(folder, 'nowhere')])
  t.regex(missing.stderr, /nowhere cannot be read: ENOENT/)
})
