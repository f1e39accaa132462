import test from 'ava'
import { type GrpcTarget, parseGrpcTarget } from '../../src/net/grpc-target.ts'

const reads = test.macro({
  exec(t, endpoint: string, expected: GrpcTarget) {
    t.deepEqual(parseGrpcTarget(endpoint), expected)
  },
  title: (_, endpoint: string) => `${endpoint} is a gRPC endpoint`,
})

const tcp = (host: string, port: number, authority: string, tls?: boolean): GrpcTarget => ({
  address: { host, port },
  authority,
  tls,
})

test(reads, 'localhost:4317', tcp('localhost', 4317, 'localhost:4317'))
test(reads, '10.0.0.1:1', tcp('10.0.0.1', 1, '10.0.0.1:1'))
test(reads, '[::1]:4317', tcp('::1', 4317, '[::1]:4317'))
test(reads, 'http://c.example:4317', tcp('c.example', 4317, 'c.example:4317', false))
test(reads, 'https://c.example:443/', tcp('c.example', 443, 'c.example:443', true))
test(reads, 'dns:///c.example:4317', tcp('c.example', 4317, 'c.example:4317'))
test(reads, 'dns:c.example:4317', tcp('c.example', 4317, 'c.example:4317'))
test(reads, 'passthrough:///c.example:4317', tcp('c.example', 4317, 'c.example:4317'))
const unix = { address: { path: '/run/otel.sock' }, authority: 'localhost', tls: undefined }
test(reads, 'unix:/run/otel.sock', unix)
test(reads, 'unix:///run/otel.sock', unix)

const refuses = test.macro({
  exec(t, endpoint: string) {
    t.throws(() => parseGrpcTarget(endpoint), { message: /must be host:port/ })
  },
  title: (_, endpoint: string) => `"${endpoint}" is no gRPC endpoint`,
})

test(refuses, '')
test(refuses, 'localhost')
test(refuses, ':4317')
test(refuses, 'localhost:0')
test(refuses, 'localhost:65536')
test(refuses, 'http://localhost:4317/v1/logs')
test(refuses, 'dns://8.8.8.8/c.example:4317')
test(refuses, 'user:secret@host:4317')
