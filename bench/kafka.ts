import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { COMPRESSION_TYPES } from '../src/kafka/codecs.ts'
import { kafkajs } from '../src/kafka/kafkajs.ts'
import { startServices } from '../test/services/services.ts'
import { missingFor } from '../test/services/tools.ts'
import { CORPUS, corpus, grpcMessage } from './corpus.ts'
import { builtFile, type Measured, measure, missingTool, Server } from './measure.ts'
import { PORTS } from './paths.ts'

/*
 * Both sides of a real Kafka broker, Parsec alone on core 0, all others on core 1: OTLP/gRPC into a
 * topic, and a topic with a backlog out into ClickHouse (a sink that discards).
 */

export const KAFKA_CASE = 'kafka exporter and receiver'
const RECORDS_PER_MESSAGE = 1000
const PARTITIONS = 8
const CATCH_UP_MS_MAX = 600_000
const GOALS = { out: 200_000, in: 250_000 }

/** Measures and prints; says so when something is missing. `lag`: records to catch up on. */
export async function measureKafka(seconds: number, lag: number): Promise<void> {
  const missing = missingFor('kafka') ?? missingTool()
  if (missing !== undefined) {
    console.log(`\n${KAFKA_CASE} SKIPPED: ${missing}`)
    return
  }
  const { kafka } = await startServices(['kafka'])
  spawnSync('taskset', ['-a', '-p', '-c', '1', String(kafka!.pid)])
  const folder = mkdtempSync(join(tmpdir(), 'parsec-bench-kafka-'))
  console.log(
    `\n${KAFKA_CASE}: one core, 1,000 records a message, snappy, ${PARTITIONS} partitions`,
  )
  try {
    const out = await measureOut(kafka!.brokers, folder, seconds)
    print('grpc -> kafka', out, GOALS.out)
    print(`kafka -> clickhouse, lag ${lag}`, await measureIn(kafka!.brokers, folder, lag), GOALS.in)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

async function measureOut(brokers: string, folder: string, seconds: number): Promise<Measured> {
  const topic = await createTopic(brokers)
  const bodyFile = join(folder, 'body.grpc')
  writeFileSync(bodyFile, grpcMessage(corpus(CORPUS.logs1000)))
  const server = startParsec(
    folder,
    `receivers: { otlp: { protocols: { grpc: { endpoint: "127.0.0.1:${PORTS.grpc}", max_recv_msg_size_mib: 64 } } } }
exporters: { kafka: { brokers: ["${brokers}"], logs: { topic: ${topic} }, sending_queue: { enabled: false } } }
service:
  telemetry: { metrics: { level: none }, logs: { level: warn } }
  pipelines: { logs: { receivers: [otlp], exporters: [kafka] } }
`,
  )
  try {
    await server.listening(PORTS.grpc)
    const load = { protocol: 'grpc', port: PORTS.grpc, bodyFile, seconds } as const
    return await measure(server, { ...load, recordsPerRequest: RECORDS_PER_MESSAGE })
  } finally {
    await server.stop()
  }
}

async function measureIn(brokers: string, folder: string, lag: number): Promise<Measured> {
  const topic = await createTopic(brokers)
  const messages = Math.ceil(lag / RECORDS_PER_MESSAGE)
  await fill(brokers, topic, messages)
  const sinkCommand = [process.execPath, builtFile('servers', 'clickhouse-sink.js')]
  const sink = new Server([...sinkCommand, String(PORTS.clickhouse)], 1, join(folder, 'sink.log'))
  await sink.listening(PORTS.clickhouse)
  const group = `bench-${process.pid}`
  const server = startParsec(
    folder,
    `receivers: { kafka: { brokers: ["${brokers}"], group_id: ${group}, initial_offset: earliest, logs: { topics: [${topic}] } } }
exporters: { clickhouse: { endpoint: "http://127.0.0.1:${PORTS.clickhouse}", create_schema: false, async_insert: false, compress: none, sending_queue: { enabled: false } } }
service:
  telemetry: { metrics: { endpoint: "127.0.0.1:${PORTS.otlp}" }, logs: { level: warn } }
  pipelines: { logs: { receivers: [kafka], exporters: [clickhouse] } }
`,
  )
  try {
    await server.listening(PORTS.otlp)
    return await catchUp(server, () => committed(brokers, group, topic), messages)
  } finally {
    await server.stop()
    await sink.stop()
  }
}

/** From the first commit on to the last: joining the group is no part of the work. */
async function catchUp(
  server: Server,
  done: () => Promise<number>,
  messages: number,
): Promise<Measured> {
  const giveUpMs = performance.now() + CATCH_UP_MS_MAX
  let from: { at: number; cpu: number; done: number } | undefined
  for (;;) {
    const now = { at: performance.now(), cpu: server.cpuSeconds(), done: await done() }
    if (now.done > 0) from ??= now
    if (from !== undefined && now.done >= messages) {
      const records = (now.done - from.done) * RECORDS_PER_MESSAGE
      return {
        recordsPerSecond: (records * 1000) / (now.at - from.at),
        recordsPerCpuSecond: records / (now.cpu - from.cpu),
        cpuMicrosPerRequest: ((now.cpu - from.cpu) * 1e6) / (now.done - from.done),
        peakMebibytes: server.peakMebibytes(),
        failedRequests: 0,
      }
    }
    if (now.at > giveUpMs) throw new Error(`${now.done} of ${messages} messages were consumed`)
    await sleep(250)
  }
}

/** The messages of a topic that a group has done with. */
async function committed(brokers: string, groupId: string, topic: string): Promise<number> {
  return await withAdmin(brokers, async admin => {
    const [one] = await admin.fetchOffsets({ groupId, topics: [topic] })
    return (one?.partitions ?? []).reduce((sum, { offset }) => sum + Math.max(0, Number(offset)), 0)
  })
}

async function fill(brokers: string, topic: string, messages: number): Promise<void> {
  const kafka = new kafkajs.Kafka({ brokers: [brokers], logLevel: kafkajs.logLevel.NOTHING })
  const producer = kafka.producer()
  const value = corpus(CORPUS.logs1000)
  await producer.connect()
  for (let sent = 0; sent < messages; ) {
    const count = Math.min(PARTITIONS, messages - sent)
    const round = Array.from({ length: count }, (_, partition) => ({ value, partition }))
    await producer.send({ topic, messages: round, compression: COMPRESSION_TYPES.snappy })
    sent += count
  }
  await producer.disconnect()
}

async function createTopic(brokers: string): Promise<string> {
  const topic = `bench-${process.pid}-${performance.now().toFixed(0)}`
  await withAdmin(brokers, admin =>
    admin.createTopics({
      topics: [
        {
          topic,
          numPartitions: PARTITIONS,
          configEntries: [{ name: 'retention.bytes', value: String(2 ** 31) }],
        },
      ],
      waitForLeaders: true,
    }),
  )
  return topic
}

async function withAdmin<T>(
  brokers: string,
  work: (admin: ReturnType<InstanceType<typeof kafkajs.Kafka>['admin']>) => Promise<T>,
): Promise<T> {
  const kafka = new kafkajs.Kafka({ brokers: [brokers], logLevel: kafkajs.logLevel.NOTHING })
  const admin = kafka.admin()
  await admin.connect()
  try {
    return await work(admin)
  } finally {
    await admin.disconnect()
  }
}

function startParsec(folder: string, config: string): Server {
  const path = join(folder, 'config.yaml')
  writeFileSync(path, config)
  const command = [process.execPath, builtFile('..', '..', 'bin', 'parsec.js'), 'run']
  return new Server([...command, '--config', path], 0, join(folder, 'server.log'))
}

function print(name: string, measured: Measured, goal: number): void {
  const cells = [
    name.padEnd(36),
    `${Math.round(measured.recordsPerCpuSecond)} rec/CPU-s`.padStart(18),
    `${Math.round(measured.recordsPerSecond)} rec/s`.padStart(15),
    `${measured.peakMebibytes} MiB`.padStart(9),
    `goal ${goal}`,
    measured.failedRequests > 0 ? `  ${measured.failedRequests} FAILED` : '',
  ]
  console.log(`  ${cells.join(' ')}`)
}
