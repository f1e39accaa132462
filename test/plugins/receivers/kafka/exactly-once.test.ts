import { setTimeout as sleep } from 'node:timers/promises'
import test from 'ava'
import type { Message } from 'kafkajs'
import { sampleLogs } from '#core/testing'
import { type ChdbFront, startChdbFront } from '../../../../src/testing/chdb-front.ts'
import { kafkaTest, type SharedBroker, uniqueName } from '../../../helpers/kafka-broker.ts'
import { type PipelineChild, startPipelineChild } from '../../../helpers/kafka-child.ts'
import {
  committedOffset,
  sendInTransaction,
  sendMessages,
  topicSize,
} from '../../../helpers/kafka-topic.ts'
import { until } from '../../../helpers/until.ts'

/*
 * Kafka -> Parsec, killed -> the real ClickHouse engine: every record once. The engine lives in this
 * process, so only the consumer dies.
 */

let front: ChdbFront

test.before('start the engine', async () => {
  front = await startChdbFront()
})
test.after.always('stop the engine', () => front.close())

function consumerYaml({ brokers }: SharedBroker, topic: string, group: string): string {
  return `
receivers:
  kafka:
    brokers: ["${brokers}"]
    group_id: ${group}
    initial_offset: earliest
    max_fetch_wait: 50ms
    heartbeat_interval: 300ms
    session_timeout: 2s
    batch: { flush_timeout: 10ms, max_size: 20000 }
    error_backoff: { initial_interval: 50ms, max_interval: 200ms }
    logs: { topics: ["${topic}"] }
exporters:
  clickhouse:
    endpoint: ${front.url}
    logs_table_name: ${tableOf(topic)}
    sending_queue: { enabled: false }
    retry_on_failure: { initial_interval: 50ms }
service:
  pipelines: { logs: { receivers: [kafka], exporters: [clickhouse] } }
`
}

function tableOf(topic: string): string {
  return topic.replaceAll('-', '_')
}

async function stored(at: ChdbFront, topic: string): Promise<{ rows: number; different: number }> {
  const query = `SELECT count(), uniqExact(Body) FROM ${tableOf(topic)} FORMAT TSV`
  const response = await fetch(at.url, { method: 'POST', body: query })
  if (!response.ok) return { rows: 0, different: 0 }
  const [rows = 0, different = 0] = (await response.text()).split('\t').map(Number)
  return { rows, different }
}

function messagesOf(from: number, to: number): Message[] {
  return Array.from({ length: (to - from) / 10 }, (_, i) => ({
    value: sampleLogs(Array.from({ length: 10 }, (_, j) => `record ${from + i * 10 + j}`)).bytes,
    partition: i % 2,
  }))
}

/** Whole, and half of it before that in a transaction that is aborted. */
async function sendWithAborted(
  broker: SharedBroker,
  topic: string,
  from: number,
  to: number,
): Promise<void> {
  const middle = (from + to) / 2
  await sendInTransaction(broker, topic, messagesOf(from, middle), 'abort')
  await sendInTransaction(broker, topic, messagesOf(from, to), 'commit')
}

const KILLS = 2

kafkaTest(
  'a crash between insert and commit stores nothing twice, nor what was aborted',
  async (t, broker) => {
    t.teardown(() => {
      front.before = undefined
    })
    const topic = await broker.createTopic({ partitions: 2 })
    const group = uniqueName('group')
    let sent = 400
    await sendWithAborted(broker, topic, 0, sent)
    let child: PipelineChild | undefined
    let kills = 0
    const yaml = consumerYaml(broker, topic, group)
    // The insert is done when the consumer dies: it never hears of it, and never commits.
    front.before = async sql => {
      if (!/^\s*insert/i.test(sql) || !sql.includes(tableOf(topic)) || kills >= KILLS)
        return undefined
      kills++
      const victim = child
      setTimeout(() => void victim?.kill(), 60)
      return undefined
    }
    while (kills < KILLS) {
      const before = kills
      child = await startPipelineChild(t, yaml)
      await until(async () => kills > before)
      await sleep(200)
      await child.kill()
      await sendWithAborted(broker, topic, sent, sent + 100)
      sent += 100
    }
    child = await startPipelineChild(t, yaml)
    await until(async () => (await stored(front, topic)).different >= sent)
    await until(async () => {
      const commits = await Promise.all(
        [0, 1].map(partition => committedOffset(broker.admin, group, topic, partition)),
      )
      // The ends of transactions have offsets, too.
      const committed = commits.reduce((sum, { offset }) => sum + offset, 0)
      return committed === (await topicSize(broker.admin, topic))
    })
    t.deepEqual(await stored(front, topic), { rows: sent, different: sent })
  },
)

kafkaTest('two consumers that are killed in turn store every record once', async (t, broker) => {
  const topic = await broker.createTopic({ partitions: 2 })
  const group = uniqueName('group')
  const yaml = consumerYaml(broker, topic, group)
  const members = [await startPipelineChild(t, yaml), await startPipelineChild(t, yaml)]
  for (let round = 0; round < 2; round++) {
    await sendMessages(broker, topic, messagesOf(round * 200, round * 200 + 200))
    await sleep(100 + ((round * 137) % 400))
    await members[round % 2]!.kill()
    members[round % 2] = await startPipelineChild(t, yaml)
  }
  await until(async () => (await stored(front, topic)).different >= 400)
  t.deepEqual(await stored(front, topic), { rows: 400, different: 400 })
})
