import test from 'ava'
import {
  type ConnectionOptions,
  createSender,
  parseCount,
  parsePair,
  parseRate,
  parseSeverity,
  parseTime,
} from '../../src/cli/send-options.ts'

const defaults: ConnectionOptions = {
  endpoint: undefined,
  protocol: 'grpc',
  header: {},
  gzip: false,
  caFile: undefined,
  insecureSkipVerify: false,
}

const destination = test.macro({
  async exec(t, options: Partial<ConnectionOptions>, expected: string) {
    const sender = createSender({ ...defaults, ...options })
    t.is(sender.destination, expected)
    await sender.close()
  },
  title: (_, options: Partial<ConnectionOptions>, expected: string) =>
    `${JSON.stringify(options)} sends to ${expected}`,
})

test(destination, {}, 'localhost:4317')
test(destination, { endpoint: 'https://c.example:443' }, 'c.example:443')
test(destination, { protocol: 'http/json' }, 'http://localhost:4318/v1/logs')
test(destination, { protocol: 'http/protobuf', endpoint: 'c:1' }, 'http://c:1/v1/logs')
test(destination, { protocol: 'http/json', endpoint: 'https://c/in' }, 'https://c/in')

const refused = test.macro({
  exec(t, options: Partial<ConnectionOptions>, message: RegExp) {
    t.throws(() => createSender({ ...defaults, ...options }), { name: 'UsageError', message })
  },
  title: (_, options: Partial<ConnectionOptions>) => `${JSON.stringify(options)} is refused`,
})

test(refused, { endpoint: 'localhost' }, /must be host:port/)
test(refused, { protocol: 'http/json', endpoint: 'http://' }, /is no URL/)
test(refused, { header: { 'bad name': 'x' } }, /not a header name/)
test(refused, { endpoint: 'https://c:1', caFile: '/nowhere' }, /ca_file cannot be read/)

test('pairs are collected, and a value may hold an equals sign', t => {
  t.deepEqual(parsePair('b=c=d', parsePair('a=')), { a: '', b: 'c=d' })
})
test('numbers, rates and times are read with their units', t => {
  t.is(parseCount('12'), 12)
  t.is(parseRate('1000/s'), 1000)
  t.is(parseRate('0.5'), 0.5)
  t.is(parseTime('1m30s'), 90_000)
  t.is(parseSeverity('warn'), 'warn')
})

for (const [name, parse, text] of [
  ['pair', parsePair, 'novalue'],
  ['pair', parsePair, '=x'],
  ['count', parseCount, '0'],
  ['count', parseCount, '1.5'],
  ['rate', parseRate, '0'],
  ['rate', parseRate, '5/m'],
  ['time', parseTime, '10'],
  ['time', parseTime, '0s'],
  ['severity', parseSeverity, 'LOUD'],
] as const) {
  test(`"${text}" is no ${name}`, t => {
    t.throws(() => parse(text), { code: 'commander.invalidArgument' })
  })
}
