import type { Intake } from '../parsec-config.ts'
import { ParsecUnderTest } from '../parsec-under-test.ts'
import type { ProcessFault } from '../plan.ts'
import { hurtParsec } from '../process-faults.ts'
import type { QueueDisk } from '../queue-disk.ts'
import { type ServiceStats, untilDrained } from '../service-stats.ts'
import type { FaultTools, Topology } from './topology.ts'

const DRAIN_MS_MAX = 60_000

export interface DirectOptions {
  readonly folder: string
  readonly configFile: string
  readonly intake: Intake
  readonly powerLossSeed: number | undefined
  readonly disk: QueueDisk
  readonly faults: readonly ProcessFault[]
}

/** One Parsec before the destination. */
export class DirectTopology implements Topology {
  readonly entrance: ParsecUnderTest
  readonly restarts: number = 0
  readonly #options: DirectOptions

  constructor(options: DirectOptions) {
    this.#options = options
    const { folder, configFile, intake, powerLossSeed } = options
    const args = ['--config', configFile]
    this.entrance = new ParsecUnderTest({
      args,
      folder,
      name: 'parsec',
      intake,
      powerLossSeed,
    })
  }

  get parsecs(): readonly ParsecUnderTest[] {
    return [this.entrance]
  }

  async start(): Promise<void> {
    this.entrance.spawn()
    await this.entrance.ready()
  }

  async hurt(tools: FaultTools): Promise<void> {
    const { faults, disk } = this.#options
    await hurtParsec(faults, this.entrance, disk, tools)
  }

  async drain(): Promise<readonly ServiceStats[] | undefined> {
    const { running } = this.entrance
    const stats = running && (await untilDrained(running.admin, DRAIN_MS_MAX))
    return stats && [stats]
  }

  explain(): Promise<readonly string[]> {
    return Promise.resolve([])
  }

  async stop(): Promise<void> {
    await this.entrance.stop()
  }

  async close(): Promise<void> {
    await this.entrance.kill()
  }
}
