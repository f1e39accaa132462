import { orAborted, type PluginContext } from '#core'
import { instanceOwner, type KafkaClient } from '#core/kafka'
import type { KafkaReceiverConfig } from './config.ts'
import { Pauses } from './pauses.ts'

export interface InstanceWait {
  readonly config: KafkaReceiverConfig
  readonly context: PluginContext
  readonly kafka: KafkaClient
  readonly signal: AbortSignal
}

/**
 * Waits until no member of the group has our group_instance_id any more: while one has, to join would
 * put it out, and it us. Resolves at once, too, when the signal aborts.
 */
export async function untilInstanceIsFree(
  reason: string,
  { config, context, kafka, signal }: InstanceWait,
): Promise<void> {
  const { group_id: group, group_instance_id: instanceId } = config
  const { logger } = context
  context.reportStatus('recoverable_error', `out of the consumer group: ${reason}`)
  const pauses = new Pauses(config.error_backoff)
  let lastHost: string | undefined
  while (!signal.aborted) {
    try {
      const owner = await orAborted(instanceOwner(kafka, group, instanceId), signal)
      if (owner === undefined) break
      if (owner.clientHost !== lastHost) {
        const { clientHost: host, clientId: client } = owner
        logger.error({ reason, host, client }, 'out of the consumer group until that process ends')
        lastHost = host
      }
    } catch (error) {
      if (signal.aborted) return
      logger.warn({ reason: (error as Error).message }, 'cannot ask who is in the consumer group')
    }
    await pauses.pause(signal).catch(() => {})
  }
  if (signal.aborted) return
  logger.info({ group, instanceId }, 'group_instance_id is free, will join again')
}
