import type { ReplayRange } from '#core'
import type { FetchedRange, KafkaMessage } from '#core/kafka'
import type { Range } from './message-buffer.ts'

/** Where batches end at the latest: at multiples of this, whatever the range that is replayed. */
export const WINDOW_OFFSETS = 10_000
/** And when the next message would make them larger; a single message may be. */
export const WINDOW_BYTES = 4 * 1024 * 1024

/** Gives messages from an offset on. */
export type Fetch = (offset: number) => Promise<FetchedRange>

/** Messages that go on together, under a name that says which they are. */
export interface ReplayBatch extends Range {
  /** The offset behind the batch before. */
  readonly from: number
}

/**
 * Cuts a range of a partition into batches, always in the same places: neither time nor config has a
 * say, so that a replay that is repeated makes batches of the same names. The constants are part of
 * the names that stores remember: MUST NOT change.
 */
export async function* replayBatches(
  { from, to }: Pick<ReplayRange, 'from' | 'to'>,
  fetch: Fetch,
): AsyncGenerator<ReplayBatch> {
  const source = new Source(from, to, fetch)
  for (let position = from; position < to; ) {
    const window = (Math.floor(position / WINDOW_OFFSETS) + 1) * WINDOW_OFFSETS
    const messages: KafkaMessage[] = []
    let end = Math.min(window, to)
    let bytes = 0
    for (;;) {
      const message = await source.peek(end)
      if (message === undefined) break
      bytes += sizeOf(message)
      if (messages.length > 0 && bytes > WINDOW_BYTES) {
        end = message.offset
        break
      }
      messages.push(message)
      source.take()
    }
    if (messages.length > 0) yield { messages, from: position, end }
    position = end
  }
}

/** The messages of a partition, one by one; the next answer is asked for while one is used up. */
class Source {
  readonly #to: number
  readonly #fetch: Fetch
  #messages: readonly KafkaMessage[] = []
  #index = 0
  /** Everything before this has come. */
  #next: number
  #ahead: Promise<FetchedRange> | undefined

  constructor(from: number, to: number, fetch: Fetch) {
    this.#next = from
    this.#to = to
    this.#fetch = fetch
  }

  /** The next message, if it is before `end`. */
  async peek(end: number): Promise<KafkaMessage | undefined> {
    while (this.#index === this.#messages.length && this.#next < end) {
      const { messages, next } = await (this.#ahead ?? this.#fetch(this.#next))
      this.#messages = messages
      this.#index = 0
      this.#next = next
      this.#ahead = next < this.#to ? this.#fetch(next) : undefined
      // Whoever awaits it hears of its failure.
      this.#ahead?.catch(() => {})
    }
    const message = this.#messages[this.#index]
    return message !== undefined && message.offset < end ? message : undefined
  }

  take(): void {
    this.#index++
  }
}

function sizeOf({ key, value }: KafkaMessage): number {
  return (key?.length ?? 0) + (value?.length ?? 0) + 100
}
