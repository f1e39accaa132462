import { setTimeout as sleep } from 'node:timers/promises'
import type { BrokerFault } from '../kafka-plan.ts'

/**
 * A Kafka broker that can be hurt. It comes from outside, since starting one needs more than is in
 * here; its address and its data stay the same through restarts.
 */
export interface Broker {
  /** `host:port`. */
  readonly addresses: { readonly brokers: string }
  /** Resolves when it answers. */
  start(): Promise<void>
  stop(): Promise<void>
  /** Ends it as a crash would. */
  kill(): Promise<void>
}

/** The broker of all runs of a process: what one does to it, happens to all. */
export class BrokerUnderTest {
  readonly #broker: Broker
  #restarting: Promise<void> | undefined

  constructor(broker: Broker) {
    this.#broker = broker
  }

  get address(): string {
    return this.#broker.addresses.brokers
  }

  /** Resolves when it answers again. Where it is down already, this is that time. */
  restart(fault: Omit<BrokerFault, 'afterMs'>): Promise<void> {
    this.#restarting ??= this.#restart(fault).finally(() => {
      this.#restarting = undefined
    })
    return this.#restarting
  }

  async #restart({ kind, downMs }: Omit<BrokerFault, 'afterMs'>): Promise<void> {
    if (kind === 'kill-broker') await this.#broker.kill()
    else await this.#broker.stop()
    await sleep(downMs)
    await this.#broker.start()
  }
}
