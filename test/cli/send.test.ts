import { Readable, Writable } from 'node:stream'
import zlib from 'node:zlib'
import test from 'ava'
import { runCli } from '../../src/cli/program.ts'
import { decodeLogs } from '../../src/otlp/decode-logs.ts'
import { encodeExportResponse } from '../../src/otlp/export-response.ts'
import { encodeRpcStatus } from '../../src/otlp/rpc-status.ts'
import { startGrpcServer } from '../helpers/grpc-server.ts'
import { startHttpServer } from '../helpers/http-server.ts'

/** Runs `parsec send ...` in this process. */
async function send(args: string[], input = '') {
  const said = { stdout: '', stderr: '' }
  const into = (name: 'stdout' | 'stderr'): Writable =>
    new Writable({
      write(chunk: Buffer, _encoding, done) {
        said[name] += chunk.toString()
        done()
      },
    })
  const stdin = Readable.from(input === '' ? [] : [Buffer.from(input)])
  const streams = { stdin, stdout: into('stdout'), stderr: into('stderr') }
  const exitCode = await runCli(['send', ...args], { plugins: [], env: {}, ...streams })
  return { exitCode, ...said }
}

const taken = { message: Buffer.alloc(0) }

test('each line of stdin arrives over gRPC as a record', async t => {
  const server = await startGrpcServer(t, () => taken)
  const args = ['--service-name', 'shop', '--severity', 'WARN', '--attribute', 'env=prod', '--gzip']
  const endpoint = ['--endpoint', `127.0.0.1:${server.port}`]
  const result = await send([...endpoint, ...args], 'one\ntwo\n')
  t.is(result.exitCode, 0)
  t.regex(result.stdout, /^2 acknowledged, 0 rejected, 0 failed by 127\.0\.0\.1:\d+ in/)
  t.is(result.stderr, '')
  const { batch } = decodeLogs(zlib.gunzipSync(server.calls[0]!.message), { requestId: 'test' })
  const cursor = batch.cursor()
  const rows = Array.from({ length: batch.count }, (_, row) => {
    cursor.seek(row)
    return [cursor.bodyText(), cursor.severityNumber(), cursor.severityText()]
  })
  t.deepEqual(rows, [
    ['one', 13, 'WARN'],
    ['two', 13, 'WARN'],
  ])
  const text = batch.bytes.toString('latin1')
  for (const part of ['service.name', 'shop', 'env', 'prod']) t.true(text.includes(part))
})

for (const [protocol, type] of [
  ['http/protobuf', 'application/x-protobuf'],
  ['http/json', 'application/json'],
] as const) {
  test(`samples arrive over ${protocol} with their headers`, async t => {
    const server = await startHttpServer(t, () => ({}))
    const result = await send([
      '--sample',
      '--count',
      '25',
      '--batch-size',
      '10',
      '--protocol',
      protocol,
      '--endpoint',
      server.url,
      '--header',
      'authorization=Bearer s3cret',
    ])
    t.is(result.exitCode, 0)
    t.regex(result.stdout, /^25 acknowledged/)
    t.is(server.requests.length, 3)
    for (const { url, headers } of server.requests) {
      t.is(url, '/v1/logs')
      t.is(headers['content-type'], type)
      t.is(headers.authorization, 'Bearer s3cret')
    }
  })
}

test('JSON is OTLP JSON', async t => {
  const server = await startHttpServer(t, () => ({}))
  await send(['--protocol', 'http/json', '--endpoint', server.url], 'hello\n')
  const { resourceLogs } = JSON.parse(server.requests[0]!.body.toString()) as {
    resourceLogs: { scopeLogs: { logRecords: { body: unknown; severityText: string }[] }[] }[]
  }
  t.like(resourceLogs[0]!.scopeLogs[0]!.logRecords[0], {
    body: { stringValue: 'hello' },
    severityText: 'INFO',
  })
})

test('told to come back later over gRPC, it does, and every record is acknowledged once', async t => {
  const details = encodeRpcStatus({ code: 14, message: 'busy', retryAfterMs: 200 })
  const server = await startGrpcServer(t, () =>
    server.calls.length === 1 ? { status: 14, statusMessage: 'busy', details } : taken,
  )
  const result = await send(['--endpoint', `127.0.0.1:${server.port}`], 'one\n')
  t.is(result.exitCode, 0)
  t.is(server.calls.length, 2)
  t.regex(result.stdout, /^1 acknowledged/)
  t.regex(result.stderr, /will be tried again: busy/)
})

test('told to come back later over HTTP, it does', async t => {
  const server = await startHttpServer(t, () =>
    server.requests.length === 1 ? { status: 503, headers: { 'retry-after': '1' } } : {},
  )
  const args = ['--protocol', 'http/protobuf', '--endpoint', server.url]
  const result = await send(args, 'one\n')
  t.is(result.exitCode, 0)
  t.is(server.requests.length, 2)
})

test('refused data is a failure', async t => {
  const server = await startGrpcServer(t, () => ({ status: 3, statusMessage: 'bad data' }))
  const result = await send(['--endpoint', `127.0.0.1:${server.port}`], 'one\n')
  t.is(result.exitCode, 1)
  t.regex(result.stdout, /^0 acknowledged, 0 rejected, 1 failed/)
  t.regex(result.stderr, /refused: bad data/)
  t.is(server.calls.length, 1)
})

test('rejected records are a failure', async t => {
  const partial = { rejectedCount: 1, message: 'too old' }
  const message = encodeExportResponse('protobuf', partial)
  const server = await startGrpcServer(t, () => ({ message }))
  const result = await send(['--endpoint', `127.0.0.1:${server.port}`], 'one\ntwo\n')
  t.is(result.exitCode, 1)
  t.regex(result.stdout, /^1 acknowledged, 1 rejected, 0 failed/)
  t.regex(result.stderr, /the server says: too old/)
})

test('a server that is down is a failure when the time is over', async t => {
  const server = await startGrpcServer(t, () => taken)
  await server.kill()
  const args = ['--endpoint', `127.0.0.1:${server.port}`, '--retry-for', '100ms']
  const result = await send(args, 'one\n')
  t.is(result.exitCode, 1)
  t.regex(result.stderr, /given up: cannot connect to 127\.0\.0\.1:\d+: .*ECONNREFUSED/)
})

test('nothing on stdin is nothing to send', async t => {
  const result = await send(['--endpoint', '127.0.0.1:1'])
  t.is(result.exitCode, 0)
  t.regex(result.stdout, /^0 acknowledged, 0 rejected, 0 failed/)
})

for (const [args, message] of [
  [['--rate', '5/s'], /go with --sample/],
  [['--endpoint', 'localhost'], /must be host:port/],
  [['--protocol', 'udp'], /Allowed choices are grpc/],
  [['--severity', 'LOUD'], /is no severity/],
] as const) {
  test(`"send ${args.join(' ')}" is a mistake on the command line`, async t => {
    const result = await send([...args])
    t.is(result.exitCode, 2)
    t.regex(result.stderr, message)
  })
}
