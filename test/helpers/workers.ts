import { once } from 'node:events'
import { createServer, type IncomingMessage, request } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { ExecutionContext } from 'ava'
import { decodeLogs } from '../../src/otlp/decode-logs.ts'
import { bodiesOf } from '../../src/testing/sample-logs.ts'
import { type ParsecProcess, startParsec } from './parsec-process.ts'

/** What `/stats` says that tests look at. */
export interface WorkersStats {
  readonly pid: number
  readonly pipelines: readonly { readonly in: number; readonly out: number }[]
  readonly exporters: readonly {
    readonly sent: number
    readonly ledger: Readonly<Record<string, number>>
    readonly queue: { readonly items: number }
  }[]
  readonly workers: readonly {
    readonly worker: number
    readonly pid: number
    readonly status: string
    readonly restarts: number
    readonly stats?: { readonly pipelines: readonly { readonly in: number }[] }
  }[]
}

/** A running Parsec with several workers. */
export interface Workers extends ParsecProcess {
  readonly logsUrl: string
  readonly grpcUrl: string
  readonly admin: string
  /** Sends one record over a connection of its own; the status of the answer, 0 without one. */
  readonly post: (body: string) => Promise<number>
  readonly stats: () => Promise<WorkersStats>
  readonly metrics: () => Promise<string>
}

/** Starts it and waits until it listens. `config` is YAML with `service::workers` and OTLP. */
export async function startWorkers(
  t: ExecutionContext,
  source: string,
  nodeArgs: readonly string[] = [],
): Promise<Workers> {
  const parsec = startParsec(t, ['run', '--config', source], nodeArgs)
  const [, admin = ''] = await parsec.says(/(http:\S+)\/health /)
  const [logsUrl] = await parsec.says(/http:\S+\/v1\/logs/)
  const grpcUrl = /grpc:\S+/.exec(parsec.stdout())?.[0] ?? ''
  return {
    ...parsec,
    logsUrl,
    grpcUrl,
    admin,
    post: body => post(logsUrl, body),
    stats: async () => (await (await fetch(`${admin}/stats`)).json()) as WorkersStats,
    metrics: async () => await (await fetch(`${admin}/metrics`)).text(),
  }
}

async function post(url: string, body: string): Promise<number> {
  const sent = request(url, {
    method: 'POST',
    agent: false,
    headers: { 'content-type': 'application/json' },
  })
  sent.end(
    JSON.stringify({
      resourceLogs: [{ scopeLogs: [{ logRecords: [{ body: { stringValue: body } }] }] }],
    }),
  )
  try {
    const [response] = (await once(sent, 'response')) as [IncomingMessage]
    response.resume()
    return response.statusCode ?? 0
  } catch {
    return 0
  }
}

/** An OTLP/HTTP destination that is down until it is opened. */
export async function destination(t: ExecutionContext) {
  const state = { isOpen: false }
  const bodies: string[] = []
  const server = createServer((incoming, response) => {
    const chunks: Buffer[] = []
    incoming.on('data', (chunk: Buffer) => chunks.push(chunk))
    incoming.on('end', () => {
      if (state.isOpen)
        bodies.push(...bodiesOf(decodeLogs(Buffer.concat(chunks), { requestId: 'test' }).batch))
      response.writeHead(state.isOpen ? 200 : 503, { 'content-type': 'application/x-protobuf' })
      response.end()
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => {
    server.closeAllConnections()
    server.close()
  })
  const { port } = server.address() as AddressInfo
  return { url: `http://127.0.0.1:${port}`, bodies, open: () => void (state.isOpen = true) }
}
