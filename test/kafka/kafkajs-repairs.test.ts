import { createRequire } from 'node:module'
import test from 'ava'
import { withoutAborted } from '../../src/kafka/aborted-messages.ts'
import '../../src/kafka/kafkajs.ts'
import {
  repairAbortedMessages,
  repairRequestQueue,
  useOwnDecoder,
  useOwnEncoders,
} from '../../src/kafka/kafkajs-repairs.ts'
import { fetchedMessages } from '../../src/kafka/protocol/fetched-messages.ts'
import { produceRequest } from '../../src/kafka/protocol/produce-request.ts'
import { frameRequest } from '../../src/kafka/protocol/request-frame.ts'

const require = createRequire(import.meta.url)

test('record batches are encoded and read by our own code', t => {
  t.is(require('kafkajs/src/protocol/requests/produce/v3/request'), produceRequest)
  t.is(require('kafkajs/src/protocol/request'), frameRequest)
  t.is(require('kafkajs/src/protocol/requests/fetch/v4/decodeMessages'), fetchedMessages)
})

test('once what uses them is loaded it is too late, and no error', t => {
  require('kafkajs/src/network/connection')
  t.false(useOwnEncoders(require))
  require('kafkajs/src/protocol/requests/fetch/v11/response')
  t.false(useOwnDecoder(require))
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
  t.false(useOwnEncoders(nothing))
  t.false(useOwnDecoder(nothing))
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
