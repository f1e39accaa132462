import type { LogBatch } from '../batch/log-batch.ts'
import { branchOrigin, randomOrigin } from '../batch/origin.ts'
import { Backoff } from '../export/backoff.ts'
import { type Clock, sleep, systemClock } from '../plugin/clock.ts'
import type { Consumer } from '../plugin/consumer.ts'
import { PipelineError } from '../plugin/pipeline-error.ts'
import { worstError } from '../plugin/worst-error.ts'

export interface Branch {
  /** Names this way in the identity of what goes along it. */
  readonly name: string
  readonly next: Consumer
}

export interface FanOutOptions {
  /**
   * true when branches select or change records on their own (pipelines) and may meet again in one
   * exporter: each branch's batches then get an identity of their own.
   */
  readonly separateOrigins: boolean
  readonly clock?: Clock
  readonly random?: () => number
}

const RETRY_MS_MIN = 50
const RETRY_MS_MAX = 5000

/** Several consumers as one; a single one is left as it is. */
export function fanOut(branches: readonly Branch[], options: FanOutOptions): Consumer {
  const [only] = branches
  return branches.length === 1 && only !== undefined ? only.next : new FanOut(branches, options)
}

/**
 * Gives every branch the same batch at the same time and waits for all of them. Batches are
 * immutable - a branch that changes records makes a batch of its own - so one object is every
 * branch's view and nothing is copied.
 *
 * All accept: the batch is accepted. None accepts: it is refused with the worst verdict, and a
 * sender that tries again doubles nothing. Some accept and others refuse retryably: a new try of
 * the sender would double the records of those that have accepted, so the refused branches are
 * tried again here, with growing waits, while the signal lives; meanwhile the sender waits, which
 * slows it down as it should. When the signal aborts, the refusal is passed on after all. What a
 * branch refuses for good is the verdict once no other branch is open.
 */
class FanOut implements Consumer {
  readonly #branches: readonly Branch[]
  readonly #separateOrigins: boolean
  readonly #clock: Clock
  readonly #random: () => number

  constructor(branches: readonly Branch[], options: FanOutOptions) {
    this.#branches = branches
    this.#separateOrigins = options.separateOrigins
    this.#clock = options.clock ?? systemClock
    this.#random = options.random ?? Math.random
  }

  async consume(batch: LogBatch, signal: AbortSignal): Promise<void> {
    // Named before the ways part, so that a branch that is tried again repeats the identity.
    const named = batch.origin === undefined ? batch.with({ origin: randomOrigin() }) : batch
    const round = await this.#send(this.#branches, named, signal)
    if (round.accepted > 0 && round.refused.length > 0) await this.#repeat(round, named, signal)
    if (round.error !== undefined) throw round.error
  }

  /** Tries the refused branches until each has accepted or refused for good. */
  async #repeat(round: Round, batch: LogBatch, signal: AbortSignal): Promise<void> {
    const backoff = new Backoff({
      initialMs: RETRY_MS_MIN,
      multiplier: 2,
      maxMs: RETRY_MS_MAX,
      jitter: 0.5,
      random: this.#random,
    })
    while (round.refused.length > 0) {
      const slept = await sleep(this.#clock, backoff.next(round.error?.retryAfterMs), signal)
      if (!slept) return
      const again = await this.#send(round.refused, batch, signal)
      round.refused = again.refused
      if (again.permanent !== undefined) {
        round.permanent = worstError(round.permanent, again.permanent)
      }
      round.error = again.refused.length > 0 ? again.error : round.permanent
    }
  }

  async #send(branches: readonly Branch[], batch: LogBatch, signal: AbortSignal): Promise<Round> {
    const errors = await Promise.all(branches.map(branch => this.#sendOne(branch, batch, signal)))
    const round: Round = { accepted: 0, refused: [], error: undefined, permanent: undefined }
    for (const [i, error] of errors.entries()) {
      if (error === undefined) round.accepted++
      else if (error.retryable) round.refused.push(branches[i]!)
      else round.permanent = worstError(round.permanent, error)
      if (error !== undefined) round.error = worstError(round.error, error)
    }
    return round
  }

  async #sendOne(
    { name, next }: Branch,
    batch: LogBatch,
    signal: AbortSignal,
  ): Promise<PipelineError | undefined> {
    const view =
      this.#separateOrigins && batch.origin !== undefined
        ? batch.with({ origin: branchOrigin(batch.origin, name) })
        : batch
    try {
      await next.consume(view, signal)
      return undefined
    } catch (thrown) {
      return PipelineError.from(thrown)
    }
  }
}

interface Round {
  accepted: number
  /** Branches that may accept later. */
  refused: Branch[]
  /** The verdict if it had to be given now. */
  error: PipelineError | undefined
  /** The worst refusal for good. */
  permanent: PipelineError | undefined
}
