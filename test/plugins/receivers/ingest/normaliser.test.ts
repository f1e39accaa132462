import test from 'ava'
import fc from 'fast-check'
import { NOW, readRecords, type SeenRecord } from '../../../helpers/ingest.ts'

const S = 1_764_177_507_000_000_000n
const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736'
const SPAN = '00f067aa0ba902b7'

/** One record as it is sent, and as a later stage sees it. */
const becomes = test.macro({
  exec(t, sent: unknown, seen: Partial<SeenRecord>) {
    const { records, rejected } = readRecords(sent)
    t.deepEqual(rejected, [])
    const whole = { time: NOW, observed: NOW, body: 'm', ...seen }
    t.deepEqual<unknown, unknown>(records, [whole])
  },
  title: (_, sent) => `taken: ${typeof sent === 'string' ? sent : JSON.stringify(sent)}`,
})

// The message.
test(becomes, { message: 'm' }, {})
for (const name of ['msg', 'log', 'body', 'Message', 'MSG']) test(becomes, { [name]: 'm' }, {})
test(becomes, { msg: 'other', message: 'm' }, { attributes: { msg: 'other' } })
test(becomes, { message: 'm', body: { a: 1 } }, { attributes: { body: new Map([['a', 1n]]) } })
test(becomes, { body: 'x', log: 'y', msg: 'm' }, { attributes: { body: 'x', log: 'y' } })
test(becomes, { message: null, msg: 'm' }, {})
test(becomes, { message: 42 }, { body: 42n })
test(becomes, { message: false }, { body: false })
test(becomes, { message: { event: 'login' } }, { body: new Map([['event', 'login']]) })
test(becomes, { message: ['a', null] }, { body: ['a', undefined] })
test(becomes, { message: 'line\nbreak \u00e9 \u{1f600}' }, { body: 'line\nbreak \u00e9 \u{1f600}' })
test(becomes, '{"mess\\u0061ge":"m"}', {})
test(becomes, '{"message":"first","message":"m"}', {})
test(becomes, '\ufeff { "message" : "m" } \n', {})

// The time.
for (const name of ['timestamp', '@timestamp', 'time', 'ts', 'Timestamp']) {
  test(becomes, { message: 'm', [name]: '2025-11-26T17:18:27.5Z' }, { time: S + 500_000_000n })
}
test(becomes, { message: 'm', time: 1764177507 }, { time: S })
test(becomes, { message: 'm', time: 1764177507123 }, { time: S + 123_000_000n })
test(becomes, '{"message":"m","time":1764177507123456789}', { time: S + 123_456_789n })
test(becomes, '{"message":"m","ts":1764177507.123456}', { time: S + 123_456_000n })
test(becomes, '{"message":"m","ts":1.764177507123e9}', { time: S + 123_000_000n })
test(becomes, { message: 'm', time: '1764177507' }, { time: S })
test(becomes, { message: 'm', time: '' }, {})
test(becomes, { message: 'm', time: null, ts: 1764177507 }, { time: S })
test(becomes, { ts: 5, message: 'm', time: 1764177507 }, { time: S, attributes: { ts: 5n } })

// The severity.
test(becomes, { message: 'm', level: 'info' }, { severity: 9, severityText: 'info' })
test(becomes, { message: 'm', severity: 'WARNING' }, { severity: 13, severityText: 'WARNING' })
test(becomes, { message: 'm', 'log.level': 'Error' }, { severity: 17, severityText: 'Error' })
test(becomes, { message: 'm', lvl: 17 }, { severity: 17 })
test(becomes, { message: 'm', severity_number: '21' }, { severity: 21 })
test(becomes, { message: 'm', level: '' }, {})
test(
  becomes,
  { message: 'm', level: 'info', severity: 'warn' },
  { severity: 13, severityText: 'warn', attributes: { level: 'info' } },
)

