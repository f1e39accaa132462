import { randomBytes } from 'node:crypto'
import type { IncomingHttpHeaders } from 'node:http'
import type { BatchContext } from '../batch/batch.ts'
import type { Identity } from '../batch/sender-identity.ts'

/** Ids of this process share a random part and count up: unique, and nearly free. */
const processPart = randomBytes(6).toString('hex')
let count = 0

const REQUEST_ID = /^[\x21-\x7e]{1,128}$/

/**
 * The name of a request in every log line about it: the sender's own `x-request-id` when it is a
 * plain word, so that its log lines and ours can be joined, else a new one.
 */
export function requestIdOf(header: string | readonly string[] | undefined): string {
  return typeof header === 'string' && REQUEST_ID.test(header)
    ? header
    : `${processPart}-${(count++).toString(36)}`
}

/** What is known of a request. */
export function batchContext(
  requestId: string | undefined,
  clientAddress: string,
  metadata: ReadonlyMap<string, readonly string[]> | undefined,
  identity?: Identity,
): BatchContext {
  return {
    requestId: requestIdOf(requestId),
    clientAddress,
    ...(metadata === undefined ? {} : { metadata }),
    ...(identity === undefined ? {} : { identity }),
  }
}

/** Request headers as a batch carries them. */
export function headerMetadata(
  headers: IncomingHttpHeaders,
): ReadonlyMap<string, readonly string[]> {
  const metadata = new Map<string, readonly string[]>()
  for (const [name, value] of Object.entries(headers)) {
    if (value !== undefined) metadata.set(name, [value].flat())
  }
  return metadata
}
