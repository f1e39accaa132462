import type { Consumer, PluginContext, Receiver } from '#core'
import { createKafka, isInstanceFenced, type KafkaClient, type TopicPartition } from '#core/kafka'
import type { KafkaReceiverConfig } from './config.ts'
import { createDispatcher } from './create-dispatcher.ts'
import type { Dispatcher } from './dispatcher.ts'
import { GroupSession } from './group-session.ts'
import { untilInstanceIsFree } from './instance-wait.ts'
import { Pauses } from './pauses.ts'

/** `start` waits no longer than this: a broker that is down must not hold up the service. */
const START_WAIT_MS = 3000
/** A membership that held this long was a good one: the next pause is a short one again. */
const GOOD_MS = 60_000

/** A member of a consumer group, for as long as the service runs: when one ends it joins anew. */
export class KafkaReceiver implements Receiver {
  readonly #config: KafkaReceiverConfig
  readonly #context: PluginContext
  readonly #kafka: KafkaClient
  readonly #dispatcher: Dispatcher
  readonly #stopping = new AbortController()
  /** What is wrong with which partition. */
  readonly #troubles = new Map<string, string>()
  #session: GroupSession | undefined
  #running: Promise<void> | undefined

  /** @throws an Error that names the key when a TLS file is no good. */
  constructor(config: KafkaReceiverConfig, context: PluginContext, next: Consumer) {
    this.#config = config
    this.#context = context
    this.#kafka = createKafka(config, context.logger)
    this.#dispatcher = createDispatcher(config, context, next, {
      onTrouble: (from, detail) => this.#tell(from, detail),
    })
  }

  async start(): Promise<void> {
    const { brokers, logs } = this.#config
    await new Promise<void>(resolve => {
      const timer = setTimeout(() => {
        const detail = `no partitions of ${logs.topics.join(', ')} from ${brokers.join(', ')} yet`
        this.#context.reportStatus('recoverable_error', detail)
        resolve()
      }, START_WAIT_MS)
      this.#running = this.#run(() => {
        clearTimeout(timer)
        resolve()
      })
    })
  }

  async stop(deadline: AbortSignal): Promise<void> {
    this.#stopping.abort()
    await this.#session?.stop(deadline)
    await this.#running
    await this.#dispatcher.close()
  }

  endpoints(): readonly string[] {
    const { brokers, logs, group_id: group } = this.#config
    return [`kafka://${brokers.join(',')}/${logs.topics.join(',')}?group=${group}`]
  }

  async #run(onReady: () => void): Promise<void> {
    const { signal } = this.#stopping
    let pauses = new Pauses(this.#config.error_backoff)
    while (!signal.aborted) {
      const begunMs = performance.now()
      try {
        this.#session = new GroupSession({
          config: this.#config,
          context: this.#context,
          kafka: this.#kafka,
          dispatcher: this.#dispatcher,
          onReady: () => {
            this.#troubles.clear()
            this.#context.reportStatus('ok')
            onReady()
          },
        })
        await this.#session.run()
      } catch (error) {
        if (signal.aborted) return
        if (performance.now() - begunMs > GOOD_MS) pauses = new Pauses(this.#config.error_backoff)
        const reason = (error as Error).message
        if (isInstanceFenced(error)) {
          await this.#untilInstanceIsFree(reason)
          continue
        }
        this.#context.reportStatus('recoverable_error', reason)
        this.#context.logger.warn({ reason }, 'no longer in the consumer group, will join again')
        await pauses.pause(signal).catch(() => {})
      }
    }
  }

  async #untilInstanceIsFree(reason: string): Promise<void> {
    await untilInstanceIsFree(reason, {
      config: this.#config,
      context: this.#context,
      kafka: this.#kafka,
      signal: this.#stopping.signal,
    })
  }

  #tell({ topic, partition }: TopicPartition, detail: string | undefined): void {
    const name = `${topic}/${partition}`
    if (detail === undefined) this.#troubles.delete(name)
    else this.#troubles.set(name, `${name} waits: ${detail}`)
    const [first] = this.#troubles.values()
    if (first === undefined) this.#context.reportStatus('ok')
    else this.#context.reportStatus('recoverable_error', first)
  }
}
