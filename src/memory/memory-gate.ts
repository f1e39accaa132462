import type { ForcedGc, GcInterval } from './forced-gc.ts'
import type { Limits } from './limits.ts'

const MIB = 1024 ** 2
/** While refusing, memory is measured this often, if somebody asks: to reopen soon. */
const REFUSING_CHECK_MS = 100
/** V8 ends the process at its own limit, whatever ours is; stay this share below it. */
const HEAP_SHARE_MAX = 0.85
/** Resident memory may grow by this much before it is a reason to refuse once more. */
const RESIDENT_GROWTH = 1.05
/** With less than this share of the soft limit in use, refusing can free nothing any more. */
const IDLE_SHARE = 0.5
/** Nobody is refused for longer than this only because the allocator keeps its pages. */
const RESIDENT_PAUSE_MS_MAX = 30_000

export interface MemoryReading {
  readonly rssBytes: number
  readonly heapUsedBytes: number
  /** Buffers and other memory that objects hold outside the heap. */
  readonly externalBytes: number
}

export interface MemoryGateOptions {
  readonly limits: Limits
  readonly checkIntervalMs: number
  readonly gcSoft: GcInterval
  readonly gcHard: GcInterval
  readonly gc: ForcedGc
  readonly read: () => MemoryReading
  /** Milliseconds of a clock that never goes back. */
  readonly now: () => number
  /** V8's own limit (`--max-old-space-size`). */
  readonly heapLimitBytes: number
  /** Called when refusing begins or ends; `why` is a sentence with the figures. */
  readonly onChange: (refusing: boolean, why: string) => void
}

/**
 * Decides whether there is memory for one more batch.
 *
 * What is measured: `used` = heap used + external + a baseline (code, libraries: what was resident
 * beyond these two at the start), never more than the resident size. It falls as soon as garbage is
 * collected. The resident size itself falls late or never, because the allocator keeps freed pages;
 * a gate that waited for it would stay shut for good. So the resident size shuts the gate too, but
 * only as long as that can help: until little is in use, at the latest after half a minute. Then
 * this size is tolerated, until it grows further.
 *
 * When it is measured: by the clock, and whenever an eighth of the spike has been let through since
 * the last time. A burst between two ticks of the clock can therefore not pass unseen.
 */
export class MemoryGate {
  readonly #options: MemoryGateOptions
  readonly #recheckBytes: number
  readonly #baselineBytes: number
  /** Halfway from the soft to the hard limit. */
  readonly #urgentBytes: number
  #usedBytes = 0
  #readAtMs = Number.NEGATIVE_INFINITY
  #letThroughBytes = 0
  /** Undefined = open. */
  #refusal: string | undefined
  #toleratedRssBytes: number
  #residentSinceMs: number | undefined

  constructor(options: MemoryGateOptions) {
    this.#options = options
    const { hardBytes, softBytes } = options.limits
    this.#recheckBytes = Math.max(MIB, (hardBytes - softBytes) / 8)
    this.#urgentBytes = (softBytes + hardBytes) / 2
    this.#toleratedRssBytes = softBytes
    const { rssBytes, heapUsedBytes, externalBytes } = options.read()
    this.#baselineBytes = Math.max(0, rssBytes - heapUsedBytes - externalBytes)
  }

  /** As of the last measurement, plus what has been let through since. */
  get usedBytes(): number {
    return this.#usedBytes + this.#letThroughBytes
  }

