import type { Consumer, PluginContext } from '#core'
import type { KafkaReceiverConfig } from './config.ts'
import { DeadLetters } from './dead-letters.ts'
import { Dispatcher, type DispatcherOptions } from './dispatcher.ts'
import { RangeDecoder } from './range-decoder.ts'

/**
 * Makes what brings messages on to `next` in the way that a receiver's config says. Whoever made it
 * closes it. Throws an Error that names the key when a TLS file is no good.
 */
export function createDispatcher(
  config: KafkaReceiverConfig,
  context: PluginContext,
  next: Consumer,
  options: Pick<DispatcherOptions, 'failsOnDead' | 'onTrouble'>,
): Dispatcher {
  const { dead_letter: deadLetter } = config
  return new Dispatcher({
    ...options,
    context,
    next,
    decoder: new RangeDecoder(config),
    pauses: config.error_backoff,
    deadLetters: deadLetter && new DeadLetters(deadLetter.topic, config, context),
    skipsDead: config.message_marking.on_permanent_error,
  })
}
