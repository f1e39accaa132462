import {
  AttributeActions,
  type BatchContext,
  type LogBatch,
  RESOURCE_ATTRIBUTES,
  resourceRange,
  Writer,
} from '#core'
import type { KafkaMessage, TopicPartition } from '#core/kafka'

/**
 * Where messages of a partition came from and the headers they have in common, as request metadata
 * of their records; the first of them, and there MUST be one, gives the offset.
 */
export function rangeContext(
  { topic, partition }: TopicPartition,
  messages: readonly KafkaMessage[],
): BatchContext {
  const { offset, headers } = messages[0]!
  const metadata = new Map<string, readonly string[]>([
    ['kafka.topic', [topic]],
    ['kafka.partition', [String(partition)]],
    ['kafka.offset', [String(offset)]],
  ])
  for (const [name, value] of Object.entries(headers)) {
    const isCommon = messages.every(message => isSameHeader(message.headers, name, value))
    if (value !== undefined && isCommon) metadata.set(name.toLowerCase(), textsOf(value))
  }
  const others = messages.length > 1 ? `+${messages.length - 1}` : ''
  return { requestId: `${topic}/${partition}/${offset}${others}`, metadata }
}

type Headers = KafkaMessage['headers']

function isSameHeader(headers: Headers, name: string, value: Headers[string]): boolean {
  const other = headers[name] ?? headerNamed(headers, name.toLowerCase())
  if (other === undefined || value === undefined) return other === value
  return String(textsOf(other)) === String(textsOf(value))
}

/** Names of headers count whatever their case. */
function headerNamed(headers: Headers, lowerCaseName: string): Headers[string] {
  const entry = Object.entries(headers).find(([name]) => name.toLowerCase() === lowerCaseName)
  return entry?.[1]
}

function textsOf(value: NonNullable<Headers[string]>): readonly string[] {
  return [value].flat().map(String)
}

/** Adds headers, from the context of a batch, to all its resources as `kafka.header.NAME`. */
export class HeaderAttributes {
  readonly #names: readonly string[]
  readonly #actions: AttributeActions

  constructor(names: readonly string[]) {
    this.#names = names
    const configs = names.map(name => ({
      key: `kafka.header.${name}`,
      action: 'upsert' as const,
      from_context: `metadata.${name.toLowerCase()}`,
    }))
    this.#actions = new AttributeActions(configs, RESOURCE_ATTRIBUTES)
  }

  /** Index behind the last message, from `start` on, whose headers are those of the one there. */
  runEnd(messages: readonly KafkaMessage[], start: number): number {
    const values = this.#names.map(name =>
      headerNamed(messages[start]!.headers, name.toLowerCase()),
    )
    let end = start + 1
    while (
      end < messages.length &&
      this.#names.every((name, i) => isSameHeader(messages[end]!.headers, name, values[i]))
    ) {
      end++
    }
    return end
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
