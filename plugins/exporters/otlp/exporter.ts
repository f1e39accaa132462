import { encodeLogs, type PluginContext } from '#core'
import { clientAuthOf, OtlpGrpcSender, OtlpLogsExporter } from '#core/net'
import type { OtlpExporterConfig } from './config.ts'

/** Sends each batch as one unary call; an untouched batch leaves as the bytes that came in. */
export function createOtlpExporter(
  config: OtlpExporterConfig,
  context: PluginContext,
): OtlpLogsExporter {
  return new OtlpLogsExporter(context, {
    createSender: () => {
      const key = `exporters::${context.id}`
      return new OtlpGrpcSender(config, clientAuthOf(config.auth, context.authenticators, key))
    },
    encode: encodeLogs,
    timeoutMs: config.timeout,
  })
}
