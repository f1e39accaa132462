import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { credentials, type ServiceError, status } from '@grpc/grpc-js'
import test from 'ava'
import fc from 'fast-check'
import { otlpReceiverConfig } from '../../../../plugins/receivers/otlp/config.ts'
import { otlpReceiver } from '../../../../plugins/receivers/otlp/index.ts'
import { OtlpReceiver } from '../../../../plugins/receivers/otlp/receiver.ts'
import { buildLogsRequest } from '../../../../src/otlp/build-logs.ts'
import { LogSink } from '../../../../src/testing/log-sink.ts'
import { createTestContext } from '../../../../src/testing/test-context.ts'
import { createAuthority, issueCertificate } from '../../../helpers/certificates.ts'
import { call, post, startReceiver } from '../../../helpers/otlp-receiver.ts'
import { sampleConfigs } from '../../../helpers/plugin-yaml.ts'

const PROTOBUF = 'application/x-protobuf'
const good = buildLogsRequest([{ records: [{ body: 'hello' }] }])

test('both protocols feed the same pipeline, and say where they listen', async t => {
  const receiver = await startReceiver(t, { grpc: {}, http: {} })
  await call(receiver, good)
  await post(receiver, PROTOBUF, good)
  t.is(receiver.sink.count, 2)
  const [grpc, http] = receiver.receiver.endpoints()
  t.regex(grpc ?? '', /^grpc:\/\/127\.0\.0\.1:\d+$/)
  t.regex(http ?? '', /^http:\/\/127\.0\.0\.1:\d+\/v1\/logs$/)
})

test('the sample is a valid config', t => {
  const config = sampleConfigs(otlpReceiver).get('otlp')
  t.is(config?.protocols.grpc?.endpoint, 'localhost:4317')
})

test('an empty protocol means its defaults, a missing one is off', t => {
  const { protocols } = otlpReceiverConfig.parse({ protocols: { grpc: null } })
  t.like(protocols.grpc, { endpoint: 'localhost:4317', max_recv_msg_size_mib: 64 })
  t.is(protocols.http, undefined)
  const both = otlpReceiverConfig.parse({ protocols: { grpc: {}, http: null } }).protocols
  t.like(both.http, { endpoint: 'localhost:4318', logs_url_path: '/v1/logs' })
})

const misconfigured = test.macro((t, input: object, message: RegExp) => {
  t.regex(otlpReceiverConfig.safeParse(input).error?.message ?? 'accepted', message)
})
test('no protocol', misconfigured, { protocols: {} }, /at least one protocol/)
test('nothing at all', misconfigured, {}, /protocols/)
test('an unknown protocol', misconfigured, { protocols: { thrift: {} } }, /thrift/)
test('an unknown key', misconfigured, { protocols: { http: { port: 1 } } }, /port/)
const auth = { protocols: { grpc: { auth: { authenticator: '' } } } }
test('auth by nobody', misconfigured, auth, /authenticator/)

test('an address in use names component, key and endpoint', async t => {
  const first = await startReceiver(t, { http: {} })
  const endpoint = new URL(first.http).host
  const config = otlpReceiverConfig.parse({ protocols: { http: { endpoint } } })
  const second = new OtlpReceiver(config, createTestContext('receiver', 'otlp/2'), new LogSink())
  await t.throwsAsync(second.start(), {
    message: new RegExp(`${endpoint}.*in use.*receivers::otlp/2::protocols::http::endpoint`),
  })
  await t.notThrowsAsync(second.stop(AbortSignal.abort()))
})

test('TLS demands a client certificate when client_ca_file is set', async t => {
  const folder = await mkdtemp(join(tmpdir(), 'parsec-mtls-'))
  t.teardown(() => rm(folder, { recursive: true, force: true }))
  const authority = createAuthority()
  const own = issueCertificate(authority)
  const client = issueCertificate(authority, ['client'])
  const client_ca_file = join(folder, 'ca.pem')
  await writeFile(client_ca_file, authority.certPem)
  const tls = { cert_pem: own.certPem, key_pem: own.keyPem, client_ca_file }
  const receiver = await startReceiver(t, { grpc: { tls } })
  const [ca, key, cert] = [authority.certPem, client.keyPem, client.certPem].map(pem =>
    Buffer.from(pem),
  )
  const known = credentials.createSsl(ca!, key!, cert!)
  t.is((await call(receiver, good, { secure: known })).length, 0)
  const unknown = credentials.createSsl(ca!)
  const error = await t.throwsAsync<ServiceError>(call(receiver, good, { secure: unknown }))
  t.is(error?.code, status.UNAVAILABLE)
  t.deepEqual(receiver.sink.bodies, ['hello'])
})

