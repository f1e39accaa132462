import { type Clock, systemClock } from '../plugin/clock.ts'
import type { DoorGuard } from '../plugin/door.ts'
import { PipelineError } from '../plugin/pipeline-error.ts'
import { Backlog, retryAfterMs } from '../plugin/retry-after.ts'
import { type Client, ClientTable } from './client-table.ts'

/** This part of a budget that several clients use is for those below their share. */
const RESERVED = 1 / 4
const CLIENTS_MAX = 4096

export interface FairBudgetOptions {
  readonly bytesMax: number
  /** Most requests of one client in progress; 0 = no bound. */
  readonly clientRequestsMax?: number
  /** Asked before the budget itself. */
  readonly guard?: DoorGuard
  /** Told once for every request that is refused. */
  readonly onRefused?: (error: PipelineError, client: string) => void
  readonly clock?: Clock
}

/**
 * How many bytes of requests a server holds at once, over all its connections: without such a
 * bound, many slow requests that each stay under their own limit could still fill the memory.
 *
 * Clients share it fairly. One that is alone may use everything. When n are there, a share is an
 * nth, and who holds more than that
 * - leaves a quarter of the budget free for those who hold less, and
 * - when the budget is full all the same, loses requests that are still arriving to them.
 */
export class FairBudget {
  readonly #options: FairBudgetOptions
  readonly #clock: Clock
  readonly #clients: ClientTable
  readonly #backlog: Backlog
  /** Requests that are still arriving and can be refused to make room. */
  readonly #arriving = new Set<Lease>()

  constructor(options: FairBudgetOptions) {
    this.#options = options
    this.#clock = options.clock ?? systemClock
    this.#clients = new ClientTable(CLIENTS_MAX, () => this.#clock.now())
    this.#backlog = new Backlog(this.#clock)
  }

  get heldBytes(): number {
    return this.#backlog.size
  }

  /** For `/stats`. */
  stats(): { bytes_in_flight: number; max_in_flight_size: number; clients: number } {
    const { bytesMax } = this.#options
    const clients = this.#clients.count
    return { bytes_in_flight: this.heldBytes, max_in_flight_size: bytesMax, clients }
  }

  /** What one request of `client` holds; release it when the request has been answered. */
  lease(client: string): Lease {
    return new Lease(this, this.#clients.enter(client))
  }

  /** @throws PipelineError when `bytes` more would be refused at this moment; takes nothing. */
  check(lease: Lease, bytes: number): void {
    const { guard } = this.#options
    const refusal = guard?.(0) ?? this.#tooMany(lease.client) ?? this.#refusal(lease.client, bytes)
    if (refusal !== undefined) throw this.#refused(lease, refusal)
  }

  /** @throws PipelineError; then nothing has been taken. */
  take(lease: Lease, bytes: number): void {
    const { client } = lease
    const refusal = this.#refusal(client, bytes) ?? this.#options.guard?.(bytes)
    if (refusal !== undefined) throw this.#refused(lease, refusal)
    if (this.heldBytes + bytes > this.#options.bytesMax) this.#makeRoom(client, bytes)
    client.heldBytes += bytes
    this.#backlog.add(bytes)
  }

  giveBack({ client }: Lease, bytes: number): void {
    client.heldBytes -= bytes
    this.#backlog.remove(bytes)
  }

  /** The request is over; `whole`: it was not refused. */
  leave(lease: Lease, whole: boolean): void {
    this.#arriving.delete(lease)
    if (whole) lease.client.refusedSinceMs = undefined
    this.#clients.leave(lease.client)
  }

  setArriving(lease: Lease, isArriving: boolean): void {
    if (isArriving) this.#arriving.add(lease)
    else this.#arriving.delete(lease)
  }

  #tooMany(client: Client): PipelineError | undefined {
    const { clientRequestsMax: max = 0 } = this.#options
    if (max === 0 || client.openCount <= max) return undefined
    return this.#error(
      client,
      'client_requests',
      `this client has ${client.openCount} requests in progress, max_requests_per_client is ${max}`,
    )
  }

