import { version } from '#core'
import type { IngestReceiverConfig } from './config.ts'
import { SLOTS } from './fields.ts'

const RECORD_EXAMPLE = {
  timestamp: '2025-11-26T17:18:27.123Z',
  level: 'error',
  message: 'payment failed',
  service: 'checkout',
  host: 'web-1',
  trace_id: '4bf92f3577b34da6a3ce929d0e0e4736',
  'order.id': 4711,
}

const ID_EXAMPLE = '9f3c2a1b7d4e-1'

/** The OpenAPI 3.1 document of the receiver's API, served by it and checked against it by tests. */
export function openApiDocument(
  config: Pick<
    IngestReceiverConfig,
    'path' | 'openapi_path' | 'max_records' | 'max_request_body_size' | 'max_attributes'
  >,
): object {
  return {
    openapi: '3.1.0',
    info: {
      title: 'Parsec ingest',
      version,
      summary: 'Log records as plain JSON.',
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    servers: [{ url: '/' }],
    paths: {
      [config.path]: { post: ingestOperation(config) },
      [config.openapi_path]: {
        get: {
          operationId: 'openapi',
          summary: 'This document.',
          responses: { 200: { description: 'OpenAPI 3.1', content: { 'application/json': {} } } },
        },
      },
    },
    components: { schemas: SCHEMAS, headers: HEADERS },
  }
}

function ingestOperation(config: Parameters<typeof openApiDocument>[0]): object {
  const one = { $ref: '#/components/schemas/Record' }
  const lines = { schema: { type: 'string', description: 'One record a line.' } }
  return {
    operationId: 'ingest',
    summary: 'Takes one record, an array of records, or one record a line (NDJSON).',
    description: `At most ${config.max_records} records, ${config.max_attributes} attributes each, and ${config.max_request_body_size} bytes, unpacked. Content-Encoding gzip, deflate and zlib are accepted. The answer comes once the records are safe.`,
    parameters: [
      {
        name: 'X-Request-Id',
        in: 'header',
        description: 'Kept as the request id when it is 1 to 128 printable ASCII characters.',
        schema: { type: 'string' },
      },
    ],
    requestBody: {
      required: true,
      content: {
        'application/json': {
          schema: { oneOf: [one, { type: 'array', items: one, maxItems: config.max_records }] },
          example: RECORD_EXAMPLE,
        },
        'application/x-ndjson': lines,
        'application/jsonl': lines,
        'application/x-jsonlines': lines,
      },
    },
    responses: RESPONSES,
  }
}

function response(description: string, schema: string, headers: readonly string[] = []): object {
  const refs = ['X-Request-Id', ...headers].map(name => [
    name,
    { $ref: `#/components/headers/${name}` },
  ])
  const content = { 'application/json': { schema: { $ref: `#/components/schemas/${schema}` } } }
  return { description, headers: Object.fromEntries(refs) as object, content }
}

const RESPONSES = {
  200: response('All records are safe.', 'Accepted'),
  207: response('Some records are safe; the results say which.', 'Mixed'),
  400: response('No record is valid, or the body is no JSON.', 'Refused'),
  401: response('No valid credentials.', 'Refused', ['WWW-Authenticate']),
  403: response('The credentials do not allow this.', 'Refused'),
  404: response('Nothing is served at this path.', 'Refused'),
  405: response('Another method.', 'Refused', ['Allow']),
  408: response('The request took too long to arrive.', 'Refused'),
  413: response('Too many bytes or records.', 'Refused'),
  415: response('Content-Type or Content-Encoding is not supported.', 'Refused'),
  429: response('Overloaded, or over a limit: try again.', 'Refused', ['Retry-After']),
  431: response('The headers are too large.', 'Refused'),
  500: response('The records were refused for good, by no fault of theirs.', 'Refused'),
  503: response('Nothing was taken: try again.', 'Refused', ['Retry-After']),
}

const HEADERS = {
  'X-Request-Id': { schema: { type: 'string' }, description: 'As in the body.' },
  'Retry-After': { schema: { type: 'integer' }, description: 'Seconds.' },
  'WWW-Authenticate': { schema: { type: 'string' } },
  Allow: { schema: { type: 'string' } },
}

const count = { type: 'integer', minimum: 0 }
const requestId = { type: 'string', examples: [ID_EXAMPLE] }
const errorSchema = {
  type: 'object',
  required: ['code', 'message'],
  additionalProperties: false,
  properties: { code: { type: 'string' }, message: { type: 'string' } },
}
const results = { type: 'array', items: { $ref: '#/components/schemas/Result' } }

const SCHEMAS = {
  Record: {
    type: 'object',
    description: recordDescription(),
    additionalProperties: true,
    examples: [RECORD_EXAMPLE],
  },
  Accepted: {
    type: 'object',
    required: ['request_id', 'accepted', 'rejected'],
    additionalProperties: false,
    properties: { request_id: requestId, accepted: count, rejected: { const: 0 } },
  },
  Mixed: {
    type: 'object',
    required: ['request_id', 'accepted', 'rejected', 'results'],
    additionalProperties: false,
    properties: { request_id: requestId, accepted: count, rejected: count, results },
  },
  Refused: {
    type: 'object',
    required: ['request_id', 'error'],
    additionalProperties: false,
    properties: {
      request_id: requestId,
      error: errorSchema,
      accepted: { const: 0 },
      rejected: count,
      results,
    },
  },
  Result: {
    type: 'object',
    required: ['index', 'status'],
    additionalProperties: false,
    properties: {
      index: { ...count, description: 'Place in the request, from 0.' },
      status: { enum: [200, 400] },
      errors: {
        type: 'array',
        items: {
          type: 'object',
          required: ['field', 'value', 'rule'],
          additionalProperties: false,
          properties: { field: { type: 'string' }, value: {}, rule: { type: 'string' } },
        },
      },
    },
  },
}

function recordDescription(): string {
  const lines = SLOTS.map(({ title, names }) => `${title}: ${names.join(', ')}`)
  return `Names that have a meaning, in any case; of several for one thing the first counts. ${lines.join('. ')}. Everything else becomes an attribute. Only the message must be there.`
}
