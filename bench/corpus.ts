import type { AnyValue } from '../src/batch/any-value.ts'
import {
  buildLogsRequest,
  type LogRecordParts,
  type ScopeLogsParts,
} from '../src/otlp/build-logs.ts'

/*
 * The fixed corpus of every benchmark: seeded web-service logs, about 530 bytes and 10 attributes a
 * record, the same bytes on every run and every machine.
 */

export interface CorpusShape {
  readonly resources: number
  readonly scopesPerResource: number
  readonly recordsPerScope: number
}

/** The bodies that the cases use, by number of records. */
export const CORPUS = {
  logs1000: { resources: 10, scopesPerResource: 2, recordsPerScope: 50 },
  logs190: { resources: 1, scopesPerResource: 1, recordsPerScope: 190 },
  logs2: { resources: 1, scopesPerResource: 1, recordsPerScope: 2 },
} as const satisfies Readonly<Record<string, CorpusShape>>

/** One ExportLogsServiceRequest of that shape. */
export function corpus(shape: CorpusShape): Buffer {
  const random = new Random(12345)
  const parts: ScopeLogsParts[] = []
  for (let resource = 0; resource < shape.resources; resource++) {
    const attributes = resourceAttributes(resource, random)
    for (let scope = 0; scope < shape.scopesPerResource; scope++) {
      parts.push({
        resource: attributes,
        scopeName: `com.example.logger${scope}`,
        scopeVersion: '1.2.3',
        records: Array.from({ length: shape.recordsPerScope }, () => record(random)),
      })
    }
  }
  return buildLogsRequest(parts)
}

/** A linear congruential generator: the same numbers everywhere (Numerical Recipes' constants). */
class Random {
  #state: number
  timeUnixNano = 1_760_000_000_000_000_000n

  constructor(seed: number) {
    this.#state = seed
  }

  fraction(): number {
    this.#state = (Math.imul(this.#state, 1664525) + 1013904223) >>> 0
    return this.#state / 2 ** 32
  }

  below(count: number): number {
    return Math.floor(this.fraction() * count)
  }

  of<T>(choices: readonly T[]): T {
    return choices[this.below(choices.length)]!
  }

  hex(digits: number): string {
    return Array.from({ length: digits }, () => this.below(16).toString(16)).join('')
  }
}

const WORDS =
  'request user session order payment failed completed timeout retry upstream connection pool database query cache miss hit token expired started finished worker job queue shard replica partition commit offset'.split(
    ' ',
  )
const SEVERITIES = [
  [9, 'INFO'],
  [9, 'INFO'],
  [9, 'INFO'],
  [5, 'DEBUG'],
  [13, 'WARN'],
  [17, 'ERROR'],
] as const
const METHODS = ['GET', 'POST', 'PUT', 'DELETE']
const ROUTES = ['/api/v1/users/{id}', '/api/v1/orders', '/checkout', '/cart/items/{id}', '/healthz']

function record(random: Random): LogRecordParts {
  random.timeUnixNano += BigInt(random.below(1_000_000))
  const [severityNumber, severityText] = random.of(SEVERITIES)
  const octets = [10, random.below(256), random.below(256), random.below(256)]
  const attributes: Record<string, AnyValue> = {
    'http.request.method': random.of(METHODS),
    'http.route': random.of(ROUTES),
    'http.response.status_code': random.of([200n, 200n, 201n, 404n, 500n]),
    'url.path': `/api/v1/users/${random.below(1e6)}`,
    'client.address': octets.join('.'),
    'user.id': random.hex(12),
    'thread.id': BigInt(random.below(400)),
    duration_ms: random.fraction() * 500,
    'cache.hit': random.below(2) === 1,
    'code.function.name': `com.example.Service.handle${random.below(30)}`,
  }
  return {
    timeUnixNano: random.timeUnixNano,
    severityNumber,
    severityText,
    body: body(random),
    attributes,
    flags: 1,
    traceId: random.hex(32),
    spanId: random.hex(16),
    observedTimeUnixNano: random.timeUnixNano + 1000n,
  }
}

function body(random: Random): string {
  const length = 140 + random.below(20)
  let text = `[${random.hex(1)}${random.below(99999)}] `
  while (text.length < length) text += `${random.of(WORDS)} `
  return random.below(20) === 0 ? `${text}caf\u00e9` : text.trim()
}

function resourceAttributes(index: number, random: Random): Record<string, AnyValue> {
  return {
    'service.name': `svc-${index}`,
    'service.namespace': 'shop',
    'service.version': `1.14.${index}`,
    'deployment.environment.name': 'production',
    'k8s.pod.name': `svc-${index}-${random.hex(10)}`,
    'k8s.namespace.name': 'default',
    'host.name': `node-${random.hex(6)}`,
    'telemetry.sdk.language': 'nodejs',
  }
}

/** gRPC's length-prefixed message: one byte "not compressed", four bytes of length. */
export function grpcMessage(body: Buffer): Buffer {
  const prefix = Buffer.alloc(5)
  prefix.writeUInt32BE(body.length, 1)
  return Buffer.concat([prefix, body])
}
