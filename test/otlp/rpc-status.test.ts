import test from 'ava'
import fc from 'fast-check'
import {
  decodeRpcStatus,
  encodeRpcStatus,
  parseRpcStatusJson,
  type RpcStatus,
  rpcStatusJson,
} from '../../src/otlp/rpc-status.ts'
import { WireError } from '../../src/wire/wire-error.ts'

const violation = { field: 'resource_logs.scope_logs', description: 'length 9 runs past the end' }

for (const [what, status] of [
  ['a code and a message', { code: 14, message: 'try later' }],
  ['nothing', { code: 0, message: '' }],
  ['RetryInfo of seconds', { code: 14, message: 'x', retryAfterMs: 30_000 }],
  ['RetryInfo of milliseconds', { code: 8, message: 'x', retryAfterMs: 1250 }],
  ['RetryInfo of zero', { code: 8, message: 'x', retryAfterMs: 0 }],
  ['BadRequest', { code: 3, message: 'x', violation }],
  ['both details and a long message', { code: 3, message: 'x'.repeat(500), violation }],
] as [string, RpcStatus][]) {
  test(`${what} survives protobuf`, t => {
    t.deepEqual(decodeRpcStatus(encodeRpcStatus(status)), status)
  })
}

test('the bytes are those of google.rpc.Status', t => {
  const status = encodeRpcStatus({ code: 14, message: 'busy', retryAfterMs: 1500 })
  const type = Buffer.from('type.googleapis.com/google.rpc.RetryInfo').toString('hex')
  const info = '0a0808011080cab5ee01'
  t.is(status.toString('hex'), `080e1204627573791a360a28${type}120a${info}`)
})

test('the JSON is that of google.rpc.Status', t => {
  const json = rpcStatusJson({ code: 3, message: 'bad', violation, retryAfterMs: 1500 })
  t.deepEqual(JSON.parse(json), {
    code: 3,
    message: 'bad',
    details: [
      { '@type': 'type.googleapis.com/google.rpc.BadRequest', fieldViolations: [violation] },
      { '@type': 'type.googleapis.com/google.rpc.RetryInfo', retryDelay: '1.5s' },
    ],
  })
  t.deepEqual(parseRpcStatusJson(json), { code: 3, message: 'bad', retryAfterMs: 1500 })
  t.deepEqual(parseRpcStatusJson('{"message":"only words"}'), { code: 2, message: 'only words' })
})

for (const text of ['', 'nonsense', 'null', '[]', '"x"', '{"error":"other"}']) {
  test(`JSON ${JSON.stringify(text)} is no status`, t => {
    t.is(parseRpcStatusJson(text), undefined)
  })
}

test('details of unknown types are skipped', t => {
  const any = Buffer.concat([
    Buffer.from([0x0a, 9]),
    Buffer.from('example/X'),
    Buffer.from([0x12, 2, 8, 1]),
  ])
  const help = Buffer.concat([Buffer.from([0x1a, any.length]), any])
  const status = Buffer.concat([encodeRpcStatus({ code: 5, message: 'm' }), help])
  t.deepEqual(decodeRpcStatus(status), { code: 5, message: 'm' })
})

test('random bytes give a status or a WireError, never anything else', t => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 80 }), bytes => {
      try {
        decodeRpcStatus(bytes)
      } catch (error) {
        if (!(error instanceof WireError)) throw error
      }
    }),
  )
  t.pass()
})
