import type { KafkaMessage } from '#core/kafka'

export interface MessageBufferOptions {
  /** Bytes of one batch; a single message may be larger. */
  readonly batchBytesMax: number
  /** With this many bytes held, those being worked on included, no more are wanted. */
  readonly bytesMax: number
  readonly flushMs: number
  /** Told when more messages are wanted, or no longer. */
  readonly onWanted: (wanted: boolean) => void
}

/** Messages of one batch, in order; at least one. */
export interface Range {
  readonly messages: readonly KafkaMessage[]
  /** The offset behind the last of them. */
  readonly end: number
}

/** What has been fetched of a partition and not been done yet: in order, bounded in bytes. */
export class MessageBuffer {
  readonly #options: MessageBufferOptions
  #messages: KafkaMessage[] = []
  #bytes = 0
  /** Taken and not yet done. */
  #takenBytes = 0
  #firstAtMs = 0
  /** A replay waits for the message before this offset, however many bytes come before it. */
  #until: number | undefined
  #wanted = true
  #wake: (() => void) | undefined

  constructor(options: MessageBufferOptions) {
    this.#options = options
  }

  get bytes(): number {
    return this.#bytes + this.#takenBytes
  }

  /** Offset behind the last message that came. */
  get end(): number | undefined {
    const last = this.#messages.at(-1)
    return last && last.offset + 1
  }

  add(messages: readonly KafkaMessage[]): void {
    if (this.#messages.length === 0) this.#firstAtMs = performance.now()
    for (const message of messages) {
      this.#messages.push(message)
      this.#bytes += sizeOf(message)
    }
    this.#tellWanted()
    this.#wake?.()
  }

  /**
   * The next batch: once it is full, or its first message has waited long enough. With `until` all
   * messages before that offset, and no others. Undefined when the signal aborts.
   */
  async take(until: number | undefined, signal: AbortSignal): Promise<Range | undefined> {
    this.#until = until
    this.#tellWanted()
    while (!signal.aborted) {
      const waitMs = this.#waitMs(until)
      if (waitMs <= 0) return this.#cut(until)
      await this.#woken(waitMs, signal)
    }
    return undefined
  }

  /** The next batch if it is full now. */
  takeFull(): Range | undefined {
    return this.#bytes >= this.#options.batchBytesMax ? this.#cut(undefined) : undefined
  }

  /** What was taken last is done with; MUST come before the next is taken. */
  done(): void {
    this.#takenBytes = 0
    this.#tellWanted()
  }

  /** How long `take` has to wait at most; 0 = there is a batch. */
  #waitMs(until: number | undefined): number {
    if (until !== undefined) return (this.end ?? 0) >= until ? 0 : Number.POSITIVE_INFINITY
    if (this.#messages.length === 0) return Number.POSITIVE_INFINITY
    if (this.#bytes >= this.#options.batchBytesMax) return 0
    return this.#firstAtMs + this.#options.flushMs - performance.now()
  }

  #cut(until: number | undefined): Range {
    let bytes = 0
    let count = 0
    for (const message of this.#messages) {
      if (until !== undefined && message.offset >= until) break
      const size = sizeOf(message)
      if (until === undefined && count > 0 && bytes + size > this.#options.batchBytesMax) break
      bytes += size
      count++
    }
    const messages = this.#messages.slice(0, count)
    this.#messages = this.#messages.slice(count)
    this.#bytes -= bytes
    this.#takenBytes = bytes
    this.#until = undefined
    this.#firstAtMs = performance.now()
    return { messages, end: until ?? messages.at(-1)!.offset + 1 }
  }

  #tellWanted(): void {
    const isAwaited = this.#until !== undefined && (this.end ?? 0) < this.#until
    const wanted = isAwaited || this.bytes < this.#options.bytesMax
    if (wanted === this.#wanted) return
    this.#wanted = wanted
    this.#options.onWanted(wanted)
  }

  async #woken(waitMs: number, signal: AbortSignal): Promise<void> {
    await new Promise<void>(resolve => {
      const wake = (): void => {
        clearTimeout(timer)
        signal.removeEventListener('abort', wake)
        resolve()
      }
      const timer = Number.isFinite(waitMs) ? setTimeout(wake, waitMs) : undefined
      this.#wake = wake
      signal.addEventListener('abort', wake)
    })
    this.#wake = undefined
  }
}

/** The bytes that a message holds, with what it costs as an object. */
function sizeOf({ key, value, headers }: KafkaMessage): number {
  let bytes = (key?.length ?? 0) + (value?.length ?? 0) + 100
  for (const name in headers) {
    const one = headers[name]
    bytes += name.length + 100
    if (Array.isArray(one)) for (const each of one) bytes += (each?.length ?? 0) + 100
    else bytes += one?.length ?? 0
  }
  return bytes
}
