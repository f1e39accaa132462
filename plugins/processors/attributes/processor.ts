import {
  AttributeActions,
  type Consumer,
  LOG_RECORD_ATTRIBUTES,
  type LogBatch,
  type LogCursor,
  type Processor,
  rewriteLogs,
  type Writer,
} from '#core'
import type { AttributesProcessorConfig } from './config.ts'
import { type RecordMatcher, recordMatcher } from './record-matcher.ts'

/**
 * Runs the actions on the attributes of every record that is selected. A record that they do not
 * change stays a byte range of what came in.
 */
export class AttributesProcessor implements Processor {
  readonly #actions: AttributeActions
  readonly #include: (() => RecordMatcher) | undefined
  readonly #exclude: (() => RecordMatcher) | undefined
  readonly #next: Consumer

  constructor(config: AttributesProcessorConfig, next: Consumer) {
    this.#actions = new AttributeActions(config.actions, LOG_RECORD_ATTRIBUTES)
    this.#include = config.include && recordMatcher(config.include)
    this.#exclude = config.exclude && recordMatcher(config.exclude)
    this.#next = next
  }

  async consume(batch: LogBatch, signal: AbortSignal): Promise<void> {
    await this.#next.consume(this.#process(batch), signal)
  }

  #process(batch: LogBatch): LogBatch {
    const actions = this.#actions.forBatch(batch.context)
    const include = this.#include?.()
    const exclude = this.#exclude?.()
    const act = (row: LogCursor, out: Writer): boolean => {
      const { columns, index } = row
      return actions(
        out,
        row.bytes,
        columns.offset[index]!,
        columns.end[index]!,
        columns.attributesOffset[index]!,
        columns.attributesEnd[index]!,
      )
    }
    if (include === undefined && exclude === undefined) return rewriteLogs(batch, act)
    return rewriteLogs(batch, (row, out) => {
      if (include !== undefined && !include(row)) return false
      if (exclude?.(row) === true) return false
      return act(row, out)
    })
  }
}
