import { createServer, type IncomingMessage } from 'node:http'

// A ClickHouse HTTP endpoint that answers what a client asks when it connects, and discards INSERTs.
// Speaks JSON to @clickhouse/client and Native to the Collector's Go client.
// Usage: node clickhouse-sink.js PORT
const VERSION = '26.7.2.1'
const REVISION = 54483
/** From this revision on, Native column headers carry a byte "has custom serialization". */
const CUSTOM_SERIALIZATION_REVISION = 54454

const COLUMNS: readonly (readonly [name: string, type: string])[] = [
  ['Timestamp', 'DateTime64(9)'],
  ['TraceId', 'String'],
  ['SpanId', 'String'],
  ['TraceFlags', 'UInt8'],
  ['SeverityText', 'LowCardinality(String)'],
  ['SeverityNumber', 'UInt8'],
  ['ServiceName', 'LowCardinality(String)'],
  ['Body', 'String'],
  ['ResourceSchemaUrl', 'LowCardinality(String)'],
  ['ResourceAttributes', 'Map(LowCardinality(String), String)'],
  ['ScopeSchemaUrl', 'LowCardinality(String)'],
  ['ScopeName', 'String'],
  ['ScopeVersion', 'LowCardinality(String)'],
  ['ScopeAttributes', 'Map(LowCardinality(String), String)'],
  ['LogAttributes', 'Map(LowCardinality(String), String)'],
  ['EventName', 'String'],
]

createServer((request, response) => {
  const url = new URL(request.url ?? '/', 'http://localhost')
  const query = url.searchParams.get('query')
  if (query !== null && /^\s*insert/i.test(query)) {
    request.on('data', () => {})
    request.on('end', () => response.end())
    return
  }
  void text(request).then(body => {
    const answer = reply(`${query ?? ''}${body}`, url.searchParams.get('client_protocol_version'))
    if (Buffer.isBuffer(answer)) response.setHeader('X-ClickHouse-Format', 'Native')
    response.end(answer)
  })
}).listen(Number(process.argv[2]), '127.0.0.1')

function reply(sql: string, protocol: string | null): Buffer | string {
  const native = protocol !== null || !/format\s+json/i.test(sql)
  if (/^\s*desc/i.test(sql)) return native ? nativeDescribe(Number(protocol)) : jsonDescribe(sql)
  if (/^\s*select/i.test(sql) && /revision|version/i.test(sql)) {
    return native ? nativeHandshake(Number(protocol)) : json(sql, [{ version: VERSION }])
  }
  return ''
}

function jsonDescribe(sql: string): string {
  return json(
    sql,
    COLUMNS.map(([name, type]) => ({ name, type, default_type: '', default_expression: '' })),
  )
}

function json(sql: string, rows: readonly object[]): string {
  if (/format\s+jsoneachrow/i.test(sql)) return rows.map(row => `${JSON.stringify(row)}\n`).join('')
  return JSON.stringify({ data: rows, rows: rows.length })
}

async function text(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks).toString('latin1')
}

/** Native strings here are all shorter than 128 bytes. */
function string(value: string): Buffer {
  return Buffer.concat([Buffer.from([value.length]), Buffer.from(value)])
}

function columnHeader(name: string, type: string, protocol: number): Buffer {
  const custom = protocol >= CUSTOM_SERIALIZATION_REVISION ? Buffer.from([0]) : Buffer.alloc(0)
  return Buffer.concat([string(name), string(type), custom])
}

function block(columns: number, rows: number, protocol: number): Buffer {
  const blockInfo = Buffer.from([1, 0, 2, 255, 255, 255, 255, 0])
  return Buffer.concat([protocol > 0 ? blockInfo : Buffer.alloc(0), Buffer.from([columns, rows])])
}

function nativeDescribe(protocol: number): Buffer {
  const names = 'name type default_type default_expression comment codec_expression ttl_expression'
  const columns = names.split(' ').map((name, index) => {
    const values = COLUMNS.map(column => string(column[index] ?? ''))
    return Buffer.concat([columnHeader(name, 'String', protocol), ...values])
  })
  return Buffer.concat([block(columns.length, COLUMNS.length, protocol), ...columns])
}

function nativeHandshake(protocol: number): Buffer {
  const revision = Buffer.alloc(4)
  revision.writeUInt32LE(REVISION)
  const values: readonly (readonly [string, string, Buffer])[] = [
    ['displayName()', 'String', string('sink')],
    ['version()', 'String', string(VERSION)],
    ['revision()', 'UInt32', revision],
    ['timezone()', 'String', string('UTC')],
  ]
  const columns = values.flatMap(([name, type, value]) => [
    columnHeader(name, type, protocol),
    value,
  ])
  return Buffer.concat([block(values.length, 1, protocol), ...columns])
}
