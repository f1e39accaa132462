import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { sha256 } from '../../../../src/auth/credentials.ts'
import { decodeLogs } from '../../../../src/otlp/decode-logs.ts'
import { ingest } from '../../../helpers/ingest.ts'
import { kafkaTest } from '../../../helpers/kafka-broker.ts'
import { readTopic } from '../../../helpers/kafka-topic.ts'
import { startParsec } from '../../../helpers/parsec-process.ts'
import { tempFolder } from '../../../helpers/temp-folder.ts'

/* From the key of a sender to the topic and the message key of its tenant, through a running `parsec`. */

interface Topics {
  readonly brokers: string
  /** Named like the tenants whose topics they are. */
  readonly own: readonly string[]
  /** For tenants without a topic of their own. */
  readonly rest: string
  readonly shared: string
}

const hash = (key: string): string => sha256(key).toString('hex')

const configText = ({ brokers, own: [first, second], rest, shared }: Topics): string => `
receivers:
  ingest: { endpoint: "127.0.0.1:0", auth: { authenticator: api_key } }
extensions:
  api_key:
    keys:
      - { id: a, tenant: ${first}, sha256: ${hash('a')} }
      - { id: b, tenant: ${second}, sha256: ${hash('b')} }
      - { id: c, sha256: ${hash('c')} }
processors:
  resource:
    attributes:
      - { key: tenant.id, action: delete }
      - { key: tenant.id, action: upsert, from_context: auth.tenant }
exporters:
  kafka/topics:
    { brokers: ["${brokers}"], logs: { topic: ${rest} }, topic_from_attribute: tenant.id,
      timeout: 60s, sending_queue: { enabled: false } }
  kafka/keys:
    { brokers: ["${brokers}"], logs: { topic: ${shared} }, message_key_from_attribute: tenant.id,
      timeout: 60s, sending_queue: { enabled: false } }
service:
  extensions: [api_key]
  telemetry: { metrics: { level: none } }
  pipelines:
    logs: { receivers: [ingest], processors: [resource], exporters: [kafka/topics, kafka/keys] }
`

kafkaTest('topic and key of a message follow the tenant of the sender', async (t, broker) => {
  const own = [await broker.createTopic(), await broker.createTopic()]
  const rest = await broker.createTopic()
  const shared = await broker.createTopic({ partitions: 4 })
  const path = join(await tempFolder(t), 'config.yaml')
  await writeFile(path, configText({ brokers: broker.brokers, own, rest, shared }))
  const parsec = startParsec(t, ['run', '--config', path])
  const [, origin = ''] = await parsec.says(/(http:\S+)\/ingest/)

  for (const sent of ['a1', 'b1', 'c1', 'a2', 'b2']) {
    const headers = { 'x-api-key': sent.slice(0, 1) }
    const answer = await ingest(origin, { headers, body: JSON.stringify({ message: sent }) })
    t.is(answer.status, 200, answer.text)
  }

  const read = async (topic: string): Promise<string[]> => {
    const messages = await readTopic(t, broker, topic)
    return messages
      .map(({ key, value }) => `${key?.toString() ?? 'no key'}: ${described(value!)}`)
      .sort()
  }
  const [first, second] = own
  t.deepEqual(await read(first!), [`no key: a1 of ${first}`, `no key: a2 of ${first}`])
  t.deepEqual(await read(second!), [`no key: b1 of ${second}`, `no key: b2 of ${second}`])
  t.deepEqual(await read(rest), ['no key: c1 of nobody'])
  const keyed = [
    `${first}: a1 of ${first}`,
    `${first}: a2 of ${first}`,
    `${second}: b1 of ${second}`,
    `${second}: b2 of ${second}`,
    'no key: c1 of nobody',
  ]
  t.deepEqual(await read(shared), keyed.sort())
})

/** The only record of a message, and whose it says it is. */
function described(value: Buffer): string {
  const row = decodeLogs(value, { requestId: 'test' }).batch.cursor().seek(0)
  const tenant = row.resourceAttribute('tenant.id')
  return `${row.bodyText()} of ${typeof tenant === 'string' ? tenant : 'nobody'}`
}
