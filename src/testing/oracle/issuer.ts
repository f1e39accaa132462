import { setTimeout as sleep } from 'node:timers/promises'
import { type ClientProtocol, createClient, type Endpoints, type OracleClient } from './clients.ts'
import { type Answer, Issued } from './issued.ts'
import type { LoadShape } from './plan.ts'
import { Random } from './random.ts'
import { isEdge, type Mint } from './records.ts'

export interface IssuerOptions {
  readonly seed: number
  readonly load: LoadShape
  readonly mint: Mint
  /** Senders take them in turn. */
  readonly protocols: readonly ClientProtocol[]
  /** Undefined while Parsec does not run. */
  readonly endpoints: () => Endpoints | undefined
  /** Send what was not acknowledged again, as SDKs do; else everything is sent once at most. */
  readonly resend: boolean
}

const DOWN_POLL_MS = 20
const RESEND_PAUSE_MS = 30

/** Sends numbered records from several senders at once and notes what they were told. */
export class Issuer {
  readonly issued: Issued = new Issued()
  readonly #options: IssuerOptions
  #senders: Promise<void>[] = []
  #stopped = false

  constructor(options: IssuerOptions) {
    this.#options = options
  }

  start(): void {
    const { load } = this.#options
    this.#senders = Array.from({ length: load.senders }, (_, index) => this.#sendAll(index))
  }

  /** Resolves when the last answer has come. */
  async stop(): Promise<void> {
    this.#stopped = true
    await Promise.all(this.#senders)
  }

  /** Sends one fresh record after the other until one is acknowledged; is one, within `timeoutMs`? */
  async issueFresh(timeoutMs: number): Promise<boolean> {
    const { protocols, endpoints } = this.#options
    const connection = new Connection(protocols.at(-1)!, endpoints)
    const deadlineMs = performance.now() + timeoutMs
    try {
      while (performance.now() < deadlineMs) {
        const number = this.issued.claim(1)
        if ((await this.#send(connection, number, number + 1)) === 'acked') return true
        await sleep(RESEND_PAUSE_MS)
      }
      return false
    } finally {
      connection.close()
    }
  }

  async #sendAll(index: number): Promise<void> {
    const { seed, load, protocols, endpoints, resend } = this.#options
    const random = new Random(seed, 'sender', index)
    const protocol = protocols[index % protocols.length]!
    const connection = new Connection(protocol, endpoints)
    while (!this.#stopped) {
      const from = this.issued.claim(this.#requestSize(random))
      const to = this.issued.size + 1
      let answer = await this.#send(connection, from, to)
      while (resend && answer !== 'acked' && !this.#stopped) {
        await sleep(RESEND_PAUSE_MS)
        answer = await this.#send(connection, from, to)
      }
      await sleep(random.int(0, load.pauseMsMax))
    }
    connection.close()
  }

  /** A record at the edge of a buffer travels alone, so that it is the request's size, too. */
  #requestSize(random: Random): number {
    const wanted = random.int(1, this.#options.load.recordsPerRequestMax)
    const next = this.issued.size + 1
    if (isEdge(next)) return 1
    let count = 1
    while (count < wanted && !isEdge(next + count)) count++
    return count
  }

  async #send(connection: Connection, from: number, to: number): Promise<Answer> {
    const { mint } = this.#options
    const body = mint.request(from, to)
    const client = await connection.client(() => this.#stopped)
    if (client === undefined) return 'unanswered'
    this.issued.sending(from, to)
    const answer = await client.send(body)
    this.issued.answered(from, to, answer)
    return answer
  }
}

/** A client of the Parsec that runs now: another one after each restart. */
class Connection {
  readonly #protocol: ClientProtocol
  readonly #endpoints: () => Endpoints | undefined
  #target: Endpoints | undefined
  #client: OracleClient | undefined

  constructor(protocol: ClientProtocol, endpoints: () => Endpoints | undefined) {
    this.#protocol = protocol
    this.#endpoints = endpoints
  }

  /** Waits until Parsec runs; undefined when `isOver` first. */
  async client(isOver: () => boolean): Promise<OracleClient | undefined> {
    for (;;) {
      const target = this.#endpoints()
      if (target !== undefined) {
        if (target !== this.#target) this.#connect(target)
        return this.#client
      }
      if (isOver()) return undefined
      await sleep(DOWN_POLL_MS)
    }
  }

  close(): void {
    this.#client?.close()
    this.#client = undefined
  }

  #connect(target: Endpoints): void {
    this.close()
    this.#target = target
    this.#client = createClient(this.#protocol, target)
  }
}
