import { setTimeout as sleep } from 'node:timers/promises'
import type { Arrival, Verdict } from '../judge.ts'
import type { GroupFault, KafkaPlan } from '../kafka-plan.ts'
import { ParsecUnderTest } from '../parsec-under-test.ts'
import type { ProcessFault } from '../plan.ts'
import { hurtParsec, settled } from '../process-faults.ts'
import type { QueueDisk } from '../queue-disk.ts'
import { type ServiceStats, untilDrained } from '../service-stats.ts'
import type { BrokerUnderTest } from './broker.ts'
import { MEMBER_VARIABLE } from './cluster-config.ts'
import type { KafkaTopic } from './kafka-topic.ts'
import type { Delivered, FaultTools, Topology } from './topology.ts'

/** Of each step of the way: sessions have to end, and the broker may be down for another run. */
const DRAIN_MS_MAX = 120_000
const POLL_MS = 250
/** A fresh record must be taken within this time. */
const FRESH_MS_MAX = 30_000

export interface ThroughKafkaOptions {
  readonly folder: string
  readonly configFile: string
  readonly powerLossSeed: number | undefined
  /** Of the collector's queue. */
  readonly disk: QueueDisk
  readonly plan: KafkaPlan
  readonly collectorFaults: readonly ProcessFault[]
  readonly broker: BrokerUnderTest
  readonly topic: KafkaTopic
}

/** A collector, a broker, and a group of consumers before the destination. */
export class ThroughKafka implements Topology {
  readonly entrance: ParsecUnderTest
  readonly #options: ThroughKafkaOptions
  readonly #members: readonly ParsecUnderTest[]
  /** Joins now and then. */
  readonly #extra: ParsecUnderTest
  #restarts = 0

