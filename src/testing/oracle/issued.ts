/** What a sender was told about a request. Only `acked` is a promise. */
export type Answer = 'acked' | 'refused' | 'unanswered'

/** What became of each number; numbers begin at 1 and have no gaps. */
export class Issued {
  readonly #timesSent: number[] = [0]
  readonly #acked: boolean[] = [false]
  readonly #counts = { acked: 0, refused: 0, unanswered: 0 }

  /** Takes the next `count` numbers; gives the first. */
  claim(count: number): number {
    const from = this.#timesSent.length
    for (let i = 0; i < count; i++) {
      this.#timesSent.push(0)
      this.#acked.push(false)
    }
    return from
  }

  /** MUST be called before the records leave. */
  sending(from: number, to: number): void {
    for (let number = from; number < to; number++) this.#timesSent[number]!++
  }

  answered(from: number, to: number, answer: Answer): void {
    this.#counts[answer] += to - from
    if (answer === 'acked') this.#acked.fill(true, from, to)
  }

  /** How many numbers there are. */
  get size(): number {
    return this.#timesSent.length - 1
  }

  /** Records by the answers their requests got; one that was sent twice counts twice. */
  get answers(): Readonly<Record<Answer, number>> {
    return this.#counts
  }

  /** 0 for a number that was never sent. */
  timesSent(number: number): number {
    return this.#timesSent[number] ?? 0
  }

  isAcked(number: number): boolean {
    return this.#acked[number] ?? false
  }
}
