import type { ExecutionContext } from 'ava'
import { kafkaExporter } from '../../../../plugins/exporters/kafka/index.ts'
import { runPipeline, sampleLogs } from '../../../../src/testing/index.ts'
import { kafkaTest, type SharedBroker, uniqueName } from '../../../helpers/kafka-broker.ts'
import { readCommitted } from '../../../helpers/kafka-topic.ts'
import { tempFolder } from '../../../helpers/temp-folder.ts'
import { type Moment, startTransactionChild } from '../../../helpers/transaction-child.ts'

interface Options {
  readonly topic: string
  readonly id?: string
  /** Further keys of the exporter, in YAML flow style. */
  readonly keys: string
}

function exporterYaml({ brokers }: SharedBroker, { topic, id, keys }: Options): string {
  return `exporters: { kafka: { brokers: ["${brokers}"], logs: { topic: ${topic}, encoding: raw },
    producer: { transactional_id: ${id ?? uniqueName('tx')}, compression: none }, timeout: 30s,
    retry_on_failure: { initial_interval: 100ms, max_interval: 500ms }, ${keys} } }`
}

async function bodies(
  t: ExecutionContext,
  broker: SharedBroker,
  topic: string,
  options: { readonly readUncommitted?: boolean } = {},
): Promise<string[]> {
  const messages = await readCommitted(t, broker, topic, options)
  return messages.map(({ value }) => JSON.parse(String(value)) as string)
}

for (const moment of ['after commit', 'before commit'] as const) {
  kafkaTest(
    `a process killed ${moment} and its successor write every record once`,
    async (t, broker) => {
      const topic = await broker.createTopic({ partitions: 2 })
      const directory = await tempFolder(t)
      const keys = `sending_queue: { storage: file, directory: ${directory} }`
      const id = moment === 'after commit' ? 'auto' : uniqueName('tx')
      const yaml = exporterYaml(broker, { topic, id, keys })
      const acknowledged: string[] = []
      let sent = 0
      const moments: readonly Moment[] = [moment, 'never']
      let recognised = 0
      for (const dies of moments) {
        const child = await startTransactionChild(t, yaml, dies)
        const sends = Array.from({ length: 20 }, async () => {
          const text = `record ${sent++}`
          if (await child.send(text)) acknowledged.push(text)
        })
        await Promise.all(sends)
        if (dies === 'never') recognised = await child.idle()
        else await child.died
      }
      const found = await bodies(t, broker, topic)
      t.is(found.length, new Set(found).size)
      t.deepEqual(
        acknowledged.filter(text => !found.includes(text)),
        [],
      )
      // That it was this moment, and no other.
      if (moment === 'after commit') t.true(recognised >= 1)
      else {
        const written = await bodies(t, broker, topic, { readUncommitted: true })
        t.true(written.length > found.length)
      }
    },
  )
}

kafkaTest(
  'what the broker refuses is cut or given up; all else is written once',
  async (t, broker) => {
    const topic = await broker.createTopic({
      partitions: 3,
      config: { 'max.message.bytes': '2000' },
    })
    const run = await runPipeline(
      t,
      exporterYaml(broker, { topic, keys: 'sending_queue: { enabled: false }' }),
      [kafkaExporter],
    )
    const texts = Array.from(
      { length: 30 },
      (_, i) => `${i} ${'x'.repeat(i % 10 === 7 ? 3000 : 50)}`,
    )
    const error = await t.throwsAsync(run.send(sampleLogs(texts)), {
      message: /one log record makes a message/,
    })
    t.like(error, { retryable: false, rejected: { count: 3 } })
    const found = await bodies(t, broker, topic)
    t.deepEqual(found.sort(), texts.filter(text => text.length < 100).sort())
  },
)

kafkaTest(
  'a message larger than the limit of the broker is cut in the same way',
  async (t, broker) => {
    const topic = await broker.createTopic({ config: { 'max.message.bytes': '2000' } })
    const yaml = exporterYaml(broker, { topic, keys: 'sending_queue: { enabled: false }' })
    const run = await runPipeline(t, yaml.replace('raw', 'otlp_json'), [kafkaExporter])
    await run.send(sampleLogs(Array.from({ length: 40 }, (_, i) => `${i} ${'x'.repeat(200)}`)))
    const messages = await readCommitted(t, broker, topic)
    const found = messages.flatMap(({ value }) => String(value).match(/"\d+ x{200}"/g) ?? [])
    t.is(new Set(found).size, 40)
    t.is(found.length, 40)
  },
)
