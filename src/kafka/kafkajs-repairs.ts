import { withoutAborted } from './aborted-messages.ts'
import { fetchedMessages } from './protocol/fetched-messages.ts'
import { produceRequest } from './protocol/produce-request.ts'
import { frameRequest } from './protocol/request-frame.ts'

/*
 * Faults of kafkajs 2.2.4 (the version is pinned) that are mended from outside. Each repair replaces
 * one function of one module in memory; when the module is not what is expected it is left alone.
 */

type Require = NodeJS.Require

/**
 * A consumer must not see messages of transactions that were aborted. kafkajs passes over one begin
 * of such a transaction for each message, so that of two that have begun before it one is shown, and
 * it takes every message whose key is four zeros for the end of one. MUST run before kafkajs is
 * loaded. False when that is too late, or the module is not there.
 */
export function repairAbortedMessages(require: Require): boolean {
  return replaced(require, 'consumer/filterAbortedMessages', 'consumer/batch', withoutAborted)
}

/**
 * kafkajs encodes inside out: each level is a buffer that is cleared, grown by doubling and copied
 * into the next, so that a value is copied seven times. Ours copy it once into its batch, and the
 * batch once into the request. MUST run before kafkajs is loaded. False when that is too late, or a
 * module is not there.
 */
export function useOwnEncoders(require: Require): boolean {
  // The frame first: it takes bodies of both kinds.
  return (
    replaced(require, 'protocol/request', 'network/connection', frameRequest) &&
    replaced(
      require,
      'protocol/requests/produce/v3/request',
      'protocol/requests/produce/v4/request',
      produceRequest,
    )
  )
}

/**
 * kafkajs makes eight objects of a message, counts its offset as text, believes any checksum, fails
 * the fetch of all partitions of a broker when one batch cannot be read, and overflows the stack over
 * about 100,000 messages. MUST run before kafkajs is loaded. False when that is too late, or the module
 * is not there.
 */
export function useOwnDecoder(require: Require): boolean {
  const versions = 'protocol/requests/fetch'
  return replaced(
    require,
    `${versions}/v4/decodeMessages`,
    `${versions}/v11/response`,
    fetchedMessages,
  )
}

/** Puts a function in the place of a module's, unless `user`, which keeps it, is loaded already. */
function replaced(require: Require, module: string, user: string, own: unknown): boolean {
  try {
    const name = require.resolve(`kafkajs/src/${module}`)
    if (require.cache[require.resolve(`kafkajs/src/${user}`)]) return false
    require(name)
    const loaded = require.cache[name]
    if (typeof loaded?.exports !== 'function') return false
    loaded.exports = own
    return true
  } catch {
    return false
  }
}

interface RequestQueue {
  readonly pending: readonly unknown[]
}

interface RequestQueuePrototype {
  scheduleCheckPendingRequests: (this: RequestQueue) => void
}

/**
 * After every answer kafkajs sets a timer to look at its pending requests, also when there are
 * none: with a negative time, which newer Node warns of (#1751) and fires after 1 ms, so that an idle
 * connection wakes a thousand times a second (#1604). The repair sets it only for what is pending.
 */
export function repairRequestQueue(require: Require): boolean {
  try {
    const { prototype } = require('kafkajs/src/network/requestQueue') as {
      readonly prototype: RequestQueuePrototype
    }
    const original = prototype.scheduleCheckPendingRequests
    if (typeof original !== 'function') return false
    prototype.scheduleCheckPendingRequests = function (this: RequestQueue): void {
      if (this.pending.length > 0) original.call(this)
    }
    return true
  } catch {
    return false
  }
}
