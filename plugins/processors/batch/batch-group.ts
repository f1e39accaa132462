import type { Clock } from '#core'
import type { Held } from './held.ts'
import type { Part } from './join-parts.ts'

export interface BatchGroupOptions {
  /** In log records. */
  readonly sendSize: number
  readonly timeoutMs: number
  /** 0 = no bound. */
  readonly sizeMax: number
  /** Waiting bytes that are sent however few records they are. */
  readonly bytesMax: number
  readonly clock: Clock
  /** MUST NOT throw. */
  readonly send: (parts: readonly Part[], trigger: Trigger) => void
}

export type Trigger = 'size' | 'timeout' | 'stop'

/** What waits to be sent together. */
export class BatchGroup {
  readonly #options: BatchGroupOptions
  #waiting: Part[] = []
  #count = 0
  #bytes = 0
  #cancelTimer: (() => void) | undefined

  constructor(options: BatchGroupOptions) {
    this.#options = options
  }

  get isEmpty(): boolean {
    return this.#waiting.length === 0
  }

  add(held: Held): void {
    const { sendSize, timeoutMs, bytesMax, clock } = this.#options
    this.#waiting.push({ held, from: 0, to: held.batch.count })
    this.#count += held.batch.count
    this.#bytes += held.bytes
    while (this.#count >= Math.max(1, sendSize)) this.#send('size')
    if (this.#count > 0 && (timeoutMs === 0 || this.#bytes >= bytesMax)) this.flush('size')
    if (this.isEmpty || this.#cancelTimer !== undefined) return
    this.#cancelTimer = clock.after(timeoutMs, () => this.flush('timeout'))
  }

  /** Sends all that is waiting. */
  flush(trigger: Trigger): void {
    while (this.#count > 0) this.#send(trigger)
  }

  /** Takes a sender's waiting records out again; what has been sent stays sent. */
  remove(held: Held): void {
    for (const part of this.#waiting) {
      if (part.held !== held) continue
      this.#count -= part.to - part.from
      this.#bytes -= held.bytes
    }
    this.#waiting = this.#waiting.filter(part => part.held !== held)
    if (this.isEmpty) this.#stopTimer()
  }

  /** Sends one batch of the oldest records. */
  #send(trigger: Trigger): void {
    const { sizeMax } = this.#options
    const parts: Part[] = []
    let room = sizeMax === 0 ? this.#count : sizeMax
    while (room > 0 && this.#waiting.length > 0) {
      const part = this.#takeFirst(room)
      room -= part.to - part.from
      this.#count -= part.to - part.from
      parts.push(part)
    }
    if (this.isEmpty) this.#stopTimer()
    this.#options.send(parts, trigger)
  }

  /** The first part, or as much of it as there is room for. */
  #takeFirst(room: number): Part {
    const part = this.#waiting[0]!
    const to = Math.min(part.to, part.from + room)
    part.held.share.addPart()
    if (to < part.to) {
      this.#waiting[0] = { ...part, from: to }
      return { ...part, to }
    }
    this.#waiting.shift()
    this.#bytes -= part.held.bytes
    part.held.share.complete()
    return part
  }

  #stopTimer(): void {
    this.#cancelTimer?.()
    this.#cancelTimer = undefined
  }
}
