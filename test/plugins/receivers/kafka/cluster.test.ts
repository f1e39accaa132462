import { setTimeout as sleep } from 'node:timers/promises'
import test from 'ava'
import { PipelineError } from '#core'
import { runPipeline, sampleLogs } from '#core/testing'
import { kafkaExporter } from '../../../../plugins/exporters/kafka/index.ts'
import { type ChdbFront, startChdbFront } from '../../../../src/testing/chdb-front.ts'
import { kafkaClient, ownBroker, withJava } from '../../../helpers/kafka-broker.ts'
import { startPipelineChild } from '../../../helpers/kafka-child.ts'

/*
 * Collector -> Kafka -> consumer -> the real ClickHouse engine, while the broker restarts and the
 * consumer is killed: what was acknowledged to the sender is stored once. The collector lives in
 * this process, so that its producer survives; see the exporter's README for its crash.
 */

let front: ChdbFront

test.before('start the engine', async () => {
  front = await startChdbFront()
})
test.after.always('stop the engine', () => front.close())

async function stored(): Promise<{ rows: number; bodies: Set<string> }> {
  const body = 'SELECT Body FROM otel_logs FORMAT TSV'
  const response = await fetch(front.url, { method: 'POST', body })
  const rows = response.ok ? (await response.text()).split('\n').filter(Boolean) : []
  return { rows: rows.length, bodies: new Set(rows) }
}

withJava(
  'through kills and a restart of the broker every acknowledged record is stored once',
  async t => {
    const broker = await ownBroker(t)
    await broker.start()
    const { brokers } = broker.addresses
    const admin = kafkaClient(brokers).admin()
    await admin.connect()
    await admin.createTopics({
      topics: [{ topic: 'logs', numPartitions: 3 }],
      waitForLeaders: false,
    })
    await admin.disconnect()
    const consumer = `
receivers:
  kafka: { brokers: ["${brokers}"], group_id: g, initial_offset: earliest, logs: { topics: [logs] },
    max_fetch_wait: 50ms, heartbeat_interval: 300ms, session_timeout: 2s,
    batch: { flush_timeout: 10ms }, error_backoff: { initial_interval: 50ms, max_interval: 500ms } }
exporters: { clickhouse: { endpoint: "${front.url}", sending_queue: { enabled: false } } }
service: { pipelines: { logs: { receivers: [kafka], exporters: [clickhouse] } } }
`
    const collector = await runPipeline(
      t,
      `exporters: { kafka: { brokers: ["${brokers}"], logs: { topic: logs }, timeout: 5s,
       sending_queue: { enabled: false } } }`,
      [kafkaExporter],
      { stopMs: 1000 },
    )
    const acknowledged = new Set<string>()
    let sent = 0
    const send = async (): Promise<void> => {
      const texts = Array.from({ length: 20 }, () => `record ${sent++}`)
      const batch = sampleLogs(texts)
      for (;;) {
        try {
          await collector.send(batch)
          break
        } catch (error) {
          if (!(error instanceof PipelineError) || !error.retryable) throw error
        }
      }
      for (const text of texts) acknowledged.add(text)
    }
    let child = await startPipelineChild(t, consumer)
    const sending = (async () => {
      for (let i = 0; i < 30; i++) {
        await send()
        await sleep(20)
      }
    })()
    await sleep(300)
    await child.kill()
    child = await startPipelineChild(t, consumer)
    await broker.kill()
    await broker.start()
    await sending
    await child.kill()
    child = await startPipelineChild(t, consumer)
    for (;;) {
      const { rows, bodies } = await stored()
      if ([...acknowledged].every(body => bodies.has(body))) {
        t.is(rows, bodies.size)
        t.is(bodies.size, 600)
        break
      }
      await sleep(100)
    }
  },
)
