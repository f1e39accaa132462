import type { Logger } from 'pino'
import type { PluginContext } from '../plugin/component.ts'
import type { DoorGuard } from '../plugin/door.ts'
import { RepeatedLog } from '../telemetry/repeated-log.ts'
import { FairBudget } from './fair-budget.ts'

/** What a server must know of its surroundings; a receiver passes its own context and a key. */
export interface ServerContext
  extends Partial<Pick<PluginContext, 'id' | 'metrics' | 'door' | 'authenticators'>> {
  /** Where the server is configured, for errors: `receivers::otlp::protocols::http`. */
  readonly key: string
  readonly logger: Logger
}

export interface AdmissionConfig {
  readonly max_in_flight_size: number
  readonly max_requests_per_client: number
  readonly middlewares: readonly { readonly id: string }[]
}

/**
 * Who may come into a server: the budget of its bytes in flight, behind the door of the process.
 * Every refusal is counted and logged here, once a request.
 */
export class Admission {
  readonly budget: FairBudget
  readonly #config: AdmissionConfig
  readonly #context: ServerContext
  readonly #log: RepeatedLog
  #leave: (() => void) | undefined

  constructor(config: AdmissionConfig, transport: 'grpc' | 'http', context: ServerContext) {
    const { door, metrics, id: receiver = '', logger } = context
    this.#config = config
    this.#context = context
    this.#log = new RepeatedLog(logger)
    const guard: DoorGuard | undefined = door && (bytes => door.ask(bytes))
    this.budget = new FairBudget({
      bytesMax: config.max_in_flight_size,
      clientRequestsMax: config.max_requests_per_client,
      ...(guard === undefined ? {} : { guard }),
      onRefused: ({ reason, message, retryAfterMs }, client) => {
        metrics?.doorRefused.labels({ receiver, transport, reason }).inc()
        const fields = { client, reason, error: message, retry_after_ms: retryAfterMs }
        this.#log.log('warn', reason, fields, 'refused a request before it was read')
      },
    })
  }

  /** @throws an Error that names the key when a middleware is not there. */
  start(): void {
    const { door, key } = this.#context
    for (const { id } of this.#config.middlewares) {
      if (door?.isGuardedBy(`extension ${id}`) !== false) continue
      throw new Error(
        `${key}::middlewares: no extension "${id}" guards requests; configure memory_limiter under extensions and name it in service::extensions`,
      )
    }
    this.#leave = door?.addServer(key, () => this.budget.stats())
  }

  stop(): void {
    this.#leave?.()
    this.#log.flush()
  }
}
