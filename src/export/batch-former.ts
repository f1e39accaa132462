import type { LogBatch } from '../batch/log-batch.ts'
import { mergedContext } from '../batch/merged-context.ts'
import { mergedOrigin, type Origin, randomOrigin, rangeOrigin } from '../batch/origin.ts'
import { mergeLogs } from '../otlp/merge-logs.ts'
import { sharedController } from '../plugin/abort.ts'
import type { Clock } from '../plugin/clock.ts'
import type { PipelineError } from '../plugin/pipeline-error.ts'
import type { Lot, LotPart, Queue, QueueItem } from '../queue/queue.ts'
import { batchSize, recordsThatFit } from './batch-size.ts'
import type { BatchConfig } from './config.ts'
import { Share } from './share.ts'
import { splitVerdict, wholeVerdict } from './split-verdict.ts'

/** A batch ready to be sent, and who must hear what became of it. */
export interface FormedBatch {
  readonly batch: LogBatch
  /** Whose records it holds, wholly or in part. */
  readonly items: readonly QueueItem[]
  settle(error?: PipelineError): void
}

/** Where the former's items come from and where their verdicts go: a queue, and its senders. */
export interface ItemSource extends Pick<Queue, 'resume' | 'take' | 'begin' | 'nameOf' | 'done'> {
  settle(item: QueueItem, error: PipelineError | undefined): void
}

/** Records of one item, `from` up to, not including, `to`; what is in hand ends with the item. */
interface Part extends LotPart {
  readonly share: Share
}

interface Forming {
  readonly formed: FormedBatch
  /** Resolves when it may be sent. */
  readonly begun: Promise<void>
}

/** Many take from queues with it at once. */
const NEVER = sharedController().signal

/**
 * `sending_queue::batch`: joins the small and cuts the large. Formed when a sender asks for work,
 * so that batches grow while all senders are busy instead of waiting half full.
 */
export class BatchFormer {
  readonly #source: ItemSource
  readonly #config: BatchConfig
  readonly #clock: Clock
  /** What was left over when an item was cut. */
  #rest: Part | undefined
  /** Formed and not yet handed out. */
  #ready: Forming[] = []
  /** An earlier process may have left lots that it had begun. */
  #resumed = false
  /** One at a time: the next caller starts when the one before has its batch. */
  #turn: Promise<unknown> = Promise.resolve()

  constructor(source: ItemSource, config: BatchConfig, clock: Clock) {
    this.#source = source
    this.#config = config
    this.#clock = clock
  }

  /** Undefined when the source has ended and everything has been handed out, or is closing. */
  async next(): Promise<FormedBatch | undefined> {
    const turn = this.#turn.then(() => this.#form())
    // What one caller could not get is no reason to give nothing to the next.
    this.#turn = turn.catch(() => {})
    const forming = await turn
    try {
      // Not part of the turn: several lots can be written down with one sync.
      await forming?.begun
      return forming?.formed
    } catch {
      // The queue is closing, and still has what was taken.
      return undefined
    }
  }

