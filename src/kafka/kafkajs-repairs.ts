import { crc32c } from '@node-rs/crc32'
import { withoutAborted } from './aborted-messages.ts'

/*
 * Faults of kafkajs 2.2.4 (the version is pinned) that are mended from outside. Each repair replaces
 * one function of one module in memory; when the module is not what is expected it is left alone.
 */

type Require = NodeJS.Require

/**
 * CRC32C of record batches is a table loop in JavaScript, 461 MB/s. MUST run before kafkajs is
 * loaded. False when that is too late, or the module is not there.
 */
export function useFastChecksum(require: Require): boolean {
  try {
    const name = require.resolve('kafkajs/src/protocol/recordBatch/crc32C')
    if (require.cache[require.resolve('kafkajs/src/protocol/recordBatch/v0')]) return false
    require(name)
    const module = require.cache[name]
    if (typeof module?.exports !== 'function') return false
    module.exports = (bytes: Buffer): number => crc32c(bytes)
    return true
  } catch {
    return false
  }
}

/**
 * A consumer must not see messages of transactions that were aborted. kafkajs passes over one begin
 * of such a transaction for each message, so that of two that have begun before it one is shown, and
 * it takes every message whose key is four zeros for the end of one. MUST run before kafkajs is
 * loaded. False when that is too late, or the module is not there.
 */
export function repairAbortedMessages(require: Require): boolean {
  try {
    const name = require.resolve('kafkajs/src/consumer/filterAbortedMessages')
    if (require.cache[require.resolve('kafkajs/src/consumer/batch')]) return false
    require(name)
    const module = require.cache[name]
    if (typeof module?.exports !== 'function') return false
    module.exports = withoutAborted
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
