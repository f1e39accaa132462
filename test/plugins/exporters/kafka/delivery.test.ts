import test from 'ava'
import { Delivery } from '../../../../plugins/exporters/kafka/delivery.ts'
import { kafkaExporter } from '../../../../plugins/exporters/kafka/index.ts'
import type { KafkaProducer, KafkaRecord } from '../../../../src/kafka/producer.ts'
import { PipelineError } from '../../../../src/plugin/pipeline-error.ts'
import { sampleLogs } from '../../../../src/testing/index.ts'
import { configOf } from '../../../helpers/plugin-yaml.ts'

/** A producer whose every request `answer` decides on; the real one is in exporter.test.ts. */
function producerThat(answer: (records: readonly KafkaRecord[]) => void): {
  producer: KafkaProducer
  requests: number[]
} {
  const requests: number[] = []
  const send = async (records: readonly KafkaRecord[]): Promise<void> => {
    requests.push(records.length)
    await Promise.resolve()
    answer(records)
  }
  return { producer: { send } as unknown as KafkaProducer, requests }
}

const config = configOf(
  kafkaExporter,
  '{ logs: { encoding: raw }, producer: { max_message_bytes: 150 } }',
)
const batch = sampleLogs(['x'.repeat(40), 'y'.repeat(40), 'z'.repeat(40), 'w'.repeat(40)])

test('what the broker has confirmed is not sent again', async t => {
  let failures = 1
  const { producer, requests } = producerThat(([first]) => {
    if (String(first!.value).includes('w') && failures-- > 0) throw PipelineError.retryable('down')
  })
  const delivery = new Delivery(batch, config)
  await t.throwsAsync(delivery.run(producer), { message: 'down' })
  await delivery.run(producer)
  t.deepEqual(requests, [3, 1, 1])
})

test('an attempt that still runs is joined', async t => {
  const { producer, requests } = producerThat(() => undefined)
  const delivery = new Delivery(batch, config)
  await Promise.all([delivery.run(producer), delivery.run(producer)])
  t.deepEqual(requests, [3, 1])
})

test('a request refused as too large goes one by one; a single record is set aside', async t => {
  const tooLarge = PipelineError.permanent('large', { reason: 'message_too_large' })
  const { producer } = producerThat(records => {
    if (records.some(({ value }) => String(value).includes('y'))) throw tooLarge
  })
  const delivery = new Delivery(batch, config)
  await delivery.run(producer)
  t.deepEqual(
    delivery.refusals.map(({ records, error }) => [records.row(0), error.reason]),
    [[1, 'message_too_large']],
  )
})

test('after a request that was refused for good there is a message a request', async t => {
  const { producer, requests } = producerThat(records => {
    if (records.length > 1) throw PipelineError.permanent('large', { reason: 'message_too_large' })
  })
  const many = sampleLogs(Array.from({ length: 7 }, (_, i) => `${i}`.repeat(40)))
  await new Delivery(many, config).run(producer)
  t.deepEqual(requests, [3, 1, 1, 1, 1, 1, 1, 1])
})

test('any other refusal for good sets the records of the message aside', async t => {
  const { producer } = producerThat(records => {
    if (records.length > 1 || String(records[0]!.value).includes('z')) {
      throw PipelineError.permanent('no', { reason: 'rejected' })
    }
  })
  const delivery = new Delivery(batch, config)
  await delivery.run(producer)
  t.deepEqual(
    delivery.refusals.map(({ records, error }) => [records.row(0), error.message]),
    [[2, 'no']],
  )
})
