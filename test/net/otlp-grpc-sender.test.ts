import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import { z } from 'zod'
import { grpcClientFields } from '../../src/net/client-config.ts'
import { OtlpGrpcSender } from '../../src/net/otlp-grpc-sender.ts'
import { encodeExportResponse } from '../../src/otlp/export-response.ts'
import { PipelineError } from '../../src/plugin/pipeline-error.ts'
import { createAuthority, issueCertificate } from '../helpers/certificates.ts'
import { type GrpcAnswer, startGrpcServer } from '../helpers/grpc-server.ts'

const schema = z.strictObject(grpcClientFields)
const request = Buffer.from([0x0a, 0x00])
const patience = { timeoutMs: 60_000 }
const taken = { message: Buffer.alloc(0) }

function sender(t: ExecutionContext, config: z.input<typeof schema>): OtlpGrpcSender {
  const made = new OtlpGrpcSender(schema.parse({ compression: 'none', ...config }))
  t.teardown(() => made.close(AbortSignal.abort()))
  return made
}

const plain = { insecure: true }

const taking = test.macro({
  async exec(t, answer: GrpcAnswer, expected: unknown) {
    const server = await startGrpcServer(t, () => answer)
    const made = sender(t, { endpoint: `127.0.0.1:${server.port}`, tls: plain })
    t.deepEqual(await made.sendLogs(request, patience), expected)
    const [call] = server.calls
    t.is(call?.headers[':path'], '/opentelemetry.proto.collector.logs.v1.LogsService/Export')
    t.deepEqual(call?.message, request)
  },
  title: (title = '') => title,
})

const partial = { rejectedCount: 3, message: 'too old' }
test('an empty answer is full success', taking, taken, undefined)
test(
  'an empty partial success is full success',
  taking,
  { message: Buffer.from([0x0a, 0x00]) },
  undefined,
)
test(
  'what the server rejected is told',
  taking,
  { message: encodeExportResponse('protobuf', partial) },
  partial,
)

test('OK with a broken message is an error that is not tried again', async t => {
  const server = await startGrpcServer(t, () => ({ message: Buffer.from([0x0a, 0x7f]) }))
  const made = sender(t, { endpoint: `127.0.0.1:${server.port}`, tls: plain })
  const error = await t.throwsAsync(made.sendLogs(request, patience), {
    instanceOf: PipelineError,
  })
  t.like(error, { retryable: false, reason: 'broken_response' })
})

test('a timeout of 0 means a long one', async t => {
  const server = await startGrpcServer(t, () => taken)
  const made = sender(t, { endpoint: `127.0.0.1:${server.port}`, tls: plain })
  await made.sendLogs(request, { timeoutMs: 0 })
  t.regex(String(server.calls[0]?.headers['grpc-timeout']), /^3[56]\d{5}m$/)
})

test('http:// in the endpoint is plain text, whatever tls says', async t => {
  const server = await startGrpcServer(t, () => taken)
  const made = sender(t, { endpoint: `http://127.0.0.1:${server.port}` })
  t.is(await made.sendLogs(request, patience), undefined)
  t.is(made.destination, `127.0.0.1:${server.port}`)
})

test('TLS is the default, https:// wins over insecure, and the files are read', async t => {
  const authority = createAuthority()
  const { certPem: cert, keyPem: key } = issueCertificate(authority)
  const folder = await mkdtemp(join(tmpdir(), 'parsec-'))
  t.teardown(() => rm(folder, { recursive: true }))
  const ca_file = join(folder, 'ca.pem')
  await writeFile(ca_file, authority.certPem)
  const server = await startGrpcServer(t, () => taken, { tls: { cert, key } })
  const address = `127.0.0.1:${server.port}`

  t.is(
    await sender(t, { endpoint: address, tls: { ca_file } }).sendLogs(request, patience),
    undefined,
  )
  const forced = sender(t, { endpoint: `https://${address}`, tls: { ca_file, insecure: true } })
  t.is(await forced.sendLogs(request, patience), undefined)
  const careless = sender(t, { endpoint: address, tls: { insecure_skip_verify: true } })
  t.is(await careless.sendLogs(request, patience), undefined)
  const strict = sender(t, { endpoint: address })
  await t.throwsAsync(strict.sendLogs(request, patience), { message: /certificate/ })
})

test('a certificate file that is missing stops the start, with its name', t => {
  t.throws(() => sender(t, { endpoint: 'localhost:4317', tls: { ca_file: '/nowhere/ca.pem' } }), {
    message: /ca_file cannot be read.*\/nowhere\/ca\.pem/,
  })
})
