import { monitorEventLoopDelay } from 'node:perf_hooks'

const RESOLUTION_MS = 20
const NS_PER_S = 1e9

/** How late timers ran, in seconds. Above 0.1 the process is overloaded or blocked. */
export interface Lag {
  readonly mean: number
  readonly p50: number
  readonly p99: number
  readonly max: number
}

/** The few methods of a perf_hooks histogram that are read here. */
export interface DelayHistogram {
  readonly count: number
  readonly mean: number
  readonly max: number
  percentile(percentile: number): number
  reset(): void
}

const NONE: Lag = { mean: 0, p50: 0, p99: 0, max: 0 }

/**
 * Event-loop lag over a window that has ended, so that any number of readers see the same figures.
 * Starts with the process' first window; `stop` releases the timers.
 */
export class EventLoopLag {
  readonly #histogram: DelayHistogram
  readonly #release: () => void
  #last: Lag = NONE

  constructor(windowMs = 10_000, histogram?: DelayHistogram) {
    const monitor = histogram === undefined ? startMonitor() : undefined
    this.#histogram = histogram ?? monitor!
    const timer = setInterval(() => this.rotate(), windowMs)
    timer.unref()
    this.#release = (): void => {
      clearInterval(timer)
      monitor?.disable()
    }
  }

  /** The last full window; before its end, what there is of the first. */
  get(): Lag {
    return this.#last === NONE ? this.#read() : this.#last
  }

  /** Ends the window now. */
  rotate(): void {
    this.#last = this.#read()
    this.#histogram.reset()
  }

  stop(): void {
    this.#release()
  }

  #read(): Lag {
    const histogram = this.#histogram
    if (histogram.count === 0) return NONE
    return {
      mean: lagSeconds(histogram.mean),
      p50: lagSeconds(histogram.percentile(50)),
      p99: lagSeconds(histogram.percentile(99)),
      max: lagSeconds(histogram.max),
    }
  }
}

function startMonitor(): ReturnType<typeof monitorEventLoopDelay> {
  const monitor = monitorEventLoopDelay({ resolution: RESOLUTION_MS })
  monitor.enable()
  return monitor
}

/** The histogram holds times between two ticks; the lag is what exceeds the interval asked for. */
function lagSeconds(delayNs: number): number {
  return Math.max(0, delayNs / NS_PER_S - RESOLUTION_MS / 1000)
}
