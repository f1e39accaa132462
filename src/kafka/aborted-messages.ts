/** A message as kafkajs has it in a fetch, control records included. */
export interface FetchedMessage {
  readonly offset: string
  readonly isControlRecord: boolean
  readonly batchContext?:
    | { readonly producerId: string; readonly inTransaction: boolean }
    | undefined
}

/** From here on the messages of a producer's transaction are void, up to its end. */
export interface AbortedTransaction {
  readonly producerId: string
  readonly firstOffset: string
}

/**
 * The messages of a fetch, in order, but those of aborted transactions. `abortedTransactions` are
 * those of which there may be messages in it, in any order.
 */
export function withoutAborted<M extends FetchedMessage>(fetched: {
  readonly messages: M[]
  readonly abortedTransactions?: readonly AbortedTransaction[] | null
}): M[] {
  const { messages, abortedTransactions } = fetched
  if (!abortedTransactions?.length) return messages
  const begins = abortedTransactions
    .map(({ producerId, firstOffset }) => ({ producerId, offset: Number(firstOffset) }))
    .sort((a, b) => a.offset - b.offset)
  const aborted = new Set<string>()
  let next = 0
  return messages.filter(({ offset, isControlRecord, batchContext }) => {
    // Messages of before Kafka 0.11 know of no transactions.
    if (batchContext === undefined) return true
    const { producerId, inTransaction } = batchContext
    for (; next < begins.length && begins[next]!.offset <= Number(offset); next++) {
      aborted.add(begins[next]!.producerId)
    }
    if (!isControlRecord) return !inTransaction || !aborted.has(producerId)
    // Whatever it says: a producer has one transaction at a time, and this is its end.
    aborted.delete(producerId)
    return true
  })
}
