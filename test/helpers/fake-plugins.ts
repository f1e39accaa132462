import { z } from 'zod'
import { byteSize, duration, secret } from '../../src/config/fields.ts'
import { definePlugin, type Plugin } from '../../src/plugin/define-plugin.ts'

/*
 * Plugins that only have a config: enough of every kind of field to make every mistake with.
 */

const refuse = (): never => {
  throw new Error('a fake plugin is not for running')
}

const tls = z
  .union([z.boolean(), z.strictObject({ ca_file: z.string().min(1), insecure: z.boolean() })])
  .optional()
  .meta({ description: 'true, or how.' })

const auth = z
  .discriminatedUnion('type', [
    z.strictObject({
      type: z.literal('basic'),
      username: z.string(),
      password: secret('Its own.'),
    }),
    z.strictObject({ type: z.literal('bearer'), token: secret('Its own.') }),
  ])
  .optional()
  .meta({ description: 'Who may send.' })

const otlp = definePlugin({
  kind: 'receiver',
  type: 'otlp',
  stability: 'stable',
  summary: 'Receives.',
  config: z.strictObject({
    endpoint: z.string().min(3).default('localhost:4317').meta({ description: 'Where to listen.' }),
    port: z.number().int().min(1).max(65535).default(4317).meta({ description: 'A port.' }),
    max_size: byteSize('Largest request.', '64MiB'),
    tls,
    auth,
    compression: z
      .array(z.enum(['gzip', 'zstd']))
      .default(['gzip'])
      .meta({ description: 'Kinds.' }),
    fraction: z.number().gt(0).lt(1).default(0.5).meta({ description: 'A share.' }),
  }),
  create: refuse,
})

const batch = definePlugin({
  kind: 'processor',
  type: 'batch',
  stability: 'beta',
  summary: 'Joins.',
  config: z
    .strictObject({
      timeout: duration('Longest wait.', '200ms'),
      min: z.number().int().nonnegative().default(0).meta({ description: 'Least.' }),
      max: z.number().int().multipleOf(10).default(100).meta({ description: 'Most.' }),
    })
    .refine(({ min, max }) => min <= max, { error: 'min is above max', path: ['min'] }),
  create: refuse,
})

const attributes = definePlugin({
  kind: 'processor',
  type: 'attributes',
  stability: 'beta',
  summary: 'Changes attributes.',
  config: z.strictObject({
    actions: z
      .array(
        z.strictObject({
          key: z
            .string()
            .regex(/^[a-z.]+$/)
            .meta({ description: 'Which.' }),
          action: z.enum(['insert', 'update', 'delete']).meta({ description: 'What.' }),
          value: z
            .union([z.string(), z.number(), z.boolean()])
            .optional()
            .meta({ description: 'To what.' }),
        }),
      )
      .min(1)
      .meta({ description: 'In order.' }),
  }),
  create: refuse,
})

const store = definePlugin({
  kind: 'exporter',
  type: 'store',
  aliases: ['storage'],
  stability: 'beta',
  summary: 'Stores.',
  config: z.strictObject({
    endpoint: z.url().meta({ description: 'The server.' }),
    username: z.string().default('default').meta({ description: 'Who.' }),
    password: secret('Of the user.').default(''),
    key: secret('Exactly eight letters.')
      .refine(text => text.length === 8, {
        error: issue => `"${String(issue.input)}" is not 8 letters`,
      })
      .optional(),
    pin: z.string().optional().meta({ description: 'Digits.', secret: true }),
    headers: z
      .record(z.string().regex(/^[a-z-]+$/), secret('A value.'))
      .default({})
      .meta({ description: 'Sent with every request.' }),
    timeout: duration('Longest try.', '5s'),
    queue: z
      .strictObject({ size: z.number().int().default(10).meta({ description: 'Slots.' }) })
      .prefault({})
      .meta({ description: 'Waits here.' }),
    old_timeout: z.string().optional().meta({ description: 'Old.', replacedBy: 'timeout' }),
    tuning: z.unknown().optional().meta({ description: 'Ignored.', unused: 'it tunes itself' }),
  }),
  create: refuse,
})

const debug = definePlugin({
  kind: 'exporter',
  type: 'debug',
  stability: 'stable',
  summary: 'Prints.',
  config: z.strictObject({
    verbosity: z
      .enum(['basic', 'normal', 'detailed'])
      .default('basic')
      .meta({ description: 'How much.' }),
  }),
  create: refuse,
})

const forward = definePlugin({
  kind: 'connector',
  type: 'forward',
  stability: 'beta',
  summary: 'Joins pipelines.',
  config: z.strictObject({}),
  create: refuse,
})

const health = definePlugin({
  kind: 'extension',
  type: 'health',
  stability: 'beta',
  summary: 'Answers.',
  config: z.strictObject({ path: z.string().default('/').meta({ description: 'Where.' }) }),
  create: refuse,
})

export const fakePlugins: readonly Plugin[] = [
  otlp,
  batch,
  attributes,
  store,
  debug,
  forward,
  health,
]

const GOOD = {
  receivers: 'receivers:\n  otlp:\n',
  processors: 'processors:\n  batch:\n',
  exporters: 'exporters:\n  debug:\n',
  service:
    'service:\n  pipelines:\n    logs:\n      receivers: [otlp]\n      processors: [batch]\n      exporters: [debug]\n',
}

/** A config that is right, but for the sections given as whole YAML texts. */
export function configText(sections: Partial<typeof GOOD> & { more?: string } = {}): string {
  const { more = '', ...rest } = sections
  return Object.values({ ...GOOD, ...rest }).join('') + more
}