  #refusal(client: Client, bytes: number): PipelineError | undefined {
    const { bytesMax } = this.#options
    if (bytes > bytesMax) return neverFits(bytes, bytesMax)
    const total = this.heldBytes + bytes
    const shareBytes = this.#shareBytes()
    const isOver = client.heldBytes + bytes > shareBytes
    const isShared = this.#clients.count > 1 && this.heldBytes > client.heldBytes
    if (isOver && isShared && total > bytesMax * (1 - RESERVED)) {
      return this.#error(
        client,
        'client_share',
        `requests in progress of this client hold ${client.heldBytes} bytes, ${bytes} more would pass its share of ${Math.floor(shareBytes)}, that of one of ${this.#clients.count} clients`,
      )
    }
    if (total <= bytesMax) return undefined
    if (!isOver && this.#recoverableBytes(client) >= total - bytesMax) return undefined
    return this.#error(
      client,
      'requests_in_flight',
      `requests in progress hold ${this.heldBytes} bytes, ${bytes} more would pass the limit of ${bytesMax}`,
    )
  }

  /** Refuses arriving requests of those above their share, the largest first. */
  #makeRoom(client: Client, bytes: number): void {
    const victims = [...this.#arriving].filter(lease => this.#mayLose(lease, client))
    victims.sort((a, b) => b.heldBytes - a.heldBytes)
    for (const victim of victims) {
      if (this.heldBytes + bytes <= this.#options.bytesMax) return
      const message = `this client holds ${victim.client.heldBytes} bytes of requests in progress, more than its share of ${Math.floor(this.#shareBytes())}: this one makes room for another client`
      const error = this.#error(victim.client, 'client_share', message)
      this.#refused(victim, error)
      victim.revoke(error)
    }
  }

  #recoverableBytes(client: Client): number {
    let bytes = 0
    for (const lease of this.#arriving) if (this.#mayLose(lease, client)) bytes += lease.heldBytes
    return bytes
  }

  #mayLose(lease: Lease, to: Client): boolean {
    return lease.client !== to && lease.client.heldBytes > this.#shareBytes()
  }

  #shareBytes(): number {
    return this.#options.bytesMax / this.#clients.count
  }

  #error(client: Client, reason: string, message: string): PipelineError {
    const nowMs = this.#clock.now()
    client.refusedSinceMs ??= nowMs
    const behindMs = this.#backlog.behindMs(nowMs - client.refusedSinceMs)
    return PipelineError.retryable(message, {
      code: 'resource_exhausted',
      retryAfterMs: retryAfterMs(behindMs),
      reason,
    })
  }

  #refused(lease: Lease, error: PipelineError): PipelineError {
    if (lease.setRefused()) this.#options.onRefused?.(error, lease.client.key)
    return error
  }
}

/** What one request holds of a budget. */
export class Lease {
  readonly client: Client
  readonly #budget: FairBudget
  #heldBytes = 0
  #isRefused = false
  #isOver = false
  #onRevoked: ((error: PipelineError) => void) | undefined

  constructor(budget: FairBudget, client: Client) {
    this.#budget = budget
    this.client = client
  }

  get heldBytes(): number {
    return this.#heldBytes
  }

  /** Is the request still arriving? */
  get isArriving(): boolean {
    return this.#onRevoked !== undefined
  }

  /** @throws PipelineError when `bytes` more would be refused now. A claim takes no memory. */
  check(bytes: number): void {
    this.#budget.check(this, bytes)
  }

  /** @throws PipelineError, and takes nothing, when they cannot be had or the lease is released. */
  take(bytes: number): void {
    // Nobody would give them back any more.
    if (this.#isOver) throw overError()
    this.#budget.take(this, bytes)
    this.#heldBytes += bytes
  }

  /** Holds exactly `bytes` from now on. @throws PipelineError when they cannot be had. */
  resize(bytes: number): void {
    if (bytes > this.#heldBytes) this.take(bytes - this.#heldBytes)
    else {
      this.#budget.giveBack(this, this.#heldBytes - bytes)
      this.#heldBytes = bytes
    }
  }

  /**
   * The request is arriving: until `arrived`, it may be refused to make room for another client.
   * `onRevoked` is told; what was held has then been given back, and its bytes MUST be let go.
   */
  arriving(onRevoked: (error: PipelineError) => void): void {
    this.#onRevoked = onRevoked
    this.#budget.setArriving(this, true)
  }

  arrived(): void {
    this.#onRevoked = undefined
    this.#budget.setArriving(this, false)
  }

  /** For the budget. */
  revoke(error: PipelineError): void {
    const onRevoked = this.#onRevoked
    this.release()
    onRevoked?.(error)
  }

  /** For the budget: false when it was refused before. */
  setRefused(): boolean {
    if (this.#isRefused) return false
    this.#isRefused = true
    return true
  }

  /** Gives back all it holds; once is enough, more do no harm. */
  release(): void {
    if (this.#isOver) return
    this.#isOver = true
    this.#budget.giveBack(this, this.#heldBytes)
    this.#heldBytes = 0
    this.#onRevoked = undefined
    this.#budget.leave(this, !this.#isRefused)
  }
}

function overError(): PipelineError {
  return PipelineError.retryable('the request has ended', { code: 'cancelled' })
}

function neverFits(bytes: number, bytesMax: number): PipelineError {
  return PipelineError.permanent(
    `request of ${bytes} bytes can never fit: max_in_flight_size is ${bytesMax}; raise it or send smaller requests`,
    { code: 'resource_exhausted', reason: 'request_too_large' },
  )
}
