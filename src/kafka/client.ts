import { readFile } from 'node:fs/promises'
import type { Admin, Kafka, logCreator, SASLOptions } from 'kafkajs'
import type { Logger } from 'pino'
import { loadTlsClientOptions } from '../net/tls-options.ts'
import { RepeatedLog } from '../telemetry/repeated-log.ts'
import type { KafkaClientConfig } from './client-config.ts'
import { kafkajs } from './kafkajs.ts'

/** A cluster and how to connect to it; what it can do is for this folder only. */
export type KafkaClient = Kafka

/** The longest that a connection, with TLS and login, may take to come about. */
const CONNECT_MS_MAX = 10_000
/** The longest that any request may take; kafkajs adds the time a fetch or a join may wait. */
const REQUEST_MS_MAX = 15_000

/**
 * Everything that is set the same for producers, consumers and questions. Connects to nothing by
 * itself. `retries` is how often a request is repeated, also to connect anew: a second apart at most.
 * Throws an Error that names the key when a TLS file is no good.
 */
export function createKafka(config: KafkaClientConfig, logger: Logger, retries = 5): Kafka {
  const { brokers, client_id: clientId, tls, auth } = config
  const ssl = tls === undefined ? undefined : loadTlsClientOptions(tls)
  return new kafkajs.Kafka({
    brokers,
    clientId,
    connectionTimeout: CONNECT_MS_MAX,
    authenticationTimeout: CONNECT_MS_MAX,
    requestTimeout: REQUEST_MS_MAX,
    // kafkajs's own default of 30 s between tries is far longer than a broker takes to come back.
    retry: { initialRetryTime: 100, maxRetryTime: 1000, retries },
    logLevel: kafkajs.logLevel.INFO,
    logCreator: logTo(logger),
    ...(ssl === undefined ? {} : { ssl }),
    ...(auth.sasl === undefined ? {} : { sasl: saslOptions(auth.sasl) }),
  })
}

/** Runs questions on a connection of their own, closed afterwards. */
export async function withAdmin<T>(kafka: Kafka, ask: (admin: Admin) => Promise<T>): Promise<T> {
  const admin = kafka.admin()
  try {
    await admin.connect()
    return await ask(admin)
  } finally {
    await admin.disconnect().catch(() => undefined)
  }
}

type SaslConfig = NonNullable<KafkaClientConfig['auth']['sasl']>

function saslOptions(sasl: SaslConfig): SASLOptions {
  const { username, password, token, token_file: file } = sasl
  switch (sasl.mechanism) {
    case 'PLAIN':
      return { mechanism: 'plain', username, password }
    case 'SCRAM-SHA-256':
      return { mechanism: 'scram-sha-256', username, password }
    case 'SCRAM-SHA-512':
      return { mechanism: 'scram-sha-512', username, password }
    case 'OAUTHBEARER':
      return {
        mechanism: 'oauthbearer',
        oauthBearerProvider: async () => ({
          value: token ?? (await readFile(file!, 'utf8')).trim(),
        }),
      }
  }
}

/**
 * kafkajs logs every retry as an error, and each again for every partition. What matters comes back
 * to us as errors and events, so its lines are for debugging, and repeats are counted.
 */
function logTo(logger: Logger): logCreator {
  const repeated = new RepeatedLog(logger)
  return () =>
    ({ namespace, log: { message, broker, groupId, error } }) => {
      const fields = { broker, group: groupId, error: String(error ?? '') }
      repeated.log('debug', message.slice(0, 80), fields, `kafkajs ${namespace}: ${message}`)
    }
}
