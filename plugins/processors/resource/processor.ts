import {
  AttributeActions,
  type Consumer,
  type LogBatch,
  type Processor,
  RESOURCE_ATTRIBUTES,
  resourceRange,
  Writer,
} from '#core'
import type { ResourceProcessorConfig } from './config.ts'

/** Runs the actions on the attributes of every resource: once per resource, not per record. */
export class ResourceProcessor implements Processor {
  readonly #actions: AttributeActions
  readonly #next: Consumer

  constructor(config: ResourceProcessorConfig, next: Consumer) {
    this.#actions = new AttributeActions(config.attributes, RESOURCE_ATTRIBUTES)
    this.#next = next
  }

  async consume(batch: LogBatch, signal: AbortSignal): Promise<void> {
    await this.#next.consume(this.#process(batch), signal)
  }

  #process(batch: LogBatch): LogBatch {
    const actions = this.#actions.forBatch(batch.context)
    const out = new Writer(1024)
    const changed: { resource: number; start: number; stop: number }[] = []
    for (let resource = 0; resource < batch.resources.count; resource++) {
      const { bytes, offset, end } = resourceRange(batch, resource)
      const start = out.pos
      if (actions(out, bytes, offset, end, offset, end)) {
        changed.push({ resource, start, stop: out.pos })
      }
    }
    if (changed.length === 0) return batch
    const written = out.finish()
    const resourceOverlay = new Map(batch.resourceOverlay)
    for (const { resource, start, stop } of changed) {
      resourceOverlay.set(resource, written.subarray(start, stop))
    }
    return batch.with({ resourceOverlay })
  }
}
