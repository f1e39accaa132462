import type { AddressInfo } from 'node:net'
import { connect, createServer, type Socket } from 'node:net'
import type { ExecutionContext } from 'ava'

/** A TCP proxy that can break connections at a chosen moment. */
export interface CutProxy {
  readonly port: number
  /**
   * Looks at what a client sends. `answer`: it reaches the server, but the connection is cut as soon
   * as the server answers, before the client hears of it. `now`: it is cut at once. `hang`: from here
   * on nothing passes either way. `before` is what the client has sent on this connection, as latin1.
   */
  onClientData: (chunk: Buffer, before: string) => 'pass' | 'answer' | 'now' | 'hang'
  /** How many connections were cut. */
  cuts: number
}

export async function startCutProxy(t: ExecutionContext, targetPort: number): Promise<CutProxy> {
  const sockets = new Set<Socket>()
  const server = createServer(client => {
    const target = connect(targetPort, '127.0.0.1')
    let isHanging = false
    let before = ''
    let isCutByAnswer = false
    const cut = (): void => {
      client.destroy()
      target.destroy()
    }
    for (const socket of [client, target]) {
      sockets.add(socket)
      socket.on('error', cut)
      socket.on('close', cut)
    }
    client.on('data', (chunk: Buffer) => {
      if (isHanging) return
      const action = proxy.onClientData(chunk, before)
      before += chunk.toString('latin1')
      if (action === 'now') {
        proxy.cuts++
        cut()
        return
      }
      isHanging = action === 'hang'
      isCutByAnswer = action === 'answer'
      if (!isHanging) target.write(chunk)
    })
    target.on('data', (chunk: Buffer) => {
      if (isHanging) return
      if (isCutByAnswer) {
        proxy.cuts++
        cut()
      } else client.write(chunk)
    })
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  const proxy: CutProxy = { port, onClientData: () => 'pass', cuts: 0 }
  t.teardown(() => {
    for (const socket of sockets) socket.destroy()
    server.close()
  })
  return proxy
}