// The resource.
const checkout = { resource: { 'service.name': 'checkout' } }
for (const name of ['service', 'service.name', 'service_name', 'serviceName', 'source']) {
  test(becomes, { message: 'm', [name]: 'checkout' }, checkout)
}
test(
  becomes,
  { source: 'nginx', message: 'm', service: 'checkout' },
  { ...checkout, attributes: { source: 'nginx' } },
)
for (const name of ['host', 'hostname', 'host.name', 'host_name']) {
  test(becomes, { message: 'm', [name]: 'web-1' }, { resource: { 'host.name': 'web-1' } })
}
test(
  becomes,
  { message: 'm', 'service.version': '1.2', 'deployment.environment.name': 'prod', service: '' },
  { resource: { 'service.version': '1.2', 'deployment.environment.name': 'prod' } },
)

// Ids.
for (const name of ['trace_id', 'traceId', 'trace.id', 'TRACEID']) {
  test(becomes, { message: 'm', [name]: TRACE.toUpperCase() }, { traceId: TRACE })
}
test(becomes, { message: 'm', span_id: SPAN, trace_id: TRACE }, { traceId: TRACE, spanId: SPAN })
for (const wrong of ['', 'abc', '0'.repeat(32), `${TRACE.slice(1)}g`, `${TRACE}00`, SPAN]) {
  test(becomes, { message: 'm', trace_id: wrong }, { attributes: { trace_id: wrong } })
}
test(becomes, { message: 'm', span_id: 7 }, { attributes: { span_id: 7n } })

// Everything else.
test(
  becomes,
  { message: 'm', a: 'text', b: 1, c: -1, d: 1.5, e: true, f: null, g: [1, 'x'], h: { i: {} } },
  {
    attributes: {
      a: 'text',
      b: 1n,
      c: -1n,
      d: 1.5,
      e: true,
      f: undefined,
      g: [1n, 'x'],
      h: new Map([['i', new Map()]]),
    },
  },
)
const BIG = '{"message":"m","a":9007199254740993,"b":-9223372036854775808,"c":9223372036854775807}'
test(becomes, BIG, { attributes: { a: 2n ** 53n + 1n, b: -(2n ** 63n), c: 2n ** 63n - 1n } })
test(
  becomes,
  '{"message":"m","a":9223372036854775808,"b":-1e999,"c":1e3,"d":-0,"e":123456789012345678901234567890}',
  {
    attributes: {
      a: '9223372036854775808',
      b: '-1e999',
      c: 1000,
      d: 0n,
      e: '123456789012345678901234567890',
    },
  },
)
test(becomes, '{"message":"m","a":1,"b":2,"a":3}', { attributes: { b: 2n, a: 3n } })
test(becomes, '{"message":"m","a":{"b":1,"b":2}}', { attributes: { a: new Map([['b', 2n]]) } })
test(becomes, '{"message":"m","a":"\\ud800"}', { attributes: { a: '\ufffd' } })
test(becomes, '{"message":"m","\\u00e9\\n":"\\"x\\""}', { attributes: { '\u00e9\n': '"x"' } })

test('keys that JavaScript objects know are names like any other', t => {
  const sent = '{"message":"m","__proto__":{"polluted":true},"constructor":1,"toString":2}'
  const { attributes } = readRecords(sent).records[0]!
  t.deepEqual(Object.keys(attributes ?? {}).sort(), ['__proto__', 'constructor', 'toString'])
  t.is(({} as { polluted?: boolean }).polluted, undefined)
})

/** Wrong records: the field, the value and the rule of each error. */
const refused = test.macro({
  exec(t, sent: unknown, errors: readonly (readonly [string, unknown, string])[]) {
    const { records, rejected } = readRecords(sent)
    t.deepEqual(records, [])
    const expected = errors.map(([field, value, rule]) => ({ field, value, rule }))
    t.deepEqual<unknown, unknown>(rejected, [{ index: 0, errors: expected }])
  },
  title: (_, sent) =>
    `refused: ${(typeof sent === 'string' ? sent : JSON.stringify(sent)).slice(0, 60)}`,
})
const MESSAGE = 'must be there and not empty (one of message, msg, log, body)'
const TIME =
  'must be an ISO 8601 time such as 2025-11-26T17:18:27Z or an epoch in s, ms, us or ns, from 1970 to 2262'
