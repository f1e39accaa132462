import { readFileSync } from 'node:fs'
import { kafkaExporter } from '../../../../plugins/exporters/kafka/index.ts'
import type { LogBatch } from '../../../../src/batch/log-batch.ts'
import { decodeLogsJson } from '../../../../src/otlp/decode-logs-json.ts'
import { encodeLogsJson } from '../../../../src/otlp/encode-logs-json.ts'
import { runPipeline } from '../../../../src/testing/index.ts'
import { kafkaTest } from '../../../helpers/kafka-broker.ts'
import { consume } from '../../../helpers/kafka-consume.ts'
import { readTopic, sendMessages } from '../../../helpers/kafka-topic.ts'
import { until } from '../../../helpers/until.ts'

/*
 * Messages that a real OpenTelemetry Collector has written, and ours as a real Collector has read
 * them: kept by `npm run test:collector -- --record` (test/collector).
 */

const ENCODINGS = ['otlp_proto', 'otlp_json'] as const

interface Recorded {
  /** In base64, as the value. */
  readonly key: string | null
  readonly headers: Readonly<Record<string, string>>
  readonly value: string
}

function recorded(writer: 'collector' | 'parsec', encoding: string): readonly Recorded[] {
  const file = `test/fixtures/kafka/${writer}-${encoding}.json`
  return JSON.parse(readFileSync(file, 'utf8')) as Recorded[]
}

function sentLogs(): LogBatch {
  return decodeLogsJson(readFileSync('test/collector/logs.json'), { requestId: 'test' }).batch
}

for (const encoding of ENCODINGS) {
  kafkaTest(`${encoding} of a Collector is read with every field`, async (t, broker) => {
    const topic = await broker.createTopic()
    const messages = recorded('collector', encoding).map(({ key, headers, value }) => ({
      key: key === null ? null : Buffer.from(key, 'base64'),
      headers,
      value: Buffer.from(value, 'base64'),
    }))
    await sendMessages(broker, topic, messages)
    const keys = `logs: { topics: ["${topic}"], encoding: ${encoding} }`
    const run = await consume(t, broker, { topic, keys })
    await until(() => run.sink().count === 3)
    const [batch] = run.sink().batches
    t.deepEqual(JSON.parse(encodeLogsJson(batch!)), JSON.parse(encodeLogsJson(sentLogs())))
  })

  kafkaTest(`${encoding} of ours is still as a Collector has read it`, async (t, broker) => {
    const topic = await broker.createTopic()
    const run = await runPipeline(
      t,
      `exporters: { kafka: { brokers: ["${broker.brokers}"], logs: { topic: ${topic}, encoding: ${encoding} },
         sending_queue: { enabled: false } } }`,
      [kafkaExporter],
    )
    await run.send(sentLogs())
    const messages = (await readTopic(t, broker, topic)).map(({ key, headers, value }) => ({
      key: key?.toString('base64') ?? null,
      headers: Object.fromEntries(
        Object.entries(headers ?? {}).map(([name, header]) => [name, String(header)]),
      ),
      value: value?.toString('base64'),
    }))
    t.deepEqual(messages, recorded('parsec', encoding))
  })
}