test('a missing certificate file stops the start with a sentence', t => {
  const tls = { cert_file: '/no/such.pem', key_file: '/no/such.key' }
  const config = otlpReceiverConfig.parse({ protocols: { http: { tls } } })
  const context = createTestContext('receiver', 'otlp')
  t.throws(() => new OtlpReceiver(config, context, new LogSink()), {
    message: /cert_file cannot be read: ENOENT.*such\.pem/,
  })
})

test('the signal aborts when the sender goes away', async t => {
  const receiver = await startReceiver(t, { http: {} })
  const gone = new AbortController()
  const aborted = new Promise<void>(resolve => {
    receiver.sink.before = (_, signal) => {
      gone.abort()
      return new Promise((_, reject) =>
        signal.addEventListener('abort', () => {
          resolve()
          reject(new Error('cancelled'))
        }),
      )
    }
  })
  const url = `${receiver.http}/v1/logs`
  const headers = { 'content-type': PROTOBUF }
  await t.throwsAsync(fetch(url, { method: 'POST', headers, body: good, signal: gone.signal }), {
    any: true,
  })
  await aborted
  t.pass()
})

test('stop answers what is in progress; a stuck stage does not hold it', async t => {
  const receiver = await startReceiver(t, { grpc: {}, http: {} })
  let entered = (): void => {}
  let release = (): void => {}
  const bothIn = new Promise<void>(resolve => {
    let count = 0
    entered = () => ++count === 2 && resolve()
  })
  const released = new Promise<void>(resolve => (release = resolve))
  receiver.sink.before = () => {
    entered()
    return released
  }
  const answers = [call(receiver, good), post(receiver, PROTOBUF, good)] as const
  await bothIn
  const stopping = receiver.receiver.stop(new AbortController().signal)
  release()
  t.is((await answers[0]).length, 0)
  t.is((await answers[1]).status, 200)
  await stopping

  const stuck = await startReceiver(t, { grpc: {}, http: {} })
  const inside = new Promise<void>(resolve => {
    let count = 0
    stuck.sink.before = () => {
      if (++count === 2) resolve()
      return new Promise(() => {})
    }
  })
  const failures = [t.throwsAsync(call(stuck, good)), t.throwsAsync(post(stuck, PROTOBUF, good))]
  await inside
  const deadline = new AbortController()
  const cut = stuck.receiver.stop(deadline.signal)
  deadline.abort()
  await cut
  await Promise.all(failures)
})

test('random bytes are always answered, and the server lives', async t => {
  const receiver = await startReceiver(t, { grpc: {}, http: {} })
  const encodings = fc.constantFrom({}, { 'content-encoding': 'gzip' }, { 'content-encoding': 'x' })
  const types = fc.constantFrom(PROTOBUF, 'application/json', 'text/x')
  await fc.assert(
    fc.asyncProperty(
      fc.uint8Array({ maxLength: 200 }),
      types,
      encodings,
      async (bytes, type, headers) => {
        const body = Buffer.from(bytes)
        const response = await post(receiver, type, body, {
          headers: headers as Record<string, string>,
        })
        t.true([200, 400, 415].includes(response.status), String(response.status))
        if (response.status !== 200) t.true(response.body.length > 0)
        try {
          await call(receiver, body)
        } catch (error) {
          t.is((error as ServiceError).code, status.INVALID_ARGUMENT)
        }
      },
    ),
    { numRuns: 60 },
  )
  t.is((await post(receiver, PROTOBUF, good)).status, 200)
  t.is((await call(receiver, good)).length, 0)
})
