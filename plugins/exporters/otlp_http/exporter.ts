import { encodeLogs, encodeLogsJson, type LogBatch, type PluginContext } from '#core'
import { clientAuthOf, OtlpHttpSender, OtlpLogsExporter } from '#core/net'
import type { OtlpHttpExporterConfig } from './config.ts'

/** Sends each batch as one POST; in protobuf an untouched batch leaves as the bytes that came in. */
export function createOtlpHttpExporter(
  config: OtlpHttpExporterConfig,
  context: PluginContext,
): OtlpLogsExporter {
  const isJson = config.encoding === 'json'
  const url = logsUrl(config)
  return new OtlpLogsExporter(context, {
    createSender: () => {
      const key = `exporters::${context.id}`
      const auth = clientAuthOf(config.auth, context.authenticators, key)
      return new OtlpHttpSender(config, url, isJson ? 'json' : 'protobuf', auth)
    },
    encode: isJson ? encodeJson : encodeLogs,
    timeoutMs: config.timeout,
  })
}

function encodeJson(batch: LogBatch): Buffer {
  return Buffer.from(encodeLogsJson(batch))
}

/** `logs_endpoint` as it is, or the base with the path that OTLP names. */
function logsUrl({ endpoint, logs_endpoint: whole }: OtlpHttpExporterConfig): URL {
  if (whole !== undefined) return new URL(whole)
  if (endpoint === undefined) throw new Error('endpoint or logs_endpoint must be set')
  return new URL(`${endpoint.replace(/\/+$/, '')}/v1/logs`)
}
