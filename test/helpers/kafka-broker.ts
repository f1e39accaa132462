import { spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import test, { type ExecutionContext } from 'ava'
import type { Admin, Kafka } from 'kafkajs'
import { kafkajs } from '../../src/kafka/kafkajs.ts'
import { type KafkaAddresses, KafkaBroker } from '../services/kafka.ts'
import { startServices, useServices } from '../services/services.ts'
import { missingFor } from '../services/tools.ts'
import { serviceTest } from './service-test.ts'
import { tempFolder } from './temp-folder.ts'

/*
 * A real Kafka broker for tests: the one that `npm run services` or `npm test` has started, or one
 * that the first test to ask starts and that ends by itself when no test is left. All test files
 * share it, so topics and groups need names of their own: see `uniqueName`.
 */

const missing = missingFor('kafka')

type BrokerTest = (t: ExecutionContext, broker: SharedBroker) => Promise<void>

export interface SharedBroker extends KafkaAddresses {
  readonly admin: Admin
  /**
   * A new topic with a name of its own. It stays until the broker ends: a kafkajs client that has once
   * asked for a topic cannot do without it any more.
   */
  createTopic(options?: TopicOptions): Promise<string>
}

export interface TopicOptions {
  readonly partitions?: number
  readonly config?: Readonly<Record<string, string>>
}

/** A test with the shared broker. Without Java it is skipped, loudly; in CI that is a failure. */
export function kafkaTest(title: string, run: BrokerTest): void {
  withJava(title, async t => await run(t, await sharedBroker()))
}

/** As `kafkaTest`, for a test that starts brokers of its own. */
export function withJava(title: string, run: (t: ExecutionContext) => Promise<void>): void {
  serviceTest(missing, title, run)
}

/** A broker of the test's own, to be killed and started again. Stopped after the test. */
export async function ownBroker(t: ExecutionContext): Promise<KafkaBroker> {
  const broker = await KafkaBroker.create(await tempFolder(t))
  t.teardown(() => broker.kill())
  return broker
}

/** A name that no other test has. */
export function uniqueName(prefix: string): string {
  return `${prefix}-${randomBytes(6).toString('hex')}`
}

/** A kafkajs client: what tests look with is not what they look at. */
export function kafkaClient(brokers: string): Kafka {
  return new kafkajs.Kafka({
    brokers: [brokers],
    clientId: 'test',
    logLevel: kafkajs.logLevel.NOTHING,
  })
}

let shared: Promise<SharedBroker> | undefined

test.after.always('disconnect from the shared broker', async () => {
  await (await shared)?.admin.disconnect()
})

function sharedBroker(): Promise<SharedBroker> {
  shared ??= connectShared()
  return shared
}

async function connectShared(): Promise<SharedBroker> {
  useServices()
  const { kafka } = await startServices(['kafka'])
  if (kafka === undefined) throw new Error('the shared broker has gone')
  // Ends the services when no test is left, unless somebody else cares for them.
  spawn(process.execPath, ['scripts/services.mjs', 'stop-when-idle'], {
    detached: true,
    stdio: 'ignore',
  }).unref()
  const admin = kafkaClient(kafka.brokers).admin()
  await admin.connect()
  return {
    ...kafka,
    admin,
    createTopic: options => createTopic(admin, options),
  }
}

async function createTopic(
  admin: Admin,
  { partitions = 1, config = {} }: TopicOptions = {},
): Promise<string> {
  const topic = uniqueName('topic')
  const configEntries = Object.entries(config).map(([name, value]) => ({ name, value }))
  await admin.createTopics({
    topics: [{ topic, numPartitions: partitions, configEntries }],
    // kafkajs's own wait gives up on a topic that it does not see at once.
    waitForLeaders: false,
  })
  await hasLeaders(admin, topic)
  return topic
}

async function hasLeaders(admin: Admin, topic: string): Promise<void> {
  for (;;) {
    try {
      const { topics } = await admin.fetchTopicMetadata({ topics: [topic] })
      const partitions = topics[0]?.partitions ?? []
      if (partitions.length > 0 && partitions.every(({ leader }) => leader >= 0)) return
    } catch {
      // Not known yet.
    }
    await new Promise(resolve => setTimeout(resolve, 20))
  }
}