  /** Asks for room for a batch. Undefined = let through, otherwise the reason of the refusal. */
  admit(bytes: number): string | undefined {
    if (this.#isDue(bytes)) this.check()
    if (this.#refusal !== undefined) return this.#refusal
    this.#letThroughBytes += bytes
    return undefined
  }

  /** Measures now, collects garbage if that is called for, opens or shuts. */
  check(): void {
    let reading = this.#measure()
    if (this.#isPressed(reading)) this.#collect(reading, () => (reading = this.#measure()))
    this.#turn(this.#whyRefuse(reading) ?? this.#whyRefuseResident(reading.rssBytes))
  }

  /** Above the urgent limit even a little garbage matters: less is enough to collect again soon. */
  #collect(reading: MemoryReading, measure: () => MemoryReading): void {
    const { gc, gcSoft, gcHard } = this.#options
    const isUrgent = (now: MemoryReading): boolean =>
      Math.max(this.#usedBytes, now.rssBytes) >= this.#urgentBytes
    if (isUrgent(reading)) gc.run(gcHard, () => !isUrgent(measure()))
    else gc.run(gcSoft, () => !this.#isPressed(measure()))
  }

  #isPressed(reading: MemoryReading): boolean {
    return this.#whyRefuse(reading) !== undefined || reading.rssBytes > this.#residentBoundBytes()
  }

  #isDue(bytes: number): boolean {
    if (this.#letThroughBytes + bytes >= this.#recheckBytes) return true
    const { now, checkIntervalMs } = this.#options
    const dueMs =
      this.#refusal === undefined ? checkIntervalMs : Math.min(checkIntervalMs, REFUSING_CHECK_MS)
    return now() - this.#readAtMs >= dueMs
  }

  #measure(): MemoryReading {
    const reading = this.#options.read()
    const live = reading.heapUsedBytes + reading.externalBytes
    this.#usedBytes = Math.min(reading.rssBytes, live + this.#baselineBytes)
    this.#letThroughBytes = 0
    this.#readAtMs = this.#options.now()
    return reading
  }

  #whyRefuse(reading: MemoryReading): string | undefined {
    const { limits, heapLimitBytes } = this.#options
    const { softBytes, hardBytes } = limits
    if (this.#usedBytes >= softBytes) {
      return `memory in use is ${mib(this.#usedBytes)}, data is refused from ${mib(softBytes)} (limit ${mib(hardBytes)})`
    }
    const heapMax = heapLimitBytes * HEAP_SHARE_MAX
    if (reading.heapUsedBytes >= heapMax) {
      return `the JavaScript heap is ${mib(reading.heapUsedBytes)}, data is refused from ${mib(heapMax)} (V8 ends the process at ${mib(heapLimitBytes)}; see node --max-old-space-size)`
    }
    return undefined
  }

  #whyRefuseResident(rssBytes: number): string | undefined {
    const { softBytes, hardBytes } = this.#options.limits
    if (rssBytes <= softBytes) this.#toleratedRssBytes = softBytes
    if (rssBytes <= this.#residentBoundBytes()) {
      this.#residentSinceMs = undefined
      return undefined
    }
    const nowMs = this.#options.now()
    this.#residentSinceMs ??= nowMs
    const shutMs = nowMs - this.#residentSinceMs
    const isIdle = this.#usedBytes < softBytes * IDLE_SHARE
    if (shutMs >= (isIdle ? this.#options.checkIntervalMs : RESIDENT_PAUSE_MS_MAX)) {
      this.#toleratedRssBytes = rssBytes
      this.#residentSinceMs = undefined
      return undefined
    }
    return `resident memory is ${mib(rssBytes)}, data is refused from ${mib(this.#residentBoundBytes())} (limit ${mib(hardBytes)})`
  }

  #residentBoundBytes(): number {
    const toleratedBytes = this.#toleratedRssBytes
    const { softBytes } = this.#options.limits
    return toleratedBytes > softBytes ? toleratedBytes * RESIDENT_GROWTH : softBytes
  }

  #turn(refusal: string | undefined): void {
    const changed = (refusal === undefined) !== (this.#refusal === undefined)
    this.#refusal = refusal
    if (!changed) return
    this.#options.onChange(
      refusal !== undefined,
      refusal ?? `memory in use is ${mib(this.#usedBytes)} again`,
    )
  }
}

function mib(bytes: number): string {
  return `${Math.round(bytes / MIB)} MiB`
}
