import {
  AttributeActions,
  type BatchContext,
  type LogBatch,
  RESOURCE_ATTRIBUTES,
  resourceRange,
  Writer,
} from '#core'
import type { KafkaMessage, TopicPartition } from '#core/kafka'

/** Where a message came from and its headers, as request metadata of its records. */
export function messageContext(
  { topic, partition }: TopicPartition,
  message: KafkaMessage,
): BatchContext {
  const metadata = new Map<string, readonly string[]>([
    ['kafka.topic', [topic]],
    ['kafka.partition', [String(partition)]],
    ['kafka.offset', [String(message.offset)]],
  ])
  for (const [name, value] of Object.entries(message.headers)) {
    if (value !== undefined) metadata.set(name.toLowerCase(), [value].flat().map(String))
  }
  return { requestId: `${topic}/${partition}/${message.offset}`, metadata }
}

/** What the messages of one batch have in common; where it begins names it. */
export function commonContext(contexts: readonly BatchContext[]): BatchContext {
  const [first, ...others] = contexts
  if (first === undefined) return { requestId: '' }
  if (others.length === 0) return first
  const metadata = new Map(first.metadata)
  for (const [name, values] of metadata) {
    const isCommon = others.every(({ metadata: other }) => {
      const theirs = other?.get(name)
      return theirs !== undefined && String(theirs) === String(values)
    })
    if (!isCommon && name !== 'kafka.offset') metadata.delete(name)
  }
  return { requestId: `${first.requestId}+${others.length}`, metadata }
}

/** Adds headers, from the context of a batch, to all its resources as `kafka.header.NAME`. */
export class HeaderAttributes {
  readonly #actions: AttributeActions

  constructor(names: readonly string[]) {
    const configs = names.map(name => ({
      key: `kafka.header.${name}`,
      action: 'upsert' as const,
      from_context: `metadata.${name.toLowerCase()}`,
    }))
    this.#actions = new AttributeActions(configs, RESOURCE_ATTRIBUTES)
  }

  add(batch: LogBatch): LogBatch {
    const rewrite = this.#actions.forBatch(batch.context)
    const resourceOverlay = new Map(batch.resourceOverlay)
    for (let resource = 0; resource < batch.resources.count; resource++) {
      const { bytes, offset, end } = resourceRange(batch, resource)
      const out = new Writer(end - offset + 256)
      if (rewrite(out, bytes, offset, end, offset, end)) resourceOverlay.set(resource, out.finish())
    }
    return resourceOverlay.size === 0 ? batch : batch.with({ resourceOverlay })
  }
}
