import type { BatchContext } from './batch.ts'

/**
 * The context of several batches in one. One sender's is kept whole; several senders differ in
 * address and metadata, so only the way back to the first one's log lines, and its time, are kept.
 */
export function mergedContext(contexts: readonly BatchContext[]): BatchContext {
  const [first] = contexts
  const ids = new Set(contexts.map(context => context.requestId))
  if (first === undefined) return { requestId: '' }
  if (ids.size === 1) return first
  const { receivedAtUnixMs, queueId } = first
  return {
    requestId: `${first.requestId}+${ids.size - 1}`,
    ...(receivedAtUnixMs === undefined ? {} : { receivedAtUnixMs }),
    // A queue joins only what is its own.
    ...(queueId === undefined ? {} : { queueId }),
  }
}
