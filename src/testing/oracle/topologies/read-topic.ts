import { randomBytes } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { kafkajs } from '../../../kafka/kafkajs.ts'
import { decodeLogs } from '../../../otlp/decode-logs.ts'
import { NUMBER_KEY } from '../records.ts'

const READ_MS_MAX = 60_000
/** Nothing for this long is the end. */
const QUIET_MS = 5000
const POLL_MS = 200

/** How often each number is in a topic, without what transactions have given up. */
export async function numbersInTopic(
  brokers: string,
  topic: string,
): Promise<ReadonlyMap<number, number>> {
  const kafka = new kafkajs.Kafka({ brokers: [brokers], logLevel: kafkajs.logLevel.NOTHING })
  const groupId = `reader-${randomBytes(6).toString('hex')}`
  const consumer = kafka.consumer({ groupId, maxWaitTimeInMs: 100 })
  const times = new Map<number, number>()
  const beganMs = performance.now()
  let lastMs = beganMs
  try {
    await consumer.connect()
    await consumer.subscribe({ topics: [topic], fromBeginning: true })
    await consumer.run({
      eachMessage: async ({ message }) => {
        lastMs = performance.now()
        for (const number of numbersIn(message.value)) {
          times.set(number, (times.get(number) ?? 0) + 1)
        }
      },
    })
    while (performance.now() - beganMs < READ_MS_MAX) {
      if (times.size > 0 && performance.now() - lastMs > QUIET_MS) break
      await sleep(POLL_MS)
    }
    return times
  } finally {
    await consumer.disconnect().catch(() => undefined)
  }
}

function numbersIn(value: Buffer | null): number[] {
  const { batch } = decodeLogs(value ?? Buffer.alloc(0), { requestId: '' })
  const cursor = batch.cursor()
  return Array.from({ length: batch.count }, (_, i) =>
    Number(cursor.seek(batch.row(i)).attribute(NUMBER_KEY)),
  )
}
