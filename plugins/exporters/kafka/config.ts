import { z } from 'zod'
import { byteSize, exportChainFields } from '#core'
import {
  COMPRESSION_LEVELS_MAX,
  type KafkaCompression,
  kafkaClientFields,
  NOTE_NAMES_MAX,
} from '#core/kafka'

/** The names that Kafka allows (org.apache.kafka.common.internals.Topic). */
export const TOPIC_NAME = /^(?!\.{1,2}$)[A-Za-z0-9._-]{1,249}$/

/** Instead of a transactional id: the name of the queue on disk, which no other process has. */
export const AUTO = 'auto'

/** With the number of a lane it is a group's name, too; brokers take any text, tools do not. */
const TRANSACTIONAL_ID = /^[A-Za-z0-9._-]{1,200}$/

const topicName = z
  .string()
  .regex(TOPIC_NAME, 'is no name of a topic: 1 to 249 letters, digits, dots, _ and -')

const logsConfig = z.strictObject({
  topic: topicName.default('otlp_logs').meta({ description: 'Topic for logs.' }),
  encoding: z.enum(['otlp_proto', 'otlp_json', 'raw']).default('otlp_proto').meta({
    description:
      'What a message holds: a whole OTLP request in protobuf or JSON, or with raw the body of one record.',
  }),
  topic_from_metadata_key: z.string().default('').meta({
    description:
      'Request header (needs include_metadata in the receiver) that names the topic; empty = none.',
  }),
  message_key_from_metadata_key: z.string().default('').meta({
    description: 'Request header whose value becomes the key of the messages; empty = none.',
  }),
})

const ACKS = { all: -1, leader: 1, none: 0 } as const

const producerConfig = z
  .strictObject({
    max_message_bytes: byteSize(
      'Largest message before compression; batches are cut to it. Not above what the broker takes.',
      1_000_000,
    ),
    required_acks: z
      .union([z.enum(['all', 'leader', 'none']), z.literal([-1, 0, 1])])
      .default('all')
      .transform(acks => (typeof acks === 'number' ? acks : ACKS[acks]))
      .meta({
        description:
          'Who has a message before it is acknowledged: all in-sync replicas (-1), the leader (1), nobody knows (0). The Collector asks the leader only.',
        default: 'all',
      }),
    idempotent: z.boolean().optional().meta({
      description:
        'Repetitions after a lost answer are not stored twice; absent = with required_acks: all.',
    }),
    transactional_id: z
      .string()
      .regex(TRANSACTIONAL_ID, 'must be 1 to 200 letters, digits, dots, _ and -')
      .optional()
      .meta({
        description:
          'Name for Kafka transactions, of this process alone and the same after its restart: nothing is written twice, crashes included. auto = parsec-ID, with the id of the queue on disk; absent = no transactions.',
      }),
    compression: z.enum(['none', 'gzip', 'snappy', 'lz4', 'zstd']).default('snappy').meta({
      description: 'Compression of messages; the Collector has none.',
    }),
    compression_params: z
      .strictObject({
        level: z.number().int().default(0).meta({
          description:
            'From 1, fast, to 9 (gzip) or 22 (zstd), small; 0 or -1 = the default of the compression. The others have none.',
        }),
      })
      .optional()
      .meta({ description: 'How hard to compress.' }),
    allow_auto_topic_creation: z.boolean().default(true).meta({
      description: 'Let the broker create topics that are not there, if it does such things.',
    }),
    flush_max_messages: z.number().int().min(0).optional().meta({
      description: "The Collector's bound of messages in a request.",
      unused: 'a request is bounded by max_message_bytes',
    }),
    linger: z.string().optional().meta({
      description: "The Collector's wait for more messages.",
      unused: 'sending_queue.batch joins small batches',
    }),
    max_broker_write_bytes: z.union([z.string(), z.number()]).optional().meta({
      description: "The Collector's bound of a request.",
      unused: 'a request is bounded by max_message_bytes',
    }),
  })
  .superRefine(({ compression, compression_params: params }, context) => {
    const message = levelFault(compression, params?.level ?? 0)
    if (message === undefined) return
    context.addIssue({ code: 'custom', message, path: ['compression_params', 'level'] })
  })
  .refine(({ idempotent, required_acks: acks }) => !(idempotent && acks !== -1), {
    message: 'idempotent: true needs required_acks: all',
    path: ['idempotent'],
  })
  .refine(producer => producer.transactional_id === undefined || isExact(producer), {
    message: 'transactional_id needs required_acks: all, and not idempotent: false',
    path: ['transactional_id'],
  })

