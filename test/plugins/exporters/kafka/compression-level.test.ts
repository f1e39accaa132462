import test from 'ava'
import { kafkaExporter } from '../../../../plugins/exporters/kafka/index.ts'
import { createCodec } from '../../../../src/kafka/create-codec.ts'
import { type PipelineRun, runPipeline, sampleLogs } from '../../../../src/testing/index.ts'
import { kafkaTest, type SharedBroker, uniqueName } from '../../../helpers/kafka-broker.ts'
import { lines } from '../../../helpers/kafka-codec.ts'
import { readTopic } from '../../../helpers/kafka-topic.ts'
import { complaintsOf } from '../../../helpers/plugin-yaml.ts'

/* `producer::compression_params::level`, up to what a broker gets. */

test('levels of the Collector that mean the default are taken', t => {
  for (const yaml of [
    'producer: { compression: gzip, compression_params: { level: -1 } }',
    'producer: { compression: zstd, compression_params: { level: 0 } }',
    'producer: { compression: lz4, compression_params: {} }',
    'producer: { compression: gzip, compression_params: { level: 9 } }',
  ]) {
    t.deepEqual(complaintsOf(kafkaExporter, yaml), [], yaml)
  }
})

/** Of a topic that takes text packed at the highest level of zstd, and not at the lowest. */
async function tightTopic(broker: SharedBroker, text: Buffer): Promise<string> {
  const sizeAt = async (level: number): Promise<number> =>
    (await createCodec('zstd', level).compress(text)).length
  // What is around the text of a message takes far less.
  const limit = (await sizeAt(22)) + 2000
  if ((await sizeAt(1)) < limit) throw new Error('the levels do not differ enough')
  return await broker.createTopic({ config: { 'max.message.bytes': String(limit) } })
}

for (const how of ['sent', 'sent in a transaction']) {
  kafkaTest(`a level is kept by what is ${how}`, async (t, broker) => {
    const body = lines(12_000).toString().replaceAll('\n', ' ')
    const topic = await tightTopic(broker, Buffer.from(body))
    const start = (level: number): Promise<PipelineRun> => {
      const id = how === 'sent' ? '' : `transactional_id: ${uniqueName('tx')}, `
      const params = `compression: zstd, compression_params: { level: ${level} }`
      return runPipeline(
        t,
        `exporters: { kafka: { brokers: ["${broker.brokers}"], logs: { topic: ${topic}, encoding: raw },
         producer: { ${id}${params} }, timeout: 60s, sending_queue: { enabled: false } } }`,
        [kafkaExporter],
      )
    }
    const fast = await start(1)
    await t.throwsAsync(fast.send(sampleLogs([body])), { message: /the broker's limit lower/ })
    const small = await start(22)
    await t.notThrowsAsync(small.send(sampleLogs([body])))
    // The ends of transactions have offsets that no reader is given.
    if (how !== 'sent') return
    const [message] = await readTopic(t, broker, topic)
    t.true(message!.value!.includes(body))
  })
}