const SEVERITY = 'must be a usual name such as info, warn or error, or a whole number from 1 to 24'
const RESOURCE = 'must be a string of at most 1024 bytes'
test(refused, {}, [['message', null, MESSAGE]])
test(refused, { message: null }, [['message', null, MESSAGE]])
test(refused, { msg: '' }, [['message', '', MESSAGE]])
test(refused, '[1]', [['', 1, 'must be an object']])
test(refused, '["text"]', [['', 'text', 'must be an object']])
test(refused, '[[{"message":"m"}]]', [['', '[{"message":"m"}]', 'must be an object']])
for (const value of ['yesterday', '2025-13-01', '12:30', true, -1, '9e9', [1], 1e19]) {
  const shown = Array.isArray(value) ? '[1]' : value
  test(refused, { message: 'm', time: value }, [['time', shown, TIME]])
}
for (const value of ['loud', 'information2', 0, 25, 30, 9.5, -1, true, {}, []]) {
  const shown = typeof value === 'object' ? JSON.stringify(value) : value
  test(refused, { message: 'm', level: value }, [['level', shown, SEVERITY]])
}
test(refused, { message: 'm', service: 5 }, [['service', 5, RESOURCE]])
test(refused, { message: 'm', host: { name: 'x' } }, [['host', '{"name":"x"}', RESOURCE]])
const long = 'x'.repeat(1025)
test(refused, { message: 'm', host: long }, [['host', `"${'x'.repeat(99)}...`, RESOURCE]])
test(refused, { message: 'm', '': 1 }, [['', 1, 'must have a name']])
test(refused, { level: 'loud', ts: 'now' }, [
  ['ts', 'now', TIME],
  ['level', 'loud', SEVERITY],
  ['message', null, MESSAGE],
])
test(
  refused,
  { message: 'm', ...Object.fromEntries(Array.from({ length: 17 }, (_, i) => [`a${i}`, i])) },
  [['a16', 16, 'must be one of at most 16 attributes of a record']],
)
const deep = (depth: number): string => `${'['.repeat(depth)}${']'.repeat(depth)}`
test(refused, `{"message":"m","a":${deep(61)}}`, [
  ['a', `${deep(61).slice(0, 100)}...`, 'must not nest deeper than 60'],
])
test(refused, `{"message":${deep(61)}}`, [
  ['message', `${deep(61).slice(0, 100)}...`, 'must not nest deeper than 60'],
])

test('a value nested as deep as is allowed is taken', t => {
  t.is(readRecords(`{"message":${deep(60)},"a":${deep(60)}}`).records.length, 1)
})

/** Any JSON, often with names that mean something. */
const json = fc.jsonValue({ maxDepth: 4 })
const name = fc.oneof(
  fc.constantFrom('message', 'msg', 'time', 'ts', 'level', 'service', 'source', 'trace_id', 'a'),
  fc.string(),
)
const record = fc.dictionary(name, json, { maxKeys: 12 })

test('whatever a record holds, it is taken whole or refused with a reason', t => {
  fc.assert(
    fc.property(fc.array(record, { minLength: 1, maxLength: 5 }), sent => {
      const { records, rejected, count } = readRecords(sent)
      t.is(count, sent.length)
      t.is(records.length + rejected.length, sent.length)
      for (const { errors } of rejected) t.true(errors.length > 0)
    }),
  )
})

test('attributes are those that JSON.parse would give', t => {
  const plainName = fc.string({ minLength: 1 }).filter(key => !/^(message|msg)$/i.test(key))
  const value = fc.oneof(
    fc.string(),
    fc.boolean(),
    fc.integer(),
    fc.double({ noInteger: true, noNaN: true, noDefaultInfinity: true }),
  )
  fc.assert(
    fc.property(fc.dictionary(plainName, value, { maxKeys: 12 }), sent => {
      // Under a prefix no name has a meaning of its own.
      const named = Object.entries(sent).map(([key, inner]) => [`x.${key}`, inner] as const)
      const parsed = JSON.parse(JSON.stringify(Object.fromEntries(named))) as Record<
        string,
        unknown
      >
      const [seen] = readRecords({ message: 'm', ...parsed }).records
      const expected = Object.entries(parsed).map(([key, inner]) => {
        if (typeof inner === 'number' && /^-?\d+$/.test(String(inner))) return [key, BigInt(inner)]
        return [key, inner ?? undefined]
      })
      t.deepEqual<unknown, unknown>(seen!.attributes ?? {}, Object.fromEntries(expected))
    }),
  )
})
