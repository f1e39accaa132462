import { createTestContext } from '#core/testing'
import { DeadLetters } from '../../../../plugins/receivers/kafka/dead-letters.ts'
import { kafkaReceiver } from '../../../../plugins/receivers/kafka/index.ts'
import { kafkaTest } from '../../../helpers/kafka-broker.ts'
import { kafkaMessage } from '../../../helpers/kafka-message.ts'
import { readTopic } from '../../../helpers/kafka-topic.ts'
import { configOf } from '../../../helpers/plugin-yaml.ts'

kafkaTest('a message is kept as it came, with where it came from', async (t, broker) => {
  const topic = await broker.createTopic()
  const config = configOf(kafkaReceiver, `brokers: ["${broker.brokers}"]`)
  const letters = new DeadLetters(topic, config, createTestContext('receiver', 'kafka'))
  t.teardown(() => letters.close())
  const headers = { twice: ['first', 'second'], none: undefined }
  const dead = [
    { message: kafkaMessage(5, 'bytes', headers), reason: 'x'.repeat(5000) },
    { message: kafkaMessage(6, null), reason: 'a bomb' },
    { message: kafkaMessage(7, 'some of several'), reason: 'refused', end: 10 },
  ]
  await letters.write({ topic: 'logs', partition: 3 }, dead)
  const [first, second, third] = await readTopic(t, broker, topic)
  t.is(String(first!.value), 'bytes')
  t.is(String(first!.headers!['twice']), 'first')
  t.is(first!.headers!['parsec.dead_letter.reason']!.length, 1000)
  t.is(String(first!.headers!['parsec.dead_letter.offset']), '5')
  t.is(String(first!.headers!['parsec.dead_letter.timestamp_ms']), '1700000000005')
  t.is(String(second!.headers!['parsec.dead_letter.reason']), 'a bomb')
  const ends = [first, second, third].map(one => one!.headers!['parsec.dead_letter.offset_end'])
  t.deepEqual(ends.map(String), ['undefined', 'undefined', '10'])
})
