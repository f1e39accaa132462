import test from 'ava'
import { kafkaExporter } from '../../../../plugins/exporters/kafka/index.ts'
import { TransactionalDelivery } from '../../../../plugins/exporters/kafka/transactional-delivery.ts'
import type { KafkaRecord } from '../../../../src/kafka/producer.ts'
import type { TransactionalProducer } from '../../../../src/kafka/transactional-producer.ts'
import { PipelineError } from '../../../../src/plugin/pipeline-error.ts'
import { sampleLogs } from '../../../../src/testing/index.ts'
import { configOf } from '../../../helpers/plugin-yaml.ts'

type Answer = (records: readonly KafkaRecord[]) => void

/** A producer whose every request `answer` decides on; the real one is in sender.test.ts. */
function producerThat(
  answer: Answer,
  known: ReadonlySet<string> = new Set(),
): { producer: TransactionalProducer; requests: number[]; committed: string[] } {
  const requests: number[] = []
  const committed: string[] = []
  const send = async (records: readonly KafkaRecord[]): Promise<void> => {
    requests.push(records.length)
    await Promise.resolve()
    answer(records)
  }
  const transact: TransactionalProducer['transact'] = async (identity, work) => {
    if (known.has(identity)) return 'before'
    await work(send)
    committed.push(identity)
    return 'now'
  }
  return { producer: { transact } as TransactionalProducer, requests, committed }
}

const config = configOf(
  kafkaExporter,
  '{ logs: { encoding: raw }, producer: { max_message_bytes: 150 } }',
)
const batch = sampleLogs(['x', 'y', 'z', 'w'].map(text => text.repeat(40))).with({
  origin: 'queue/1',
})

function refuse(text: string, error: PipelineError): Answer {
  return records => {
    if (records.some(({ value }) => String(value).includes(text))) throw error
  }
}

test('a repetition begins from the start, since nothing of the first is there', async t => {
  let failures = 1
  const { producer, requests } = producerThat(records => {
    if (failures > 0) refuse('w', PipelineError.retryable('down'))(records)
  })
  const delivery = new TransactionalDelivery(batch, config)
  await t.throwsAsync(delivery.run(producer), { message: 'down' })
  failures--
  t.is(await delivery.run(producer), 'now')
  t.deepEqual(requests, [3, 1, 3, 1])
})

test('an attempt that still runs, or has ended while nobody waited, is joined', async t => {
  const { producer, committed } = producerThat(() => undefined)
  const delivery = new TransactionalDelivery(batch, config)
  await Promise.all([delivery.run(producer), delivery.run(producer)])
  await delivery.run(producer)
  t.deepEqual(committed, ['queue/1'])
})

test('a record that the broker refuses is set aside, and the rest committed', async t => {
  const error = PipelineError.permanent('no', { reason: 'rejected' })
  const { producer, committed } = producerThat(refuse('y', error))
  const delivery = new TransactionalDelivery(batch, config)
  t.is(await delivery.run(producer), 'now')
  t.deepEqual(
    delivery.refusals.map(({ records, error }) => [records.row(0), error.message]),
    [[1, 'no']],
  )
  t.deepEqual(committed, ['queue/1/refused'])
})

test('after a crash what was refused is found again, and the rest known', async t => {
  const error = PipelineError.permanent('large', { reason: 'message_too_large' })
  const { producer, committed } = producerThat(refuse('z', error), new Set(['queue/1/refused']))
  const delivery = new TransactionalDelivery(batch, config)
  t.is(await delivery.run(producer), 'before')
  t.deepEqual(
    delivery.refusals.map(({ records }) => records.row(0)),
    [2],
  )
  t.deepEqual(committed, [])
})
