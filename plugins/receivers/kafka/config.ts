import { z } from 'zod'
import { byteSize, duration, mustParse } from '#core'
import { kafkaClientFields } from '#core/kafka'

/** A name, or with a ^ at the begin a pattern. */
const topic = z
  .string()
  .min(1)
  .superRefine(mustParse(text => text.startsWith('^') && new RegExp(text)))

const TEXT_ENCODING = /^text(_[A-Za-z0-9_-]+)?$/

const encoding = z.string().superRefine((name, context) => {
  if (['otlp_proto', 'otlp_json', 'raw', 'json'].includes(name)) return
  const label = TEXT_ENCODING.exec(name)?.[1]?.slice(1)
  try {
    if (TEXT_ENCODING.test(name)) {
      new TextDecoder(label)
      return
    }
  } catch {
    // A label that the platform does not know.
  }
  context.addIssue(
    `"${name}" is no encoding: use otlp_proto, otlp_json, raw, json, text or text_ENCODING such as text_utf-16le`,
  )
})

const logsConfig = z.strictObject({
  topics: z.array(topic).min(1).default(['otlp_logs']).meta({
    description: 'Topics to read; a name that begins with ^ is a regular expression.',
  }),
  exclude_topics: z.array(topic).default([]).meta({
    description: 'Topics that a pattern in `topics` must not match.',
  }),
  encoding: encoding.default('otlp_proto').meta({
    description:
      'What messages hold: otlp_proto, otlp_json, raw (bytes), text (UTF-8), text_ENCODING, or json.',
  }),
})

const initialOffset = z
  .union([
    z.enum(['latest', 'earliest']),
    z.iso.datetime({ offset: true }).transform(text => Date.parse(text)),
  ])
  .default('latest')

/** As Kafka's own clients allow, with room for what a worker has behind it. */
const instanceId = z
  .string()
  .regex(/^[a-zA-Z0-9._-]{0,200}$/, 'must be up to 200 letters, digits, ".", "_" and "-"')
  .default('')

const batchFields = z.strictObject({
  flush_timeout: duration('Longest wait for more messages.', '200ms'),
  max_size: byteSize(
    'Bytes of messages that go on as one batch; one message may be larger.',
    '4MiB',
  ),
})

export const kafkaReceiverConfig = z
  .strictObject({
    ...kafkaClientFields,
    logs: logsConfig.prefault({}).meta({ description: 'Which topics, and how they are read.' }),
    group_id: z.string().min(1).default('otel-collector').meta({
      description: 'Consumer group: its members share the partitions, its offsets are kept.',
    }),
    initial_offset: initialOffset.meta({
      description:
        'Where a group begins that has no offset yet: latest, earliest, or a time such as 2026-01-31T12:00:00Z.',
      default: 'latest',
    }),
    session_timeout: duration('A member not heard of for this long is given up.', '10s'),
    heartbeat_interval: duration('How often a member is heard of.', '3s'),
    rebalance_timeout: duration('How long members may take to join anew.', '60s'),
    group_rebalance_strategies: z
      .array(z.enum(['range', 'roundrobin', 'sticky', 'cooperative-sticky']))
      .min(1)
      .default(['range'])
      .transform(names => [...new Set(names.map(name => (name === 'roundrobin' ? name : 'range')))])
      .meta({
        description:
          'How partitions are shared out, most wanted first. The sticky ones of the Collector are taken for range.',
        default: ['range'],
      }),
    group_instance_id: instanceId.meta({
      description:
        "The process' own name in the group, such as ${env:HOSTNAME}: after a restart within session_timeout it has its partitions again. Empty = none.",
    }),
    rack_id: z.string().default('').meta({ description: 'Read from replicas of this rack.' }),
    min_fetch_size: byteSize('Bytes that the broker waits for.', 1),
    max_fetch_size: byteSize('Bytes of one answer.', '1MiB'),
    max_fetch_wait: duration('How long the broker waits for min_fetch_size.', '250ms'),
    max_partition_fetch_size: byteSize('Bytes of one partition in an answer.', '1MiB'),
    batch: batchFields.prefault({}).meta({
      description: 'Messages of a partition that go on together, in order.',
    }),
    max_buffered_size: byteSize(
      'Bytes of messages held at a time, over all partitions; what would be more stays in Kafka.',
      '64MiB',
    ),
    autocommit: z
      .strictObject({
        enable: z.boolean().optional().meta({ description: 'Commit by time.' }),
        interval: z.string().optional().meta({ description: 'How often.' }),
      })
      .optional()
      .meta({
        description: "The Collector's commits.",
        unused: 'offsets are committed when the records are safe with the next stage',
      }),
    message_marking: z
      .strictObject({
        after: z.boolean().optional().meta({
          description: "The Collector's choice to mark messages afterwards.",
          unused: 'messages are always marked afterwards',
        }),
        on_error: z.boolean().optional().meta({
          description: "The Collector's choice to mark messages that failed.",
          unused: 'a failure that may pass is always tried again',
        }),
        on_permanent_error: z.boolean().default(false).meta({
          description:
            'Go past messages that can never be read or stored, counted as dropped. false: the partition waits.',
        }),
      })
      .prefault({})
      .meta({ description: 'What happens to messages that cannot be processed.' }),
    dead_letter: z
      .strictObject({
        topic: z.string().min(1).meta({ description: 'Topic for messages that can never be.' }),
      })
      .optional()
      .meta({
        description:
          'Where messages go that can never be read or stored, with the reason; absent = as message_marking says.',
      }),
    header_extraction: z
      .strictObject({
        extract_headers: z.boolean().default(false).meta({
          description: 'Add headers as resource attributes kafka.header.NAME.',
        }),
        headers: z.array(z.string()).default([]).meta({ description: 'Which headers.' }),
      })
      .prefault({})
      .meta({ description: 'Headers as resource attributes.' }),
    error_backoff: z
      .strictObject({
        enabled: z.boolean().optional().meta({
          description: "The Collector's switch.",
          unused: 'there is always a wait',
        }),
        initial_interval: duration('First wait after a failure.', '500ms'),
        max_interval: duration('Longest wait.', '30s'),
        multiplier: z.number().min(1).default(1.5).meta({ description: 'Growth of the wait.' }),
        randomization_factor: z.number().min(0).max(1).default(0.5).meta({
          description: 'Each wait is multiplied by a random 1 +- this.',
        }),
        max_elapsed_time: z.string().optional().meta({
          description: "The Collector's end of retries.",
          unused: 'nothing is given up',
        }),
      })
      .prefault({})
      .meta({ description: 'Waits between tries of a batch that failed.' }),
  })
  .refine(({ heartbeat_interval: beat, session_timeout: session }) => beat < session, {
    message: 'must be shorter than session_timeout; a third of it is usual',
    path: ['heartbeat_interval'],
  })

export type KafkaReceiverConfig = z.output<typeof kafkaReceiverConfig>
