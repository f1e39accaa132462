import type { Plugin } from '#core'
import { forwardConnector } from './connectors/forward/index.ts'
import { clickHouseExporter } from './exporters/clickhouse/index.ts'
import { debugExporter } from './exporters/debug/index.ts'
import { fileExporter } from './exporters/file/index.ts'
import { kafkaExporter } from './exporters/kafka/index.ts'
import { nopExporter } from './exporters/nop/index.ts'
import { otlpExporter } from './exporters/otlp/index.ts'
import { otlpHttpExporter } from './exporters/otlp_http/index.ts'
import { postgresExporter } from './exporters/postgres/index.ts'
import { apiKeyExtension } from './extensions/api_key/index.ts'
import { basicAuthExtension } from './extensions/basicauth/index.ts'
import { bearerTokenAuthExtension } from './extensions/bearertokenauth/index.ts'
import { clientCertificateExtension } from './extensions/client_certificate/index.ts'
import { fileStorage } from './extensions/file_storage/index.ts'
import { healthCheck } from './extensions/health_check/index.ts'
import { memoryLimiterExtension } from './extensions/memory_limiter/index.ts'
import { oidcExtension } from './extensions/oidc/index.ts'
import { attributesProcessor } from './processors/attributes/index.ts'
import { batchProcessor } from './processors/batch/index.ts'
import { memoryLimiter } from './processors/memory_limiter/index.ts'
import { rateLimitProcessor } from './processors/rate_limit/index.ts'
import { resourceProcessor } from './processors/resource/index.ts'
import { ingestReceiver } from './receivers/ingest/index.ts'
import { kafkaReceiver } from './receivers/kafka/index.ts'
import { nopReceiver } from './receivers/nop/index.ts'
import { otlpReceiver } from './receivers/otlp/index.ts'

/** The one list of built-in plugins. */
export const plugins: readonly Plugin[] = [
  // Receivers
  ingestReceiver,
  kafkaReceiver,
  nopReceiver,
  otlpReceiver,
  // Processors
  attributesProcessor,
  batchProcessor,
  memoryLimiter,
  rateLimitProcessor,
  resourceProcessor,
  // Exporters
  clickHouseExporter,
  debugExporter,
  fileExporter,
  kafkaExporter,
  nopExporter,
  otlpExporter,
  otlpHttpExporter,
  postgresExporter,
  // Connectors
  forwardConnector,
  // Extensions
  apiKeyExtension,
  basicAuthExtension,
  bearerTokenAuthExtension,
  clientCertificateExtension,
  fileStorage,
  healthCheck,
  memoryLimiterExtension,
  oidcExtension,
]
