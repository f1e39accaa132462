import { isUtf8 } from 'node:buffer'
import { JsonError, JsonReader, PipelineError } from '#core'
import type { FieldError } from './field-error.ts'
import { Normaliser, type NormaliserOptions } from './normaliser.ts'
import { ResourceGroups } from './resource-groups.ts'
import type { NanoTime } from './timestamp.ts'

export interface ReadOptions extends NormaliserOptions {
  readonly recordsMax: number
}

/** How a body is laid out: one JSON text, or one a line (NDJSON). */
export type Layout = 'json' | 'lines'

/** A record that was refused. */
export interface RejectedRecord {
  /** Its place in the request, from 0. */
  readonly index: number
  readonly errors: readonly FieldError[]
}

export interface ReadRecords {
  /** An ExportLogsServiceRequest with the good records. */
  readonly otlp: Buffer
  /** Records in the request, good and bad. */
  readonly count: number
  /** In the order of the request. */
  readonly rejected: readonly RejectedRecord[]
}

const NOTHING = new JsonReader(Buffer.alloc(0))
/** A scratch buffer larger than this is given back after the request. */
const SCRATCH_BYTES_MAX = 1024 * 1024

/** Reads request bodies one after the other; its scratch memory is used again. */
export class RecordReader {
  readonly #options: ReadOptions
  #normaliser: Normaliser

  constructor(options: ReadOptions) {
    this.#options = options
    this.#normaliser = new Normaliser(NOTHING, options)
  }

  /**
   * Turns the records of a body that came at `now` into OTLP. A record with a fault is left out and
   * reported; in NDJSON that is so even for a line that is no JSON.
   * @throws PipelineError, permanent: the body is empty, holds no record or too many, or is no JSON.
   */
  read(body: Buffer, layout: Layout, now: NanoTime): ReadRecords {
    const reader = new JsonReader(body)
    this.#normaliser.begin(reader, now)
    try {
      const request = new Request(reader, this.#normaliser, this.#options.recordsMax)
      return layout === 'lines' ? request.lines() : request.json()
    } finally {
      this.#normaliser.end(NOTHING)
      if (this.#normaliser.out.bytes.length > SCRATCH_BYTES_MAX) {
        this.#normaliser = new Normaliser(NOTHING, this.#options)
      }
    }
  }
}

class Request {
  readonly #reader: JsonReader
  readonly #normaliser: Normaliser
  readonly #recordsMax: number
  readonly #groups = new ResourceGroups()
  readonly #rejected: RejectedRecord[] = []
  /** Only a text with a fault somewhere is looked at record by record. */
  readonly #checkUtf8: boolean
  #count = 0

  constructor(reader: JsonReader, normaliser: Normaliser, recordsMax: number) {
    this.#reader = reader
    this.#normaliser = normaliser
    this.#recordsMax = recordsMax
    this.#checkUtf8 = !isUtf8(reader.bytes)
  }

  json(): ReadRecords {
    const reader = this.#reader
    try {
      const first = reader.peek()
      if (first < 0) throw refusal('the body is empty')
      if (first === OPEN_ARRAY) {
        for (let isFirst = true; reader.nextElement(isFirst); isFirst = false) this.#record()
      } else {
        this.#record()
        if (reader.peek() === OPEN_OBJECT) {
          throw refusal(`a second object follows the first: ${ONE_A_LINE}`)
        }
      }
      reader.expectEnd()
    } catch (error) {
      throw error instanceof JsonError ? refusal(error.message, error) : error
    }
    return this.#finish()
  }

  lines(): ReadRecords {
    const reader = this.#reader
    const { bytes } = reader
    while (reader.pos < bytes.length) {
      const feed = bytes.indexOf(LINE_FEED, reader.pos)
      reader.end = feed < 0 ? bytes.length : feed
      if (reader.peek() >= 0) this.#line()
      reader.pos = reader.end + 1
    }
    return this.#finish()
  }

  #line(): void {
    const { out } = this.#normaliser
    const start = out.pos
    try {
      this.#record(() => this.#reader.expectEnd())
    } catch (error) {
      if (!(error instanceof JsonError)) throw error
      out.pos = start
      this.#reject([{ field: '', value: null, rule: `must be a JSON object: ${error.reason}` }])
    }
  }

  #record(check?: () => void): void {
    const normaliser = this.#normaliser
    const { out, resource } = normaliser
    if (this.#count >= this.#recordsMax) {
      const message = `the request holds more than max_records ${this.#recordsMax} records`
      throw PipelineError.permanent(message, { code: 'resource_exhausted' })
    }
    const start = out.pos
    const errors = normaliser.take(this.#checkUtf8)
    check?.()
    if (errors !== undefined) return this.#reject(errors)
    this.#groups.add(resource.finish(), start, out.pos)
    this.#count++
  }

  #reject(errors: readonly FieldError[]): void {
    this.#rejected.push({ index: this.#count++, errors })
  }

  #finish(): ReadRecords {
    if (this.#count === 0) throw refusal('the body holds no record')
    const otlp = this.#groups.finish(this.#normaliser.out)
    return { otlp, count: this.#count, rejected: this.#rejected }
  }
}

const LINE_FEED = 0x0a
const OPEN_ARRAY = 0x5b
const OPEN_OBJECT = 0x7b
const ONE_A_LINE = 'for one record a line, send content-type application/x-ndjson'

function refusal(message: string, cause?: JsonError): PipelineError {
  return PipelineError.permanent(message, cause === undefined ? {} : { cause })
}
