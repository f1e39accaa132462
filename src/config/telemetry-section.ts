import { z } from 'zod'
import type { TelemetryConfig } from './service-config.ts'

/*
 * `service::telemetry`: every key of the Collector's is known, so that an existing config runs. A
 * key marked `unused` is accepted with a warning.
 */

const LEVELS = ['debug', 'info', 'warn', 'error', 'DEBUG', 'INFO', 'WARN', 'ERROR'] as const
const METRIC_LEVELS = ['none', 'basic', 'normal', 'detailed'] as const
const METRICS_ENDPOINT = 'localhost:8888'

/** A key that changes nothing here, whatever its value. */
function unused(reason: string): z.ZodOptional<z.ZodUnknown> {
  return z
    .unknown()
    .optional()
    .meta({ description: `Not used: ${reason}.`, unused: reason })
}

const attributeValue = z.union([z.string(), z.number(), z.boolean(), z.null()])

const logs = z.strictObject({
  level: z
    .enum(LEVELS)
    .default('info')
    .meta({ description: 'The least severe lines to write.' })
    .transform(level => level.toLowerCase() as Lowercase<typeof level>),
  encoding: z
    .enum(['console', 'json'])
    .default('console')
    .meta({ description: 'Lines for people, or one JSON object a line.' }),
  development: unused('our log lines are the same everywhere'),
  disable_caller: unused('our log lines name no caller'),
  disable_stacktrace: unused('an error is logged once, with its stack'),
  sampling: unused('no log line is left out'),
  output_paths: unused('log lines go to stderr'),
  error_output_paths: unused('log lines go to stderr'),
  initial_fields: unused('use resource'),
  processors: unused('log lines are not exported'),
})

const prometheus = z
  .looseObject({
    host: z.string().default('localhost').meta({ description: 'Address to listen on.' }),
    port: z
      .number()
      .int()
      .min(0)
      .max(65535)
      .default(8888)
      .meta({ description: 'Port to listen on.' }),
  })
  .meta({ description: 'Serves `/metrics` for Prometheus.' })

const reader = z.strictObject({
  pull: z
    .strictObject({
      exporter: z
        .strictObject({ prometheus: prometheus.optional() })
        .meta({ description: 'Its form.' }),
    })
    .optional()
    .meta({ description: 'A reader that is asked.' }),
  periodic: unused('metrics are served, not pushed'),
})

const metrics = z.strictObject({
  level: z.enum(METRIC_LEVELS).default('normal').meta({ description: 'How much is measured.' }),
  endpoint: z
    .string()
    .optional()
    .meta({
      description: `Where \`/metrics\`, \`/health\` and \`/stats\` are served; ${METRICS_ENDPOINT} unless told.`,
    }),
  address: z
    .string()
    .optional()
    .meta({ description: 'The old spelling of `endpoint`.', replacedBy: 'endpoint' }),
  readers: z.array(reader).optional().meta({
    description: "The Collector's way to say `endpoint`: the first Prometheus reader counts.",
  }),
  views: unused('metrics have fixed views'),
})

const resource = z
  .object({
    attributes: z
      .array(
        z.looseObject({
          name: z.string().meta({ description: 'Such as `service.name`.' }),
          value: attributeValue.meta({ description: 'null leaves it out.' }),
        }),
      )
      .optional()
      .meta({ description: 'Attributes as a list of name and value.' }),
    schema_url: unused('our telemetry follows one schema'),
    detectors: unused('nothing is detected'),
  })
  .catchall(attributeValue)

/** The zod schema of `service::telemetry`. */
export const telemetrySchema: z.ZodType<TelemetryConfig> = z
  .strictObject({
    logs: logs.prefault({}).meta({ description: "Parsec's own log lines." }),
    metrics: metrics.prefault({}).meta({ description: "Parsec's own metrics." }),
    resource: resource.prefault({}).meta({
      description: 'Attributes of this process, such as `service.name`; null leaves one out.',
    }),
    traces: unused('spans go through the OpenTelemetry API of the process'),
  })
  .transform(({ logs, metrics, resource }) => ({
    logs: { level: logs.level, encoding: logs.encoding },
    metrics: { level: metrics.level, endpoint: endpointOf(metrics) },
    resource: attributesOf(resource),
  }))

function endpointOf({ endpoint, address, readers }: z.output<typeof metrics>): string {
  const pull = readers?.find(({ pull }) => pull?.exporter.prometheus)?.pull?.exporter.prometheus
  return endpoint ?? address ?? (pull ? hostPort(pull.host, pull.port) : METRICS_ENDPOINT)
}

function hostPort(host: string, port: number): string {
  return `${host.includes(':') ? `[${host}]` : host}:${port}`
}

function attributesOf(section: z.output<typeof resource>): Record<string, string> {
  const { attributes, schema_url: _url, detectors: _detectors, ...rest } = section
  const listed = (attributes ?? []).map(({ name, value }) => [name, value] as const)
  const given = [...Object.entries(rest), ...listed].filter(([, value]) => value !== null)
  return Object.fromEntries(given.map(([name, value]) => [name, String(value)]))
}
