import test from 'ava'
import { z } from 'zod'
import { clientErrorOf, createHttpServer } from '../../src/net/http-listener.ts'
import { httpServerFields } from '../../src/net/http-server-config.ts'

const schema = z.strictObject(httpServerFields('localhost:0'))

for (const [times, requestTimeout, headersTimeout] of [
  [{}, 60_000, 60_000],
  [{ read_timeout: '5s' }, 5000, 5000],
  [{ read_timeout: '5s', read_header_timeout: '1s' }, 5000, 1000],
  [{ read_timeout: '0s', read_header_timeout: '1s' }, 0, 1000],
  [{ read_timeout: '5s', read_header_timeout: '0s' }, 5000, 5000],
] as const) {
  test(`${JSON.stringify(times)} are times that Node takes`, t => {
    const server = createHttpServer(schema.parse(times))
    t.is(server.requestTimeout, requestTimeout)
    t.is(server.headersTimeout, headersTimeout)
  })
}

for (const [code, status, reason] of [
  ['ERR_HTTP_REQUEST_TIMEOUT', 408, 'the request took too long to arrive'],
  ['HPE_HEADER_OVERFLOW', 431, 'the headers are larger than max_header_size'],
  ['HPE_CHUNK_EXTENSIONS_OVERFLOW', 413, 'not a valid HTTP request: x'],
  ['HPE_INVALID_METHOD', 400, 'not a valid HTTP request: x'],
] as const) {
  test(`${code} is ${status}`, t => {
    t.deepEqual(clientErrorOf(Object.assign(new Error('x'), { code })), { status, reason })
  })
}
