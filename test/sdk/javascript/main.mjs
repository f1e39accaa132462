// Sends the test records with the OpenTelemetry SDK for JavaScript. See ../README.md for the contract.
import { context, trace, TraceFlags } from '@opentelemetry/api'
import { OTLPLogExporter as GrpcExporter } from '@opentelemetry/exporter-logs-otlp-grpc'
import { OTLPLogExporter as JsonExporter } from '@opentelemetry/exporter-logs-otlp-http'
import { OTLPLogExporter as ProtobufExporter } from '@opentelemetry/exporter-logs-otlp-proto'
import { resourceFromAttributes } from '@opentelemetry/resources'
import { BatchLogRecordProcessor, LoggerProvider } from '@opentelemetry/sdk-logs'

const { PARSEC_ENDPOINT, PARSEC_PROTOCOL, PARSEC_COMPRESSION, PARSEC_RUN_ID } = process.env
const Exporter = { grpc: GrpcExporter, 'http/protobuf': ProtobufExporter, 'http/json': JsonExporter }[PARSEC_PROTOCOL]
const url = PARSEC_PROTOCOL === 'grpc' ? PARSEC_ENDPOINT : `${PARSEC_ENDPOINT}/v1/logs`
const provider = new LoggerProvider({
  resource: resourceFromAttributes({
    'service.name': 'sdk-javascript',
    'service.version': '1.2.3',
    'run.id': PARSEC_RUN_ID,
  }),
  processors: [new BatchLogRecordProcessor({ exporter: new Exporter({ url, compression: PARSEC_COMPRESSION }) })],
})
const logger = provider.getLogger('sdk.test', '0.1.0')
const span = trace.setSpanContext(context.active(), {
  traceId: '0af7651916cd43dd8448eb211c80319c',
  spanId: 'b7ad6b7169203331',
  traceFlags: TraceFlags.SAMPLED,
})
const timestamp = [1700000000, 123456789]
logger.emit({
  timestamp,
  severityNumber: 17,
  severityText: 'ERROR',
  eventName: 'sdk.event',
  body: 'hello from the SDK: \u00fc \u{1f600}',
  attributes: { text: 'value', flag: true, count: 42, ratio: 1.5, list: ['a', 'b'] },
  context: span,
})
logger.emit({ timestamp, severityNumber: 9, severityText: 'INFO', body: { key: 'value', number: 1 } })
await provider.forceFlush()
await provider.shutdown()
