import { AdaptiveConcurrency } from '../../src/export/adaptive-concurrency.ts'
import { sharedController } from '../../src/plugin/abort.ts'
import { sleep } from '../../src/plugin/clock.ts'
import { PipelineError } from '../../src/plugin/pipeline-error.ts'
import { ManualClock, sampleLogs } from '../../src/testing/index.ts'

/** What a link knows when a request comes in. */
export interface LinkState {
  /** Requests on the link, this one included. */
  readonly inFlight: number
  /** Requests of this second of the clock, this one included. */
  readonly thisSecond: number
  readonly nowMs: number
  /** 0 up to, not including, 1; the same numbers in every run. */
  readonly random: () => number
}

export interface LinkAnswer {
  readonly ms: number
  readonly refuses?: boolean
}

export interface LinkRun {
  /** Requests a second, taken. */
  readonly rate: number
  readonly refusals: number
  /** Time-weighted. */
  readonly inFlightMean: number
  readonly inFlightMax: number
  /** Time-weighted; `Late` = of the second half. */
  readonly limitMean: number
  readonly limitMeanLate: number
  readonly limitMin: number
}

const SETTINGS = { decreaseRatio: 0.9, ewmaAlpha: 0.4, rttDeviationScale: 2.5, waitMsMax: 0 }
const RETRY_MS = 100

/**
 * Sends `requests` over a simulated link by `limitMax` consumers that are never idle, through the
 * limiter, in virtual time. What is refused is sent again after 100 ms.
 */
export async function runLink(
  link: (state: LinkState) => LinkAnswer,
  { limitMax = 20, requests = 1000 } = {},
): Promise<LinkRun> {
  const clock = new ManualClock()
  const { signal } = sharedController()
  const batch = sampleLogs(['x'])
  const destination = new Destination(clock, link)
  const changes = [{ atMs: 0, limit: limitMax }]
  const onLimit = (limit: number): unknown => changes.push({ atMs: clock.now(), limit })
  const limiter = new AdaptiveConcurrency(destination, { ...SETTINGS, limitMax, clock, onLimit })
  let started = 0
  let working = limitMax
  const consumer = async (): Promise<void> => {
    while (started++ < requests) {
      const send = (): Promise<boolean> =>
        limiter.consume(batch, signal).then(
          () => true,
          () => false,
        )
      while (!(await send())) await sleep(clock, RETRY_MS)
    }
    working--
  }
  const all = Promise.all(Array.from({ length: limitMax }, consumer))
  while (working > 0) await clock.advance(clock.nextInMs ?? 0)
  await all
  const endMs = clock.now()
  return {
    rate: (requests / endMs) * 1000,
    refusals: destination.refusals,
    inFlightMean: destination.area / endMs,
    inFlightMax: destination.inFlightMax,
    limitMean: meanLimit(changes, 0, endMs),
    limitMeanLate: meanLimit(changes, endMs / 2, endMs),
    limitMin: Math.min(...changes.map(({ limit }) => limit)),
  }
}

class Destination {
  readonly #clock: ManualClock
  readonly #link: (state: LinkState) => LinkAnswer
  readonly #random = repeatable()
  #second = { startMs: 0, count: 0 }
  #inFlight = 0
  #sinceMs = 0
  area = 0
  inFlightMax = 0
  refusals = 0

  constructor(clock: ManualClock, link: (state: LinkState) => LinkAnswer) {
    this.#clock = clock
    this.#link = link
  }

  async consume(): Promise<void> {
    const nowMs = this.#clock.now()
    if (nowMs - this.#second.startMs >= 1000) this.#second = { startMs: nowMs, count: 0 }
    const thisSecond = ++this.#second.count
    this.#change(1)
    const random = this.#random
    const answer = this.#link({ inFlight: this.#inFlight, thisSecond, nowMs, random })
    await sleep(this.#clock, answer.ms)
    this.#change(-1)
    if (answer.refuses !== true) return
    this.refusals++
    throw PipelineError.retryable('too much', { code: 'resource_exhausted' })
  }

  #change(by: 1 | -1): void {
    const nowMs = this.#clock.now()
    this.area += this.#inFlight * (nowMs - this.#sinceMs)
    this.#sinceMs = nowMs
    this.#inFlight += by
    this.inFlightMax = Math.max(this.inFlightMax, this.#inFlight)
  }
}

function meanLimit(
  changes: readonly { atMs: number; limit: number }[],
  fromMs: number,
  toMs: number,
): number {
  let area = 0
  for (const [i, { atMs, limit }] of changes.entries()) {
    const end = Math.min(changes[i + 1]?.atMs ?? toMs, toMs)
    area += limit * Math.max(0, end - Math.max(atMs, fromMs))
  }
  return area / (toMs - fromMs)
}

/** A linear congruential generator. */
function repeatable(): () => number {
  let state = 1
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return state / 2 ** 32
  }
}