  constructor(options: ThroughKafkaOptions) {
    this.#options = options
    this.entrance = this.#parsec('collector', 'collector')
    const { members } = options.plan
    this.#members = Array.from({ length: members }, (_, i) =>
      this.#parsec('consumer', `consumer-${i}`),
    )
    this.#extra = this.#parsec('consumer', 'consumer-extra')
  }

  get parsecs(): readonly ParsecUnderTest[] {
    return [this.entrance, ...this.#members, this.#extra]
  }

  get restarts(): number {
    return this.#restarts
  }

  async start(): Promise<void> {
    const { plan, topic } = this.#options
    await topic.create(plan.partitions)
    const first = [this.entrance, ...this.#members]
    for (const parsec of first) parsec.spawn()
    await Promise.all(first.map(parsec => parsec.ready()))
  }

  /** Collector, consumers and broker are hurt at the same time. */
  async hurt(tools: FaultTools): Promise<void> {
    const { collectorFaults, disk, plan } = this.#options
    const all = await Promise.allSettled([
      hurtParsec(collectorFaults, this.entrance, disk, tools),
      this.#hurtGroup(tools),
      this.#hurtBroker(tools),
    ])
    for (const done of all) if (done.status === 'rejected') throw done.reason
    // What its queue on disk has is stored when it runs only.
    if (plan.hasConsumerQueue) await settled(this.#extra)
  }

  async drain({ issuer, arrivals }: Delivered): Promise<readonly ServiceStats[] | undefined> {
    const deadlineMs = performance.now() + DRAIN_MS_MAX
    if ((await this.#stats()) === undefined) return undefined
    // Everything that was acknowledged so far lies before these offsets.
    const { size } = issuer.issued
    const ends = await this.#options.topic.ends()
    // The last thing in a partition may be a mark of a transaction, which nobody commits: fresh
    // records come behind it.
    while (!(await this.#hasPassed(ends))) {
      if (performance.now() > deadlineMs) return undefined
      await sleep(POLL_MS)
      await issuer.issueFresh(FRESH_MS_MAX)
    }
    // What is missing of the others is lost; of these it may be on its way.
    while (!hasAllAfter(size, issuer, await arrivals())) {
      if (performance.now() > deadlineMs) return undefined
      await sleep(POLL_MS)
    }
    return await this.#stats()
  }

  /** Looks into the topic, which tells what collectors have done from what consumers have. */
  async explain({ lost, duplicated }: Verdict): Promise<readonly string[]> {
    if (lost.length === 0 && duplicated.length === 0) return []
    const times = await this.#options.topic.numbers()
    const missing = lost.filter(number => !times.has(number)).length
    const twice = duplicated.filter(number => (times.get(number) ?? 0) > 1).length
    const byConsumers = [lost.length - missing, duplicated.length - twice] as const
    return [
      `lost before the topic: ${missing}, behind it: ${byConsumers[0]}`,
      `copied before the topic: ${twice}, behind it: ${byConsumers[1]}`,
    ]
  }

  async stop(): Promise<void> {
    const running = this.parsecs.filter(parsec => parsec.running !== undefined)
    await Promise.all(running.map(parsec => parsec.stop()))
  }

  async close(): Promise<void> {
    await Promise.all(this.parsecs.map(parsec => parsec.kill()))
  }

  #parsec(role: string, name: string): ParsecUnderTest {
    const { configFile, folder, powerLossSeed } = this.#options
    return new ParsecUnderTest({
      args: ['--config', configFile, '--role', role],
      folder,
      name,
      intake: role === 'collector' ? 'otlp' : undefined,
      env: { [MEMBER_VARIABLE]: name },
      powerLossSeed,
    })
  }

  async #hurtGroup({ tell }: FaultTools): Promise<void> {
    for (const fault of this.#options.plan.groupFaults) {
      tell(JSON.stringify(fault))
      await this.#hurtMember(fault)
    }
    for (const member of this.#members) await settled(member)
  }

  async #hurtMember(fault: GroupFault): Promise<void> {
    const parsec = fault.kind === 'join' ? this.#extra : this.#members[fault.member]!
    if (fault.kind !== 'join' && !(fault.kind === 'kill-consumer' && fault.from === 'spawn'))
      await settled(parsec)
    await sleep(fault.afterMs)
    switch (fault.kind) {
      case 'kill-consumer':
        await parsec.kill()
        await sleep(fault.downMs)
        parsec.spawn()
        return
      case 'stop-consumer':
        parsec.suspend()
        await sleep(fault.forMs)
        parsec.resume()
        return
      case 'restart-consumer':
        await parsec.stop()
        await sleep(fault.downMs)
        parsec.spawn()
        return
      case 'join':
        await settled(parsec)
        await sleep(fault.forMs)
        await (fault.leaves === 'kill' ? parsec.kill() : parsec.stop())
    }
  }

  async #hurtBroker({ tell }: FaultTools): Promise<void> {
    const { plan, broker } = this.#options
    for (const fault of plan.brokerFaults) {
      await sleep(fault.afterMs)
      tell(JSON.stringify(fault))
      this.#restarts++
      await broker.restart(fault)
      tell('the broker answers again')
    }
  }

  /** Of every Parsec, once its own queues are empty and its books are closed. */
  async #stats(): Promise<ServiceStats[] | undefined> {
    const all: ServiceStats[] = []
    for (const { running } of this.parsecs) {
      if (running === undefined) continue
      const stats = await untilDrained(running.admin, DRAIN_MS_MAX)
      if (stats === undefined) return undefined
      all.push(stats)
    }
    return all
  }

  /** Has the group done everything before these offsets? */
  async #hasPassed(ends: readonly number[]): Promise<boolean> {
    const committed = await this.#options.topic.committed()
    return ends.every((end, partition) => end === 0 || (committed[partition] ?? -1) >= end)
  }
}

/** Is every acknowledged record there whose number is above this one? */
function hasAllAfter(
  size: number,
  { issued }: Delivered['issuer'],
  arrivals: readonly Pick<Arrival, 'number'>[],
): boolean {
  const there = new Set(arrivals.map(({ number }) => number))
  for (let number = size + 1; number <= issued.size; number++) {
    if (issued.isAcked(number) && !there.has(number)) return false
  }
  return true
}
