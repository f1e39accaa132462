import { z } from 'zod'
import { duration, secret } from '../config/fields.ts'
import { tlsClientConfig } from '../net/tls-config.ts'

/*
 * The keys that the Collector's Kafka components share (pkg/kafka/configkafka): where the brokers
 * are, and how to prove who we are.
 */

const HOST_PORT = /^(\[[0-9a-fA-F:.]+\]|[^\s:/[\]]+):\d{1,5}$/

const broker = z
  .string()
  .trim()
  .regex(HOST_PORT, 'must be host:port, such as kafka-1.example.com:9092')

const SASL_MECHANISMS = ['PLAIN', 'SCRAM-SHA-256', 'SCRAM-SHA-512', 'OAUTHBEARER'] as const

const saslConfig = z
  .strictObject({
    mechanism: z.enum(SASL_MECHANISMS).meta({ description: 'How to prove who we are.' }),
    username: z.string().default('').meta({ description: 'User, for PLAIN and SCRAM.' }),
    password: secret('Password, for PLAIN and SCRAM.').default(''),
    token: secret('Access token, for OAUTHBEARER.').optional(),
    token_file: z.string().optional().meta({
      description: 'File with the access token, read again at each connection, for OAUTHBEARER.',
    }),
    version: z.number().int().min(0).max(1).optional().meta({
      description: "The Collector's choice of a handshake.",
      unused: 'the handshake is negotiated',
    }),
  })
  .superRefine((sasl, context) => {
    const isOauth = sasl.mechanism === 'OAUTHBEARER'
    if (isOauth && (sasl.token === undefined) === (sasl.token_file === undefined)) {
      context.addIssue('OAUTHBEARER needs token or token_file')
    }
    if (!isOauth && (sasl.username === '' || sasl.password === '')) {
      context.addIssue(`${sasl.mechanism} needs username and password`)
    }
  })

const metadataConfig = z.strictObject({
  full: z.boolean().default(true).meta({
    description: "The Collector's choice to know all topics.",
    unused: 'only the topics in use are asked for',
  }),
  refresh_interval: duration('How long what is known of topics and brokers is trusted.', '10m'),
  retry: z
    .strictObject({
      max: z.number().int().min(0).optional().meta({ description: 'How often.' }),
      backoff: z.string().optional().meta({ description: 'How long in between.' }),
    })
    .optional()
    .meta({
      description: "The Collector's retries of metadata.",
      unused: 'they are part of every request',
    }),
})

/** Fields for the `config` of a component that talks to Kafka. */
export const kafkaClientFields = {
  brokers: z
    .union([
      z.array(broker).min(1),
      z
        .string()
        .transform(text => text.split(','))
        .pipe(z.array(broker).min(1)),
    ])
    .default(['localhost:9092'])
    .meta({ description: 'Brokers to begin with, host:port; the others are learnt from them.' }),
  client_id: z.string().min(1).default('otel-collector').meta({
    description: 'The name brokers log and meter us by.',
  }),
  protocol_version: z.string().optional().meta({
    description: "The Collector's choice of Kafka's protocol.",
    unused: 'versions are negotiated with the broker',
  }),
  resolve_canonical_bootstrap_servers_only: z.boolean().optional().meta({
    description: 'Look up the brokers in reverse first.',
    unused: 'names are used as they are given',
  }),
  tls: tlsClientConfig.optional().meta({
    description: 'TLS towards the brokers; absent = plain text.',
  }),
  auth: z
    .strictObject({
      sasl: saslConfig.optional().meta({ description: 'SASL; absent = none.' }),
    })
    .prefault({})
    .meta({ description: 'How to prove who we are.' }),
  metadata: metadataConfig.prefault({}).meta({ description: 'What is known of the cluster.' }),
} as const

const shape = z.strictObject(kafkaClientFields)

export type KafkaClientConfig = z.output<typeof shape>
