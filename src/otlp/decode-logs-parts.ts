import type { BatchContext } from '../batch/batch.ts'
import { LogBatch } from '../batch/log-batch.ts'
import { WireError } from '../wire/wire-error.ts'
import { type DecodedLogs, decodeLogs } from './decode-logs.ts'
import { encodeLogs } from './encode-logs.ts'
import { RequestScan, requestTarget } from './scan-request.ts'
import { type Counts, NOTHING, type Survey, surveyRequest } from './survey-request.ts'

/** What became of one body. */
export interface DecodedPart {
  /** How many of its records are in the batch. */
  readonly count: number
  /** Why nothing of it can be read; undefined when it can. */
  readonly error: Error | undefined
}

/** The good records of all bodies, in order, with no bytes of a body that has none. */
export interface DecodedLogsParts extends DecodedLogs {
  /** One for each body. */
  readonly parts: readonly DecodedPart[]
}

/**
 * Reads several ExportLogsServiceRequests into one batch: the same that `mergeLogs` makes of what
 * `decodeLogs` makes of each, but every byte is copied before it is looked at, and columns are
 * filled where they stay. A single body is not copied. The bodies MUST NOT change afterwards, and
 * whoever calls bounds their bytes.
 */
export function decodeLogsParts(
  bodies: readonly Buffer[],
  context: BatchContext,
): DecodedLogsParts {
  const parts = bodies.map(body => new Part(body, context))
  if (parts.length === 1) parts[0]!.readAlone()
  else for (const part of parts) part.survey()
  // Once more without what was in the way: faults are rare, and others' records do not wait for them.
  const batch = joined(parts, context) ?? joined(parts, context)
  if (batch === undefined) throw new Error('what is left of a request cannot be read')
  const rejecting = parts.map(({ alone }) => alone).filter(alone => (alone?.rejectedCount ?? 0) > 0)
  return {
    batch,
    parts,
    rejectedCount: rejecting.reduce((sum, alone) => sum + alone!.rejectedCount, 0),
    rejectedReason: rejecting[0]?.rejectedReason ?? '',
  }
}

/** One body: taken as it is, unless something in it must be left out or merged first. */
class Part implements DecodedPart {
  readonly #body: Buffer
  readonly #context: BatchContext
  #survey: Survey | undefined
  /** What decoding it by itself gave, where that was needed. */
  alone: DecodedLogs | undefined
  error: Error | undefined

  constructor(body: Buffer, context: BatchContext) {
    this.#body = body
    this.#context = context
  }

  get count(): number {
    if (this.error !== undefined) return 0
    return this.alone?.batch.count ?? this.#survey?.records ?? 0
  }

  survey(): void {
    try {
      this.#survey = surveyRequest(this.#body)
    } catch (error) {
      this.error = error as Error
      return
    }
    if (this.#survey.duplicated || this.#survey.records === 0) this.readAlone()
  }

  readAlone(): void {
    try {
      this.alone ??= decodeLogs(this.#body, this.#context)
    } catch (error) {
      this.error = error as Error
    }
  }

  /** What goes into the batch, and how much it is. */
  left(): { readonly bytes: Buffer; readonly counts: Counts } {
    if (this.alone === undefined) return { bytes: this.#body, counts: this.#survey! }
    const bytes = encodeLogs(this.alone.batch)
    return { bytes, counts: surveyRequest(bytes) }
  }
}

/** All parts in one batch; undefined when some had to be read alone first, as they now are. */
function joined(parts: readonly Part[], context: BatchContext): LogBatch | undefined {
  const kept = parts.filter(({ count }) => count > 0)
  if (kept.length === 0) return decodeLogs(Buffer.alloc(0), context).batch
  if (kept.length === 1) {
    const [part] = kept
    part!.readAlone()
    return part!.count > 0 ? part!.alone?.batch : undefined
  }
  const lefts = kept.map(part => part.left())
  const bytes = Buffer.allocUnsafe(lefts.reduce((sum, left) => sum + left.bytes.length, 0))
  const target = requestTarget(bytes, lefts.map(({ counts }) => counts).reduce(sumOf))
  let at = 0
  let before = NOTHING
  let isClean = true
  for (const [index, left] of lefts.entries()) {
    bytes.set(left.bytes, at)
    const end = at + left.bytes.length
    if (!scansCleanly(new RequestScan(target, before), at, end)) {
      kept[index]!.readAlone()
      isClean = false
    }
    at = end
    before = sumOf(before, left.counts)
  }
  return isClean ? new LogBatch({ ...target, context }) : undefined
}

/** Is nothing there to be left out, refused or merged? */
function scansCleanly(scan: RequestScan, offset: number, end: number): boolean {
  try {
    scan.request(offset, end)
  } catch (error) {
    if (error instanceof WireError) return false
    throw error
  }
  return !scan.duplicated && scan.rejected.size === 0
}

function sumOf(a: Counts, b: Counts): Counts {
  return {
    resources: a.resources + b.resources,
    scopes: a.scopes + b.scopes,
    records: a.records + b.records,
  }
}
