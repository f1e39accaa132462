/** The door for plugin authors: everything a plugin may import, and nothing else. */
export {
  AttributeActions,
  LOG_RECORD_ATTRIBUTES,
  RESOURCE_ATTRIBUTES,
} from './attributes/attribute-actions.ts'
export { type AttributeActionConfig, attributeActionConfig } from './attributes/config.ts'
export { contextValue } from './attributes/context-value.ts'
export { compilePattern, type Pattern, PatternError } from './attributes/pattern.ts'
export { AuthGate, type Denial, type Verdict } from './auth/auth-gate.ts'
export { credentialsOf, isSameSecret, sha256 } from './auth/credentials.ts'
export { ReloadedFile } from './auth/reloaded-file.ts'
export { TokenBucket } from './auth/token-bucket.ts'
export {
  ANY_ARRAY,
  ANY_BOOL,
  ANY_BYTES,
  ANY_DOUBLE,
  ANY_INT,
  ANY_KVLIST,
  ANY_STRING,
  type AnyValue,
  AttributeWalk,
  readAnyValue,
  readKeyValues,
} from './batch/any-value.ts'
export { anyValueText } from './batch/any-value-text.ts'
export type { BatchContext } from './batch/batch.ts'
export type { LogColumns, RecordColumns, ResourceTable, ScopeTable } from './batch/columns.ts'
export { identityOf } from './batch/identity.ts'
export { LogBatch } from './batch/log-batch.ts'
export { type LogCursor, resourceRange } from './batch/log-cursor.ts'
export { mergedContext } from './batch/merged-context.ts'
export {
  mergedOrigin,
  type Origin,
  partOrigin,
  randomOrigin,
  rangeOrigin,
} from './batch/origin.ts'
export type { Identity } from './batch/sender-identity.ts'
export { byteSize, duration, mustParse, parseDurationMs, secret } from './config/fields.ts'
export { Backoff } from './export/backoff.ts'
export { exportChainFields } from './export/config.ts'
export { FirstSeen } from './export/first-seen.ts'
export {
  type AppliedMigration,
  type Migration,
  migrationChecksum,
  migrationTexts,
  pendingMigrations,
} from './export/migrations.ts'
export { Share } from './export/share.ts'
export { type MemoryLimiterConfig, memoryLimiterConfig } from './memory/config.ts'
export { memoryLimitOfWorker } from './memory/limits.ts'
export { MemoryLimiter } from './memory/memory-limiter.ts'
export {
  type Attributes,
  buildLogs,
  buildLogsRequest,
  type LogRecordParts,
  type ScopeLogsParts,
  writeLogRecord,
} from './otlp/build-logs.ts'
export { type DecodedLogs, decodeLogs } from './otlp/decode-logs.ts'
export { decodeLogsJson } from './otlp/decode-logs-json.ts'
export {
  type DecodedLogsParts,
  type DecodedPart,
  decodeLogsParts,
} from './otlp/decode-logs-parts.ts'
export { encodeLogs } from './otlp/encode-logs.ts'
export { encodeLogsJson } from './otlp/encode-logs-json.ts'
export {
  decodeExportResponse,
  encodeExportResponse,
  type OtlpEncoding,
  type PartialSuccess,
} from './otlp/export-response.ts'
export { JSON_VALUE_DEPTH_MAX, writeJsonValue, writeTextAttribute } from './otlp/json-value.ts'
export { mergeLogs } from './otlp/merge-logs.ts'
export { rewriteLogs } from './otlp/rewrite-logs.ts'
export { TooManyRecordsError } from './otlp/survey-request.ts'
export { writeAnyValue, writeKeyValue } from './otlp/write-any-value.ts'
export { abortError, orAborted, untilAborted } from './plugin/abort.ts'
export type { AuthRequest, ClientAuthenticator } from './plugin/authenticator.ts'
export { type Clock, sleep, systemClock } from './plugin/clock.ts'
export type {
  Component,
  ComponentKind,
  ComponentStatus,
  Connector,
  Exporter,
  Extension,
  PluginContext,
  Processor,
  Receiver,
} from './plugin/component.ts'
export type { Consumer } from './plugin/consumer.ts'
export {
  definePlugin,
  type Plugin,
  type Stability,
  type StoreQuery,
} from './plugin/define-plugin.ts'
export { Door, type DoorGuard } from './plugin/door.ts'
export type { ExtensionContext } from './plugin/extension-context.ts'
export type { ComponentHealth, HealthReport } from './plugin/health.ts'
export {
  type ErrorCode,
  PipelineError,
  type PipelineErrorOptions,
  type RefusedPart,
  type Rejected,
} from './plugin/pipeline-error.ts'
export { Readiness, SchemaError } from './plugin/readiness.ts'
export { Backlog, retryAfterMs } from './plugin/retry-after.ts'
export type {
  ReplayCounts,
  ReplayListener,
  ReplayPoint,
  ReplayRange,
  ReplayRequest,
  SourceReplay,
} from './plugin/source-replay.ts'
export type { WorkerPlace } from './plugin/worker-place.ts'
export { RepeatedLog } from './telemetry/repeated-log.ts'
export { traced, tracer } from './telemetry/tracing.ts'
export { version } from './telemetry/version.ts'
export { JsonError } from './wire/json-error.ts'
export { JsonReader } from './wire/json-reader.ts'
export { Reader } from './wire/reader.ts'
export { WireError } from './wire/wire-error.ts'
export { varintSize, Writer } from './wire/writer.ts'
