import { randomBytes } from 'node:crypto'
import type { BatchContext } from '#core'

/** Ids of this process share a random part and count up: unique, and nearly free. */
const processPart = randomBytes(6).toString('hex')
let count = 0

const REQUEST_ID = /^[\x21-\x7e]{1,128}$/

/**
 * What is known of a request. The sender's own `x-request-id` is kept when it is a plain word, so
 * that its log lines and ours can be joined.
 */
export function batchContext(
  requestId: string | undefined,
  clientAddress: string,
  metadata: ReadonlyMap<string, readonly string[]> | undefined,
): BatchContext {
  const id =
    requestId !== undefined && REQUEST_ID.test(requestId)
      ? requestId
      : `${processPart}-${(count++).toString(36)}`
  return metadata === undefined
    ? { requestId: id, clientAddress }
    : { requestId: id, clientAddress, metadata }
}
