import type { AnyValue } from '../../batch/any-value.ts'
import type { LogRecordParts, ScopeLogsParts } from '../../otlp/build-logs.ts'
import { type Mint, NUMBER_KEY, type RecordMint } from './records.ts'

const SERVICES = 3
const NANOS_PER_SECOND = 1_000_000_000n
/** A name of each of OpenTelemetry's six ranges, which are four numbers wide. */
const SEVERITIES = ['trace', 'debug', 'info', 'warn', 'error', 'fatal']

/** The same records as plain JSON, one object a line, and what the `ingest` receiver makes of them. */
export class PlainMint implements Mint {
  readonly #mint: RecordMint

  constructor(mint: RecordMint) {
    this.#mint = mint
  }

  request(from: number, to: number): Buffer {
    const lines = Array.from({ length: to - from }, (_, i) => this.#line(from + i))
    return Buffer.from(lines.join('\n'))
  }

  record(number: number): LogRecordParts {
    const { body, attributes, traceId, spanId, ...rest } = this.#mint.record(number)
    const severityNumber = severityOf(rest.severityNumber ?? 0)
    const kept = [...(attributes as ReadonlyMap<string, AnyValue>)].filter(
      // JSON has no bytes.
      ([, value]) => !(value instanceof Uint8Array),
    )
    return {
      timeUnixNano: BigInt(rest.timeUnixNano ?? rest.observedTimeUnixNano ?? 0),
      severityNumber,
      ...(severityNumber === 0 ? {} : { severityText: nameOf(severityNumber) }),
      // A record without a message is refused.
      body: body === '' ? '-' : (body ?? '-'),
      attributes: new Map(kept),
      flags: 0,
      ...(traceId === undefined || spanId === undefined ? {} : { traceId, spanId }),
    }
  }

  envelope(number: number): Omit<ScopeLogsParts, 'records'> {
    return {
      resource: { 'service.name': `oracle-${number % SERVICES}`, 'host.name': 'h"1\n' },
      resourceSchemaUrl: '',
      scopeName: '',
      scopeVersion: '',
      scopeAttributes: {},
      scopeSchemaUrl: '',
    }
  }

  #line(number: number): string {
    const { timeUnixNano, severityText, body, attributes, traceId, spanId } = this.record(number)
    const { 'service.name': service, 'host.name': host } = this.envelope(number)
      .resource as Readonly<Record<string, AnyValue>>
    const fields = {
      ...(severityText === undefined ? {} : { level: severityText }),
      message: body,
      service,
      host,
      trace_id: traceId,
      span_id: spanId,
      ...Object.fromEntries(attributes as ReadonlyMap<string, AnyValue>),
      [NUMBER_KEY]: number,
    }
    // Nanoseconds have more digits than a JavaScript number.
    const time = timeOf(timeUnixNano as bigint, number)
    return `{"timestamp":${time},${JSON.stringify(fields).slice(1)}`
  }
}

/** As digits, or as ISO 8601 down to the nanosecond. */
function timeOf(nanos: bigint, number: number): string {
  if (number % 2 === 0) return String(nanos)
  const second = new Date(Number(nanos / NANOS_PER_SECOND) * 1000).toISOString().slice(0, 19)
  return `"${second}.${String(nanos % NANOS_PER_SECOND).padStart(9, '0')}Z"`
}

function severityOf(number: number): number {
  return number === 0 ? 0 : Math.floor((number - 1) / 4) * 4 + 1
}

function nameOf(severityNumber: number): string {
  return SEVERITIES[(severityNumber - 1) / 4]!
}
