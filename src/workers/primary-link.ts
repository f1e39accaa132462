import cluster from 'node:cluster'
import type { Answers, Question, ToPrimary, ToWorker, WorkerStart } from './messages.ts'

/** A worker's end of the channel to the process that has started it. */
export class PrimaryLink {
  /** What to run. */
  readonly start: Promise<WorkerStart>
  /** Resolves when the primary wants an end, or is gone, or somebody else has sent SIGTERM. */
  readonly stopped: Promise<void>
  #answer: ((question: Question) => Promise<Answers[Question['what']]>) | undefined
  readonly #onMessage: (message: ToWorker) => void
  readonly #waiting: Extract<ToWorker, { type: 'ask' }>[] = []

  constructor() {
    let onStart: (start: WorkerStart) => void = () => undefined
    let onStop: () => void = () => undefined
    this.start = new Promise((resolve, reject) => {
      onStart = resolve
      process.once('disconnect', () => reject(new Error('the primary process is gone')))
    })
    this.start.catch(() => undefined)
    this.stopped = new Promise(resolve => {
      onStop = resolve
    })
    this.#onMessage = message => {
      if (message.type === 'start') onStart(message.start)
      else if (message.type === 'stop') onStop()
      else if (this.#answer === undefined) this.#waiting.push(message)
      else void this.#reply(message.id, message.question)
    }
    process.on('message', this.#onMessage)
    // Node would end the process at once when the primary is gone: what was accepted comes first.
    cluster.worker?.once('disconnect', () => {
      if (cluster.worker !== undefined) cluster.worker.exitedAfterDisconnect = true
    })
    process.once('disconnect', onStop)
    // Ctrl-C and the end of a terminal reach every process of the group: the primary decides.
    process.on('SIGINT', () => undefined).on('SIGHUP', () => undefined)
    process.once('SIGTERM', onStop)
    this.send({ type: 'ready' })
  }

  /** Answers what the primary asks from now on. */
  answer(answer: (question: Question) => Promise<Answers[Question['what']]>): void {
    this.#answer = answer
    for (const { id, question } of this.#waiting.splice(0)) void this.#reply(id, question)
  }

  send(message: ToPrimary): void {
    // A primary that is gone hears nothing; `stopped` tells.
    if (process.connected) process.send?.(message, undefined, {}, () => undefined)
  }

  /** Lets the process end. */
  close(): void {
    process.off('message', this.#onMessage)
    if (!process.connected) return
    if (cluster.worker !== undefined) cluster.worker.exitedAfterDisconnect = true
    process.disconnect()
  }

  async #reply(id: number, question: Question): Promise<void> {
    try {
      this.send({ type: 'answer', id, value: await this.#answer!(question) })
    } catch (thrown) {
      const error = thrown instanceof Error ? thrown.message : String(thrown)
      this.send({ type: 'refusal', id, error })
    }
  }
}
