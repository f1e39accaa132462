import { createRequire } from 'node:module'
import test from 'ava'
import { withoutAborted } from '../../src/kafka/aborted-messages.ts'
import '../../src/kafka/kafkajs.ts'
import {
  repairAbortedMessages,
  repairRequestQueue,
  useFastChecksum,
} from '../../src/kafka/kafkajs-repairs.ts'

const require = createRequire(import.meta.url)

test('the checksum of record batches is CRC32C by the fast package', t => {
  const crc32C = require('kafkajs/src/protocol/recordBatch/crc32C') as (bytes: Buffer) => number
  const original = require('kafkajs/src/protocol/recordBatch/crc32C/crc32C') as typeof crc32C
  t.not(crc32C.toString(), original.toString())
  for (const text of ['', '123456789', 'x'.repeat(1000)]) {
    t.is(crc32C(Buffer.from(text)), original(Buffer.from(text)))
  }
})

test('once record batches are loaded it is too late for the checksum, and no error', t => {
  require('kafkajs/src/protocol/recordBatch/v0')
  t.false(useFastChecksum(require))
})

test('messages of aborted transactions are hidden by our own rule', t => {
  t.is(require('kafkajs/src/consumer/filterAbortedMessages'), withoutAborted)
  require('kafkajs/src/consumer/batch')
  t.false(repairAbortedMessages(require))
})

test('what is not there is left alone', t => {
  const nothing = Object.assign(() => ({ prototype: {} }), {
    resolve: () => {
      throw new Error('not found')
    },
  }) as unknown as NodeJS.Require
  t.false(useFastChecksum(nothing))
  t.false(repairAbortedMessages(nothing))
  t.false(repairRequestQueue(nothing))
})

interface Queue {
  readonly pending: unknown[]
  throttleCheckTimeoutId: unknown
  scheduleCheckPendingRequests(): void
  destroy(): void
}

test('a queue with nothing pending sets no timer', t => {
  const RequestQueue = require('kafkajs/src/network/requestQueue') as new (options: object) => Queue
  const queue = new RequestQueue({ logger: { debug: () => undefined } })
  queue.scheduleCheckPendingRequests()
  t.is(queue.throttleCheckTimeoutId, null)
  queue.pending.push({})
  queue.scheduleCheckPendingRequests()
  t.not(queue.throttleCheckTimeoutId, null)
  queue.destroy()
})