  async #form(): Promise<Forming | undefined> {
    const { min_size: minSize, max_size: maxSize, sizer } = this.#config
    const ready = this.#ready.shift() ?? (await this.#resume())
    if (ready !== undefined) return ready
    const parts: Part[] = []
    const enough = maxSize > 0 ? Math.min(minSize, maxSize) : minSize
    let size = 0
    for (;;) {
      const part = this.#takeRest() ?? (await this.#takePart(parts[0]))
      if (part === undefined) break
      // What was dropped between two items must not come back between them after a crash.
      if (parts.length > 0 && part.item.afterGap === true) {
        this.#rest = part
        break
      }
      const [fitting, rest] = this.#cut(part, maxSize - size, parts.length === 0)
      this.#rest = rest
      if (fitting === undefined) break
      parts.push(fitting)
      size += batchSize(fitting.item.batch.slice(fitting.from, fitting.to), sizer)
      if (rest !== undefined || size >= enough) break
    }
    if (parts.length === 0) return undefined
    const lot = { parts: parts.map(({ item, from, to }) => ({ item, from, to })) }
    return this.#join(parts, lot, this.#source.begin(lot))
  }

  /** A lot as it was sent before the crash: the same parts make the same batch. */
  async #resume(): Promise<Forming | undefined> {
    if (this.#resumed) return undefined
    const lot = await this.#source.resume()
    if (lot === undefined) {
      this.#resumed = true
      return undefined
    }
    const parts = lot.parts.map(part => {
      const share = this.#createShare(part.item)
      share.addPart()
      share.complete()
      return { ...part, share }
    })
    return this.#join(parts, lot, Promise.resolve())
  }

  /** Parts that cannot be merged are sent one by one: none is lost for its neighbours' sake. */
  #join(parts: readonly Part[], lot: Lot, begun: Promise<void>): Forming {
    const groups = tryMerge(parts, this.#source.nameOf(lot))
    let open = groups.length
    const forming = groups.map(({ batch, parts: joined }) => {
      const items = joined.map(({ item }) => item)
      const settle = (error?: PipelineError): void => {
        const errors = error === undefined ? [] : verdicts(error, joined)
        for (const [i, { share }] of joined.entries()) share.partDone(errors[i])
        if (--open === 0) this.#source.done(lot)
      }
      return { formed: { batch, items, settle }, begun }
    })
    const [first, ...rest] = forming
    this.#ready = rest
    return first!
  }

  #takeRest(): Part | undefined {
    const rest = this.#rest
    this.#rest = undefined
    return rest
  }

  /** The next item, whole; waits until the first part in hand is due. */
  async #takePart(first: Part | undefined): Promise<Part | undefined> {
    const item = await this.#takeUntil(
      first === undefined ? undefined : first.item.offeredAtMs + this.#config.flush_timeout,
    )
    if (item === undefined) return undefined
    const share = this.#createShare(item)
    return { item, share, from: item.begunRecords ?? 0, to: item.batch.count }
  }

  #createShare(item: QueueItem): Share {
    return new Share(error => this.#source.settle(item, wholeVerdict(error, item.batch.count)))
  }

  async #takeUntil(dueMs: number | undefined): Promise<QueueItem | undefined> {
    if (dueMs === undefined) return await this.#source.take(NEVER)
    const due = new AbortController()
    const waitMs = Math.max(0, dueMs - this.#clock.now())
    const cancel = this.#clock.after(waitMs, () => due.abort())
    try {
      return await this.#source.take(due.signal)
    } finally {
      cancel()
    }
  }

  /** What fits into `room`, and what does not; a record larger than `max_size` goes alone. */
  #cut(part: Part, room: number, isFirst: boolean): [Part | undefined, Part | undefined] {
    const { max_size: maxSize, sizer } = this.#config
    const { item, share, from, to } = part
    const count = maxSize === 0 ? to - from : recordsThatFit(item.batch, from, room, sizer)
    if (count === 0 && !isFirst) return [undefined, part]
    const end = from + Math.max(count, 1)
    share.addPart()
    if (end < to)
      return [
        { item, share, from, to: end },
        { ...part, from: end },
      ]
    share.complete()
    return [{ ...part, to: end }, undefined]
  }
}

/** Fast path: what one item alone was sent as hears the verdict as it is. */
function verdicts(error: PipelineError, parts: readonly Part[]): (PipelineError | undefined)[] {
  const [first, second] = parts
  const isAlone = second === undefined && first?.from === 0 && first.to === first.item.batch.count
  return isAlone ? [error] : splitVerdict(error, parts)
}

interface Group {
  readonly batch: LogBatch
  readonly parts: readonly Part[]
}

function tryMerge(parts: readonly Part[], name: Origin | undefined): Group[] {
  try {
    const batch = merge(parts.map(partBatch))
    return [{ batch: name === undefined ? batch : batch.with({ origin: name }), parts }]
  } catch {
    return parts.map(part => ({ batch: partBatch(part), parts: [part] }))
  }
}

function partBatch({ item: { batch }, from, to }: LotPart): LogBatch {
  if (from === 0 && to === batch.count) return batch
  return batch.slice(from, to).with({ origin: rangeOrigin(originOf(batch), from, to) })
}

function merge(batches: readonly LogBatch[]): LogBatch {
  if (batches.length === 1) return batches[0]!
  const origin = mergedOrigin(batches.map(originOf))
  return mergeLogs(batches, mergedContext(batches.map(({ context }) => context))).with({ origin })
}

function originOf(batch: LogBatch): string {
  return batch.origin ?? randomOrigin()
}
