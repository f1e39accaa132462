import type { AnyValue } from '../batch/any-value.ts'
import type { LogRecordParts } from '../otlp/build-logs.ts'

/** A longer line is cut into several records, so that a stream without newlines is bounded. */
export const LINE_BYTES_MAX: number = 1024 * 1024
/** A line waits no longer than this for others to be sent with. */
const LINGER_MS = 200
const TICK_MS = 50
const NEWLINE = 0x0a

type Batch = readonly LogRecordParts[]

/** What every record has beside its body and time. */
export interface RecordBase {
  readonly severityNumber: number
  readonly severityText: string
  readonly attributes: Readonly<Record<string, AnyValue>>
}

export interface LineOptions {
  readonly batchSize: number
  readonly record: RecordBase
}

/** One log record per line, in batches: full ones at once, others as soon as the stream pauses. */
export async function* batchesOfLines(
  input: AsyncIterable<Buffer | string>,
  { batchSize, record }: LineOptions,
): AsyncGenerator<Batch> {
  let batch: LogRecordParts[] = []
  for await (const line of withPauses(linesOf(input), LINGER_MS)) {
    if (line !== undefined) {
      const now = nowUnixNano()
      batch.push({ ...record, timeUnixNano: now, observedTimeUnixNano: now, body: line })
    }
    if (batch.length === batchSize || (line === undefined && batch.length > 0)) {
      yield batch
      batch = []
    }
  }
  if (batch.length > 0) yield batch
}

export interface SampleOptions {
  readonly batchSize: number
  readonly record: RecordBase
  /** Records altogether; undefined = until the time is over. */
  readonly count: number | undefined
  readonly durationMs: number | undefined
  /** Undefined = as fast as they are taken. */
  readonly perSecond: number | undefined
}

/** A made-up web shop's records at an even pace: what a slow receiver held up is caught up. */
export async function* sampleBatches(options: SampleOptions): AsyncGenerator<Batch> {
  const { batchSize, record, perSecond, durationMs = Number.POSITIVE_INFINITY } = options
  const count = options.count ?? Number.POSITIVE_INFINITY
  const startMs = performance.now()
  let made = 0
  while (made < count) {
    const elapsedMs = performance.now() - startMs
    const isOver = elapsedMs >= durationMs
    const paceMs = Math.min(elapsedMs, durationMs)
    const due = perSecond === undefined ? made + batchSize : Math.ceil((paceMs * perSecond) / 1000)
    const target = Math.min(count, due)
    while (made < target) {
      const size = Math.min(batchSize, target - made)
      const first = made
      yield Array.from({ length: size }, (_, i) => sampleRecord(first + i, record))
      made += size
      if (perSecond === undefined) break
    }
    if (isOver) return
    if (perSecond !== undefined) await sleep(TICK_MS)
  }
}

const METHODS = ['GET', 'GET', 'GET', 'POST', 'PUT', 'DELETE']
const ROUTES = ['/api/orders', '/api/orders/{id}', '/api/users/{id}', '/cart', '/checkout']
const STATUSES = [200, 200, 200, 201, 404, 500]

function sampleRecord(index: number, base: RecordBase): LogRecordParts {
  const method = METHODS[index % METHODS.length]!
  const route = ROUTES[index % ROUTES.length]!
  const status = STATUSES[Math.floor(index / 3) % STATUSES.length]!
  const durationMs = ((index * 7919) % 5000) / 10
  const attributes: Record<string, AnyValue> = {
    'http.request.method': method,
    'http.route': route,
    'http.response.status_code': BigInt(status),
    'duration.ms': durationMs,
    'cache.hit': index % 4 === 0,
    'sample.index': BigInt(index),
  }
  const severity = status >= 500 ? severityOf('ERROR') : status >= 400 ? severityOf('WARN') : {}
  const now = nowUnixNano()
  return {
    ...base,
    ...severity,
    timeUnixNano: now,
    observedTimeUnixNano: now,
    body: `${method} ${route} answered ${status} in ${durationMs} ms`,
    attributes: { ...attributes, ...base.attributes },
    traceId: (index + 1).toString(16).padStart(32, '0'),
    spanId: (index + 1).toString(16).padStart(16, '0'),
  }
}

const SEVERITIES = ['TRACE', 'DEBUG', 'INFO', 'WARN', 'ERROR', 'FATAL']

/** `INFO`, `warn3`, ... as OTLP's number and text. Throws an Error for anything else. */
export function severityOf(text: string): { severityNumber: number; severityText: string } {
  const match = /^([A-Z]+?)([2-4]?)$/.exec(text.toUpperCase())
  const index = SEVERITIES.indexOf(match?.[1] ?? '')
  if (index < 0) throw new Error(`"${text}" is no severity: use ${SEVERITIES.join(', ')}`)
  return {
    severityNumber: index * 4 + Number(match?.[2] || 1),
    severityText: text.toUpperCase(),
  }
}

async function* linesOf(input: AsyncIterable<Buffer | string>): AsyncGenerator<string> {
  let rest: Buffer = Buffer.alloc(0)
  for await (const chunk of input) {
    const bytes = Buffer.concat([rest, Buffer.from(chunk as Buffer)])
    let from = 0
    for (;;) {
      const newline = bytes.indexOf(NEWLINE, from)
      const end = newline < 0 ? bytes.length : newline
      while (end - from > LINE_BYTES_MAX) {
        yield bytes.toString('utf8', from, from + LINE_BYTES_MAX)
        from += LINE_BYTES_MAX
      }
      if (newline < 0) break
      yield textOf(bytes, from, newline)
      from = newline + 1
    }
    rest = bytes.subarray(from)
  }
  if (rest.length > 0) yield textOf(rest, 0, rest.length)
}

/** Without the carriage return of Windows. */
function textOf(bytes: Buffer, from: number, end: number): string {
  return bytes.toString('utf8', from, end > from && bytes[end - 1] === 0x0d ? end - 1 : end)
}

/** Passes the items on, and undefined whenever none came for `pauseMs`. */
async function* withPauses<T>(
  items: AsyncGenerator<T>,
  pauseMs: number,
): AsyncGenerator<T | undefined> {
  let next = items.next()
  for (;;) {
    const timer = new Timer(pauseMs)
    const result = await Promise.race([next, timer.fired])
    timer.clear()
    if (result === undefined) yield undefined
    const item = result ?? (await next)
    if (item.done) return
    yield item.value
    next = items.next()
  }
}

class Timer {
  readonly fired: Promise<undefined>
  #handle: NodeJS.Timeout | undefined

  constructor(ms: number) {
    this.fired = new Promise(resolve => {
      this.#handle = setTimeout(() => resolve(undefined), ms)
    })
  }

  clear(): void {
    clearTimeout(this.#handle)
  }
}

function sleep(ms: number): Promise<void> {
  return new Promise(resolve => {
    setTimeout(resolve, ms)
  })
}

function nowUnixNano(): bigint {
  return BigInt(Date.now()) * 1_000_000n
}
