import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { LogBatch } from '../../../batch/log-batch.ts'
import { buildLogs } from '../../../otlp/build-logs.ts'
import { decodeLogs } from '../../../otlp/decode-logs.ts'
import type { Arrival } from '../judge.ts'
import { type Mint, NUMBER_KEY } from '../records.ts'
import type { Destination } from './destination.ts'
import { FaultProxy } from './fault-proxy.ts'

/** OTLP: a client must not try again. */
const FINAL_STATUS = 500

/** An OTLP/HTTP server that keeps the bytes of every record it gets. */
export async function startOtlpDestination(mint: Mint, seed: number): Promise<Destination> {
  const arrivals: Arrival[] = []
  const server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('error', () => undefined)
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => take(Buffer.concat(chunks), response))
  })
  const take = (body: Buffer, response: ServerResponse): void => {
    const { batch, rejectedCount } = decodeLogs(body, { requestId: 'oracle' })
    arrivals.push(...arrivalsOf(batch))
    // Bytes that cannot be read are records that nobody sent.
    for (let i = 0; i < rejectedCount; i++) {
      arrivals.push({ number: undefined, content: body.toString('latin1') })
    }
    response.writeHead(200, { 'content-type': 'application/x-protobuf' }).end()
  }
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  const proxy = await FaultProxy.start(`http://127.0.0.1:${port}`, seed, FINAL_STATUS)
  return {
    exporter: { type: 'otlp_http', keys: { endpoint: proxy.url, compression: 'none' } },
    exactlyOnce: false,
    proxy,
    expected: number => {
      const parts = { ...mint.envelope(number), records: [mint.record(number)] }
      return arrivalsOf(buildLogs([parts], { requestId: 'oracle' }))[0]?.content ?? ''
    },
    arrivals: () => Promise.resolve(arrivals),
    close: async () => {
      await proxy.close()
      server.closeAllConnections()
      await new Promise(resolve => server.close(resolve))
    },
  }
}

/** The bytes of each record, resource and scope, one character a byte. */
function arrivalsOf(batch: LogBatch): Arrival[] {
  const { bytes, columns, scopes, resources } = batch
  const cursor = batch.cursor()
  return Array.from({ length: batch.count }, (_, i) => {
    const row = batch.row(i)
    cursor.seek(row)
    const number = cursor.attribute(NUMBER_KEY)
    const { scopeIndex, resourceIndex } = cursor
    const content = [
      bytes.toString('latin1', columns.offset[row], columns.end[row]),
      bytes.toString(
        'latin1',
        resources.resourceOffset[resourceIndex],
        resources.resourceEnd[resourceIndex],
      ),
      bytes.toString('latin1', scopes.scopeOffset[scopeIndex], scopes.scopeEnd[scopeIndex]),
    ].join('|')
    return { number: typeof number === 'bigint' ? Number(number) : undefined, content }
  })
}
