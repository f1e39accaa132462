import test from 'ava'
import { decodeLogs, PipelineError } from '#core'
import { bodiesOf, sampleLogs } from '#core/testing'
import { refusedMessages } from '../../../../plugins/receivers/kafka/refused-messages.ts'
import { kafkaMessage } from '../../../helpers/kafka-message.ts'

const MESSAGES = [3, 5].map(offset => kafkaMessage(offset, 'as it came'))

/** A refusal of the records of these bodies. */
function refusalOf(bodies: readonly string[]): PipelineError {
  const error = PipelineError.permanent('too old')
  const records = sampleLogs(bodies)
  const parts = [{ records, origin: 'origin', error }]
  return PipelineError.permanent('refused', { rejected: { count: records.count, parts } })
}

test('a whole batch is its messages as they came', t => {
  const dead = refusedMessages(MESSAGES, PipelineError.permanent('never'))
  t.deepEqual(
    dead,
    MESSAGES.map(message => ({ message, reason: 'never' })),
  )
})

test('some of its records are a message of their own', t => {
  const [one, ...others] = refusedMessages(MESSAGES, refusalOf(['a', 'b']))
  t.deepEqual(others, [])
  t.like(one, { reason: 'too old', end: 6 })
  t.deepEqual(one!.message.value, sampleLogs(['a', 'b']).bytes)
})

test('more of them than a message can be are several, in order', t => {
  const bodies = Array.from({ length: 7 }, (_, i) => `${i}`.padEnd(400_000, ' '))
  const dead = refusedMessages(MESSAGES, refusalOf([...bodies, 'x'.repeat(1_000_000)]))
  const values = dead.map(({ message }) => message.value!)
  t.true(values.slice(0, -1).every(value => value.length <= 900_000))
  const read = values.flatMap(value => bodiesOf(decodeLogs(value, { requestId: 'test' }).batch))
  t.deepEqual(
    read.map(body => body[0]),
    ['0', '1', '2', '3', '4', '5', '6', 'x'],
  )
})
