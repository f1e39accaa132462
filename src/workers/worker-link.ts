import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import type { ComponentEndpoints } from '../service/running-pipelines.ts'
import type { MetricsSnapshot } from '../telemetry/snapshot.ts'
import type { Answers, Question, ToPrimary, ToWorker, WorkerStart } from './messages.ts'

/** How a worker process has ended. */
export interface WorkerEnd {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
  /** What it said of it. */
  readonly fault: string | undefined
}

interface Pending {
  readonly resolve: (value: unknown) => void
  readonly reject: (error: Error) => void
}

/** The primary's end of the channel to one worker process. */
export class WorkerLink {
  readonly #child: ChildProcess
  readonly #pending = new Map<number, Pending>()
  /** Resolves with where it listens; rejects when it ends before, with what it said. */
  readonly started: Promise<readonly ComponentEndpoints[]>
  readonly ended: Promise<WorkerEnd>
  #nextId = 0
  #fault: string | undefined
  #lastMetrics: MetricsSnapshot | undefined
  #hasEnded = false

  constructor(child: ChildProcess, start: WorkerStart) {
    this.#child = child
    this.ended = this.#waitForEnd()
    this.started = new Promise((resolve, reject) => {
      child.on('message', message => this.#on(message as ToPrimary, start, resolve))
      void this.ended.then(end => reject(new Error(describeEnd(end))))
    })
    this.started.catch(() => undefined)
    // The channel is gone when the process is; its end tells.
    child.on('error', () => undefined)
  }

  get pid(): number | undefined {
    return this.#child.pid
  }

  /** What it counted, when it could say so before it ended. */
  get lastMetrics(): MetricsSnapshot | undefined {
    return this.#lastMetrics
  }

  /** Rejects when it refuses, ends, or has not answered in time. */
  async ask<Q extends Question>(question: Q, timeoutMs: number): Promise<Answers[Q['what']]> {
    if (this.#hasEnded) throw new Error('the worker has ended')
    const id = this.#nextId++
    let timer: NodeJS.Timeout | undefined
    try {
      return await new Promise<Answers[Q['what']]>((resolve, reject) => {
        timer = setTimeout(
          () => reject(new Error(`the worker has not answered within ${timeoutMs} ms`)),
          timeoutMs,
        )
        this.#pending.set(id, { resolve: value => resolve(value as Answers[Q['what']]), reject })
        this.#send({ type: 'ask', id, question })
      })
    } finally {
      clearTimeout(timer)
      this.#pending.delete(id)
    }
  }

  /** Has it finish what it accepted, and end. */
  stop(): void {
    this.#send({ type: 'stop' })
  }

  /** Ends it at once. */
  kill(): void {
    this.#child.kill('SIGKILL')
  }

  #on(
    message: ToPrimary,
    start: WorkerStart,
    onStarted: (at: readonly ComponentEndpoints[]) => void,
  ) {
    switch (message.type) {
      case 'ready':
        return this.#send({ type: 'start', start })
      case 'started':
        return onStarted(message.endpoints)
      case 'answer':
        return this.#pending.get(message.id)?.resolve(message.value)
      case 'refusal':
        return this.#pending.get(message.id)?.reject(new Error(message.error))
      case 'fault':
        this.#fault = message.error
        return
      case 'ending':
        this.#lastMetrics = message.metrics
    }
  }

  #send(message: ToWorker): void {
    if (this.#child.connected) this.#child.send(message, () => undefined)
  }

  async #waitForEnd(): Promise<WorkerEnd> {
    const [code, signal] = (await once(this.#child, 'exit')) as [
      number | null,
      NodeJS.Signals | null,
    ]
    this.#hasEnded = true
    const end = { code, signal, fault: this.#fault }
    for (const { reject } of this.#pending.values()) reject(new Error(describeEnd(end)))
    return end
  }
}

/** For people. */
export function describeEnd({ code, signal, fault }: WorkerEnd): string {
  if (fault !== undefined) return fault
  return signal === null ? `ended with exit code ${code}` : `was killed by ${signal}`
}
