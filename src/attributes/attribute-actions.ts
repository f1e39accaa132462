import type { BatchContext } from '../batch/batch.ts'
import type { Writer } from '../wire/writer.ts'
import { AttributeList } from './attribute-list.ts'
import { type AttributeAction, compileAction } from './compile-action.ts'
import type { AttributeActionConfig } from './config.ts'

/** Field numbers of the attributes. */
export const LOG_RECORD_ATTRIBUTES = 6
export const RESOURCE_ATTRIBUTES = 1

/**
 * A list of attribute actions, compiled for one kind of message. `forBatch` gives a function that
 * rewrites one message after the other, without allocating for the common actions.
 */
export class AttributeActions {
  readonly #list: AttributeList
  readonly #compiled: readonly ((context: BatchContext) => AttributeAction)[]

  /** `field`: LOG_RECORD_ATTRIBUTES or RESOURCE_ATTRIBUTES. */
  constructor(configs: readonly AttributeActionConfig[], field: number) {
    this.#list = new AttributeList(field)
    this.#compiled = configs.map(config => compileAction(config, field))
  }

  /**
   * The actions for one batch. MUST be used up before the next batch's are made: they share memory.
   */
  forBatch(context: BatchContext): MessageRewrite {
    const actions = this.#compiled.map(compiled => compiled(context))
    const list = this.#list
    return (out, bytes, offset, end, from, to) => {
      list.load(bytes, offset, end, from, to)
      for (const action of actions) action(list)
      if (list.changed) list.write(out)
      return list.changed
    }
  }
}

/**
 * Runs the actions on the message `bytes[offset..end]`, whose attributes lie in `from .. to`. True:
 * the new message was written; false: nothing changes, nothing was written.
 */
export type MessageRewrite = (
  out: Writer,
  bytes: Buffer,
  offset: number,
  end: number,
  from: number,
  to: number,
) => boolean
