import { JsonShape } from './json-shape.ts'

/*
 * The messages of OTLP logs as JSON knows them (proto/opentelemetry/proto). The order of fields is
 * the order in which they are written.
 */

const anyValue = new JsonShape({
  stringValue: { number: 1, kind: 'string' },
  boolValue: { number: 2, kind: 'bool' },
  intValue: { number: 3, kind: 'int64' },
  doubleValue: { number: 4, kind: 'double' },
  arrayValue: { number: 5, kind: 'message', shape: () => arrayValue },
  kvlistValue: { number: 6, kind: 'message', shape: () => keyValueList },
  bytesValue: { number: 7, kind: 'bytes' },
  stringValueStrindex: { number: 8, kind: 'int32' },
})

const arrayValue = new JsonShape(
  { values: { number: 1, kind: 'message', repeated: true, shape: () => anyValue } },
  true,
)

const keyValue = new JsonShape({
  key: { number: 1, kind: 'string' },
  value: { number: 2, kind: 'message', shape: () => anyValue },
  keyStrindex: { number: 3, kind: 'int32' },
})

const keyValueList = new JsonShape(
  { values: { number: 1, kind: 'message', repeated: true, shape: () => keyValue } },
  true,
)

const entityRef = new JsonShape({
  schemaUrl: { number: 1, kind: 'string' },
  type: { number: 2, kind: 'string' },
  idKeys: { number: 3, kind: 'string', repeated: true },
  descriptionKeys: { number: 4, kind: 'string', repeated: true },
})

const resource = new JsonShape({
  attributes: { number: 1, kind: 'message', repeated: true, shape: () => keyValue },
  droppedAttributesCount: { number: 2, kind: 'uint32' },
  entityRefs: { number: 3, kind: 'message', repeated: true, shape: () => entityRef },
})

const scope = new JsonShape({
  name: { number: 1, kind: 'string' },
  version: { number: 2, kind: 'string' },
  attributes: { number: 3, kind: 'message', repeated: true, shape: () => keyValue },
  droppedAttributesCount: { number: 4, kind: 'uint32' },
})

/** SEVERITY_NUMBER_UNSPECIFIED 0, _TRACE 1, _TRACE2 2, ... _FATAL4 24. */
const severityNames = new Map([
  ['SEVERITY_NUMBER_UNSPECIFIED', 0],
  ...['TRACE', 'DEBUG', 'INFO', 'WARN', 'ERROR', 'FATAL'].flatMap((name, i) =>
    ['', '2', '3', '4'].map(
      (step, j) => [`SEVERITY_NUMBER_${name}${step}`, 4 * i + j + 1] as [string, number],
    ),
  ),
])

const logRecord = new JsonShape({
  timeUnixNano: { number: 1, kind: 'fixed64' },
  observedTimeUnixNano: { number: 11, kind: 'fixed64' },
  severityNumber: { number: 2, kind: 'enum', names: severityNames },
  severityText: { number: 3, kind: 'string' },
  body: { number: 5, kind: 'message', shape: () => anyValue },
  attributes: { number: 6, kind: 'message', repeated: true, shape: () => keyValue },
  droppedAttributesCount: { number: 7, kind: 'uint32' },
  flags: { number: 8, kind: 'fixed32' },
  traceId: { number: 9, kind: 'traceId' },
  spanId: { number: 10, kind: 'spanId' },
  eventName: { number: 12, kind: 'string' },
})

const scopeLogs = new JsonShape({
  scope: { number: 1, kind: 'message', shape: () => scope },
  logRecords: {
    number: 2,
    kind: 'message',
    repeated: true,
    isRecord: true,
    shape: () => logRecord,
  },
  schemaUrl: { number: 3, kind: 'string' },
})

const resourceLogs = new JsonShape({
  resource: { number: 1, kind: 'message', shape: () => resource },
  scopeLogs: { number: 2, kind: 'message', repeated: true, shape: () => scopeLogs },
  schemaUrl: { number: 3, kind: 'string' },
})

/** ExportLogsServiceRequest, and LogsData. */
export const LOGS_REQUEST = new JsonShape({
  resourceLogs: { number: 1, kind: 'message', repeated: true, shape: () => resourceLogs },
})
