import test from 'ava'
import type { Sender } from '../../../../plugins/exporters/kafka/sender.ts'
import { SenderPerQueue } from '../../../../plugins/exporters/kafka/sender-per-queue.ts'
import { sampleLogs } from '../../../../src/testing/index.ts'
import { kafkaClient } from '../../../helpers/kafka-broker.ts'

function perQueue(): { sender: SenderPerQueue; events: string[] } {
  const events: string[] = []
  const create = (queueId: string): Sender => ({
    connect: async () => undefined,
    begin: ({ count }) => {
      events.push(`${queueId}: ${count}`)
      return { refusals: [], run: async () => undefined }
    },
    close: async () => {
      events.push(`${queueId} closed`)
    },
  })
  return { sender: new SenderPerQueue(kafkaClient('127.0.0.1:1'), create), events }
}

test('each queue has a sender of its own, which is used again', async t => {
  const { sender, events } = perQueue()
  for (const queueId of ['a', 'b', 'a']) {
    sender.begin(sampleLogs(['x'], { requestId: 'r', queueId }))
  }
  await sender.close()
  t.deepEqual(events, ['a: 1', 'b: 1', 'a: 1', 'a closed', 'b closed'])
})

test('what comes from no queue goes under one name that no other process has', t => {
  const first = perQueue()
  const second = perQueue()
  for (const { sender } of [first, first, second]) sender.begin(sampleLogs(['x']))
  t.regex(first.events[0]!, /^[0-9a-f]{16}: 1$/)
  t.is(first.events[1], first.events[0])
  t.not(second.events[0], first.events[0])
})

test('it connects to a broker before it knows any queue', async t => {
  await t.throwsAsync(perQueue().sender.connect(), { message: /cluster id/ })
})
