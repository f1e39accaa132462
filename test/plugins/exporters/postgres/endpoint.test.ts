import test from 'ava'
import {
  describeEndpoint,
  type Endpoint,
  isLocal,
  parseEndpoint,
} from '../../../../plugins/exporters/postgres/endpoint.ts'

const reads = test.macro((t, text: string, expected: Partial<Endpoint>) => {
  t.like(parseEndpoint(text), expected)
})

test('a host alone', reads, 'postgres://db', { host: 'db', port: 5432, tls: undefined })
test('everything', reads, 'postgresql://me:p%40ss@db:6432/logs?sslmode=disable', {
  host: 'db',
  port: 6432,
  username: 'me',
  password: 'p@ss',
  database: 'logs',
  tls: false,
})
test('an IPv6 address', reads, 'postgres://[::1]:5433/logs', { host: '::1', port: 5433 })
test('a Unix socket', reads, 'postgres:///logs?host=/run/postgresql', {
  host: '/run/postgresql',
  database: 'logs',
})
test('TLS', reads, 'postgres://db?sslmode=verify-full', { tls: true })
test('a name for the server to show', reads, 'postgres://db?application_name=edge', {
  applicationName: 'edge',
})
test('other parameters are named', reads, 'postgres://db?connect_timeout=5', {
  ignored: ['connect_timeout'],
})

const refuses = test.macro((t, text: string, message: RegExp) => {
  const error = t.throws(() => parseEndpoint(text), { message })
  t.false(error.message.includes('hunter2'))
})

test('what is no URL', refuses, 'me:hunter2@db:5432', /is not (?:a URL|known)/)
test('another protocol', refuses, 'mysql://me:hunter2@db', /"mysql:\/\/" is not known/)
test('no host', refuses, 'postgres:///logs', /names no host/)
test('several hosts', refuses, 'postgres://x?host=a,b', /several hosts/)
test('a password with a #', refuses, 'postgres://me:hunter2@db/#x', /%23/)
test('a password with a %', refuses, 'postgres://me:hunter2%@db', /%25/)
test('TLS left to chance', refuses, 'postgres://db?sslmode=prefer', /disable or verify-full/)
test('a port that is none', refuses, 'postgres://me:hunter2@db:99999', /not a URL/)

test('what goes over the loopback stays on this machine', t => {
  const local = (text: string): boolean => isLocal(parseEndpoint(text))
  t.true(local('postgres://localhost'))
  t.true(local('postgres://127.0.0.1:1'))
  t.true(local('postgres://[::1]'))
  t.true(local('postgres:///x?host=/tmp'))
  t.false(local('postgres://127.evil.example'))
  t.false(local('postgres://10.0.0.1'))
})

test('messages name the server, not who asks', t => {
  const described = (text: string): string => describeEndpoint(parseEndpoint(text))
  t.is(described('postgres://me:hunter2@db/logs'), 'postgres://db:5432')
  t.is(described('postgres://[::1]'), 'postgres://[::1]:5432')
  t.is(described('postgres:///x?host=/tmp'), 'postgres:/tmp')
})
