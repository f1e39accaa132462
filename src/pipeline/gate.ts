import type { LogBatch } from '../batch/log-batch.ts'
import { orAborted } from '../plugin/abort.ts'
import type { Consumer } from '../plugin/consumer.ts'
import { PipelineError } from '../plugin/pipeline-error.ts'

/** One consumer behind the gate, and how many batches it has in its hands. */
interface Way {
  readonly next: Consumer
  passing: number
  /** Nothing new goes this way. */
  isLeft: boolean
  onIdle: () => void
}

interface Opening {
  readonly opened: Promise<void>
  readonly open: () => void
}

/**
 * A place where what lies behind can be exchanged while batches pass. A batch that is under way
 * finishes where it is; later ones go to the new consumer, and while there is none they wait, as
 * long as their sender does.
 *
 * A batch that the consumer before refused retryably, because it was being taken away, is given to
 * its successor: the sender would do just that, only later.
 */
export class Gate implements Consumer {
  #way: Way | undefined
  #opening = createOpening()

  /** Closed without `next`. */
  constructor(next?: Consumer) {
    if (next !== undefined) void this.open(next)
  }

  async consume(batch: LogBatch, signal: AbortSignal): Promise<void> {
    for (;;) {
      // Opened and closed again, it may be closed when the wait is over.
      const way = this.#way
      if (way === undefined) {
        await this.#wait(signal)
        continue
      }
      way.passing++
      try {
        return await way.next.consume(batch, signal)
      } catch (thrown) {
        const isFinal = !way.isLeft || signal.aborted || !PipelineError.from(thrown).retryable
        if (isFinal) throw thrown
      } finally {
        if (--way.passing === 0) way.onIdle()
      }
    }
  }

  /** Undefined while it is open; otherwise resolves when it is, or rejects with the signal. */
  ready(signal: AbortSignal): Promise<void> | undefined {
    return this.#way === undefined ? this.#wait(signal) : undefined
  }

  /** Lets nothing pass until `open`. Resolves when all that had passed has its verdict. */
  async close(): Promise<void> {
    const left = this.#way
    if (left !== undefined) this.#opening = createOpening()
    this.#way = undefined
    await idle(left)
  }

  /** Sends all that comes from now on to `next`. Resolves as `close` does. */
  async open(next: Consumer): Promise<void> {
    const left = this.#way
    this.#way = { next, passing: 0, isLeft: false, onIdle: () => undefined }
    this.#opening.open()
    await idle(left)
  }

  async #wait(signal: AbortSignal): Promise<void> {
    while (this.#way === undefined) await orAborted(this.#opening.opened, signal)
  }
}

async function idle(way: Way | undefined): Promise<void> {
  if (way === undefined) return
  way.isLeft = true
  if (way.passing === 0) return
  await new Promise<void>(resolve => {
    way.onIdle = resolve
  })
}

function createOpening(): Opening {
  let open: Opening['open'] = () => undefined
  const opened = new Promise<void>(resolve => {
    open = resolve
  })
  return { opened, open }
}
