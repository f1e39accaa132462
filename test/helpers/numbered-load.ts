import { Agent, request } from 'node:http'
import { Client, credentials } from '@grpc/grpc-js'
import { encodeLogs } from '../../src/otlp/encode-logs.ts'
import { sampleLogs } from '../../src/testing/sample-logs.ts'

const EXPORT = '/opentelemetry.proto.collector.logs.v1.LogsService/Export'
/** Between two requests of one sender: connections in TIME_WAIT are not without end. */
const PAUSE_MS = 3

/** Senders that never stop on their own; every record's body is a text of its own. */
export interface NumberedLoad {
  /** Bodies of the records that were acknowledged so far. */
  readonly acknowledged: ReadonlySet<string>
  /** What went wrong with any request: refused connections, resets, other answers than OK. */
  readonly failures: readonly string[]
  /** Waits until every sender has had `count` more requests acknowledged, or one has failed. */
  more(count: number): Promise<void>
  /** Ends the senders, each after the answer to its last request. */
  stop(): Promise<void>
}

type Send = (body: Buffer) => Promise<void>

/** Sends to both protocols at once, each over one kept connection and over a new one a request. */
export function startLoad(logsUrl: string, grpcAddress: string): NumberedLoad {
  const keptAgent = new Agent({ keepAlive: true, maxSockets: 1 })
  const kept = new Client(grpcAddress, credentials.createInsecure())
  const senders: Record<string, Send> = {
    http: body => post(logsUrl, keptAgent, body),
    'http-fresh': body => post(logsUrl, false, body),
    grpc: body => call(kept, body),
    'grpc-fresh': async body => {
      const client = new Client(grpcAddress, credentials.createInsecure(), {
        'grpc.use_local_subchannel_pool': 1,
      })
      await call(client, body).finally(() => client.close())
    },
  }
  const acknowledged = new Set<string>()
  const failures: string[] = []
  const counts = new Map(Object.keys(senders).map(name => [name, 0]))
  let stopping = false
  const run = async (name: string, send: Send): Promise<void> => {
    for (let i = 0; !stopping; i++) {
      const bodies = [`${name}-${i}-a`, `${name}-${i}-b`]
      try {
        await send(Buffer.from(encodeLogs(sampleLogs(bodies))))
        for (const body of bodies) acknowledged.add(body)
        counts.set(name, i + 1)
      } catch (error) {
        failures.push(`${bodies[0]}: ${String(error)}`)
      }
      await new Promise(resolve => setTimeout(resolve, PAUSE_MS))
    }
  }
  const running = Object.entries(senders).map(([name, send]) => run(name, send))
  return {
    acknowledged,
    failures,
    more: async count => {
      const wanted = [...counts].map(([name, now]) => [name, now + count] as const)
      while (failures.length === 0 && wanted.some(([name, min]) => counts.get(name)! < min)) {
        await new Promise(resolve => setTimeout(resolve, 5))
      }
    },
    stop: async () => {
      stopping = true
      await Promise.all(running)
      keptAgent.destroy()
      kept.close()
    },
  }
}

async function post(url: string, agent: Agent | false, body: Buffer): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    const headers = { 'content-type': 'application/x-protobuf', 'content-length': body.length }
    const sent = request(url, { method: 'POST', agent, headers }, response => {
      response.resume()
      response.on('error', reject)
      response.on('end', () => {
        if (response.statusCode === 200) resolve()
        else reject(new Error(`HTTP ${response.statusCode}`))
      })
    })
    sent.on('error', reject)
    sent.end(body)
  })
}

async function call(client: Client, body: Buffer): Promise<void> {
  const same = (bytes: Buffer): Buffer => bytes
  await new Promise<void>((resolve, reject) => {
    client.makeUnaryRequest(EXPORT, same, same, body, error => {
      if (error === null) resolve()
      else reject(error)
    })
  })
}
