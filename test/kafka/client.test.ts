import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import test from 'ava'
import { z } from 'zod'
import { createKafka, withAdmin } from '../../src/kafka/client.ts'
import { kafkaClientFields } from '../../src/kafka/client-config.ts'
import { createTestContext } from '../../src/testing/index.ts'
import { kafkaTest } from '../helpers/kafka-broker.ts'
import { configOf } from '../helpers/plugin-yaml.ts'
import { tempFolder } from '../helpers/temp-folder.ts'

const config = z.strictObject(kafkaClientFields)

/** How many brokers a client of this config finds, and what was logged. */
async function connect(yaml: string): Promise<{ brokers: number; lines: string }> {
  const { logger, lines } = createTestContext('exporter', 'kafka')
  const kafka = createKafka(configOf({ config }, yaml), logger, 1)
  const brokers = await withAdmin(kafka, async admin => {
    return (await admin.describeCluster()).brokers.length
  })
  return { brokers, lines: JSON.stringify(lines) }
}

for (const mechanism of ['PLAIN', 'SCRAM-SHA-256', 'SCRAM-SHA-512']) {
  kafkaTest(`logs in by ${mechanism}`, async (t, { saslBrokers }) => {
    const yaml = (password: string): string =>
      `{ brokers: ["${saslBrokers}"],
         auth: { sasl: { mechanism: ${mechanism}, username: alice, password: ${password} } } }`
    t.is((await connect(yaml('alice-secret'))).brokers, 1)
    const error = await t.throwsAsync(connect(yaml('wrong-secret')))
    t.notRegex(error.message, /wrong-secret/)
  })
}

kafkaTest('logs in by OAUTHBEARER, with a token from a file', async (t, { saslBrokers }) => {
  const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url')
  const now = Math.floor(Date.now() / 1000)
  // An unsigned token, as the broker's listener for tests takes it (RFC 7515, appendix A.5).
  const token = `${part({ alg: 'none' })}.${part({ sub: 'alice', iat: now, exp: now + 600 })}.`
  const file = join(await tempFolder(t), 'token')
  await writeFile(file, `${token}\n`)
  const yaml = `{ brokers: ["${saslBrokers}"],
    auth: { sasl: { mechanism: OAUTHBEARER, token_file: ${file} } } }`
  t.is((await connect(yaml)).brokers, 1)
})

kafkaTest('speaks TLS, and checks who the broker is', async (t, { tlsBrokers, caFile }) => {
  const brokers = `brokers: ["${tlsBrokers}"]`
  t.is((await connect(`{ ${brokers}, tls: { ca_file: ${caFile} } }`)).brokers, 1)
  await t.throwsAsync(connect(`{ ${brokers}, tls: {} }`), { message: /certificate/ })
})

kafkaTest('tls with insecure is plain text', async (t, { brokers }) => {
  t.is((await connect(`{ brokers: ["${brokers}"], tls: { insecure: true } }`)).brokers, 1)
})

test('a TLS file that is not there is named', async t => {
  await t.throwsAsync(connect('tls: { ca_file: /no/such/file }'), { message: /ca_file/ })
})