/** What is wrong with a level, as the end of a sentence. */
function levelFault(compression: KafkaCompression, level: number): string | undefined {
  if (level === 0) return undefined
  const max = COMPRESSION_LEVELS_MAX[compression]
  if (max === undefined) {
    return `compression ${compression} has no levels, only gzip and zstd have: leave it out`
  }
  if (level >= -1 && level <= max) return undefined
  return `${compression} has the levels 1 to ${max}, and 0 or -1 for its default; ${level} is none`
}

function isExact(producer: { idempotent?: boolean | undefined; required_acks: number }): boolean {
  return producer.idempotent !== false && producer.required_acks === -1
}

export const kafkaExporterConfig = z
  .strictObject({
    ...kafkaClientFields,
    logs: logsConfig.prefault({}).meta({ description: 'Where logs go, and how they are written.' }),
    topic_from_attribute: z.string().default('').meta({
      description:
        'Resource attribute that names the topic, where it is set and topic_from_metadata_key gives none.',
    }),
    include_metadata_keys: z.array(z.string()).default([]).meta({
      description:
        'Request headers that become headers of the messages; x-request-id also where we have made it.',
    }),
    record_headers: z.record(z.string(), z.coerce.string()).default({}).meta({
      description: 'Headers for every message.',
    }),
    partition_logs_by_resource_attributes: z.boolean().default(false).meta({
      description: 'The key is a hash of all resource attributes: a source keeps its order.',
    }),
    partition_logs_by_trace_id: z.boolean().default(false).meta({
      description: 'The key is the trace id: a trace lies in one partition.',
    }),
    message_key_from_attribute: z.string().default('').meta({
      description: 'Resource attribute whose value becomes the key of the messages.',
    }),
    producer: producerConfig.prefault({}).meta({ description: 'How messages are sent.' }),
    ...exportChainFields('5s'),
  })
  .superRefine(({ producer, sending_queue: queue }, context) => {
    if (producer.transactional_id === undefined || queue.num_consumers <= NOTE_NAMES_MAX) return
    context.addIssue({
      code: 'custom',
      message: `with producer::transactional_id at most ${NOTE_NAMES_MAX}: so many batches are remembered at the broker`,
      path: ['sending_queue', 'num_consumers'],
    })
  })
  .superRefine(({ producer, sending_queue: queue }, context) => {
    const isOnDisk = queue.enabled && queue.storage !== undefined
    if (producer.transactional_id !== AUTO || isOnDisk) return
    context.addIssue({
      code: 'custom',
      message: 'auto is the name of the queue on disk: set sending_queue::storage, or a name',
      path: ['producer', 'transactional_id'],
    })
  })
  .superRefine((config, context) => {
    const keys = [
      config.partition_logs_by_resource_attributes && 'partition_logs_by_resource_attributes',
      config.partition_logs_by_trace_id && 'partition_logs_by_trace_id',
      config.message_key_from_attribute !== '' && 'message_key_from_attribute',
      config.logs.message_key_from_metadata_key !== '' && 'logs::message_key_from_metadata_key',
    ].filter(name => name !== false)
    if (keys.length > 1)
      context.addIssue(`a message has one key: set only one of ${keys.join(', ')}`)
  })

export type KafkaExporterConfig = z.output<typeof kafkaExporterConfig>
