import { create, fromBinary, toBinary } from '@bufbuild/protobuf'
import test from 'ava'
import fc from 'fast-check'
import { ExportLogsServiceResponseSchema } from '../../src/gen/opentelemetry/proto/collector/logs/v1/logs_service_pb.ts'
import {
  decodeExportResponse,
  encodeExportResponse,
  PARTIAL_SUCCESS_MESSAGE_CHARS_MAX,
} from '../../src/otlp/export-response.ts'
import { JsonError } from '../../src/wire/json-error.ts'
import { WireError } from '../../src/wire/wire-error.ts'
import { int } from '../helpers/wire.ts'

test('full success leaves partial_success unset', t => {
  t.is(encodeExportResponse('protobuf').length, 0)
  t.is(encodeExportResponse('json').toString(), '{}')
})

test('partial success is what the oracle reads', t => {
  const bytes = encodeExportResponse('protobuf', { rejectedCount: 3, message: 'bad ids' })
  const { partialSuccess } = fromBinary(ExportLogsServiceResponseSchema, bytes)
  t.is(partialSuccess?.rejectedLogRecords, 3n)
  t.is(partialSuccess?.errorMessage, 'bad ids')
})

test('partial success in JSON has its count as a string, under the name of its signal', t => {
  const partial = { rejectedCount: 3, message: 'bad "ids"' }
  t.is(
    encodeExportResponse('json', partial).toString(),
    '{"partialSuccess":{"rejectedLogRecords":"3","errorMessage":"bad \\"ids\\""}}',
  )
  t.is(
    encodeExportResponse('json', partial, 'rejectedSpans').toString(),
    '{"partialSuccess":{"rejectedSpans":"3","errorMessage":"bad \\"ids\\""}}',
  )
})

test('a response that is written is read again', t => {
  const partial = fc.record({ rejectedCount: fc.nat(), message: fc.string({ unit: 'grapheme' }) })
  const property = fc.property(partial, fc.constantFrom('protobuf', 'json'), (value, encoding) => {
    const again = decodeExportResponse(encoding, encodeExportResponse(encoding, value))
    t.deepEqual(again, value.rejectedCount === 0 && value.message === '' ? undefined : value)
  })
  t.notThrows(() => fc.assert(property))
})

test('a long message is cut', t => {
  const message = 'x'.repeat(1_000_000)
  const again = decodeExportResponse(
    'json',
    encodeExportResponse('json', { rejectedCount: 1, message }),
  )
  t.is(again?.message.length, PARTIAL_SUCCESS_MESSAGE_CHARS_MAX)
})

const reads = test.macro({
  exec(t, encoding: 'protobuf' | 'json', body: string | Uint8Array, expected: unknown) {
    t.deepEqual(decodeExportResponse(encoding, Buffer.from(body as string)), expected)
  },
  title: name => `${name} is read`,
})

const { rejectedCount, message } = { rejectedCount: 2, message: 'why' }
test('an empty body', reads, 'protobuf', '', undefined)
test(
  'an empty partial success of protobuf',
  reads,
  'protobuf',
  new Uint8Array([0x0a, 0]),
  undefined,
)
test('an empty partial success of JSON', reads, 'json', '{"partialSuccess":{}}', undefined)
test('a partial success of null', reads, 'json', '{"partialSuccess":null}', undefined)
test(
  'a count as a number',
  reads,
  'json',
  '{"partialSuccess":{"rejectedLogRecords":2,"errorMessage":"why"}}',
  { rejectedCount, message },
)
test(
  'snake_case',
  reads,
  'json',
  '{"partial_success":{"rejected_log_records":"2","error_message":"why"}}',
  { rejectedCount, message },
)
test('a warning', reads, 'json', '{"partialSuccess":{"errorMessage":"why"}}', {
  rejectedCount: 0,
  message,
})
test('an unknown key', reads, 'json', '{"other":1}', undefined)
test(
  'a response of the oracle',
  reads,
  'protobuf',
  toBinary(
    ExportLogsServiceResponseSchema,
    create(ExportLogsServiceResponseSchema, {
      partialSuccess: { rejectedLogRecords: 2n, errorMessage: 'why' },
    }),
  ),
  { rejectedCount, message },
)

test('a body that is something else is an error', t => {
  for (const body of ['', '<html>', '[]', '5']) {
    t.throws(() => decodeExportResponse('json', Buffer.from(body)), { instanceOf: JsonError })
  }
  for (const body of [Buffer.from('<html>'), int(1, 1), Buffer.from('0a05', 'hex')]) {
    t.throws(() => decodeExportResponse('protobuf', body), { instanceOf: WireError })
  }
})
