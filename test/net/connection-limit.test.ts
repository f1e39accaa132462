import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import test, { type ExecutionContext } from 'ava'
import { limitConnections } from '../../src/net/connection-limit.ts'

async function start(t: ExecutionContext, max: number, isWorker: boolean) {
  let refused = 0
  const accepted: Socket[] = []
  const server = createServer(socket => {
    socket.on('error', () => undefined)
    accepted.push(socket)
    socket.write('hello')
  })
  limitConnections(server, max, () => refused++, isWorker)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => {
    for (const socket of accepted) socket.destroy()
    server.close()
  })
  const { port } = server.address() as AddressInfo
  /** Whether the server keeps the connection. */
  const open = async (): Promise<{ kept: boolean; socket: Socket }> => {
    const socket = connect(port, '127.0.0.1').on('error', () => undefined)
    t.teardown(() => socket.destroy())
    const kept = await new Promise<boolean>(resolve => {
      socket.once('data', () => resolve(true))
      socket.once('close', () => resolve(false))
    })
    return { kept, socket }
  }
  return { open, refused: () => refused }
}

for (const isWorker of [false, true]) {
  const who = isWorker ? 'a worker' : 'a single process'
  test(`${who} refuses connections beyond its limit, and takes others when some have gone`, async t => {
    const { open, refused } = await start(t, 1, isWorker)
    const first = await open()
    t.true(first.kept)
    const second = await open()
    if (second.kept) await once(second.socket, 'close')
    t.is(refused(), 1)
    first.socket.destroy()
    // The server hears of it a moment later.
    while (!(await open().then(({ kept, socket }) => kept && !socket.destroyed))) {
      await new Promise(resolve => setTimeout(resolve, 10))
    }
    t.true(refused() >= 1)
  })
}

test('without a limit nothing is refused', async t => {
  const { open, refused } = await start(t, 0, true)
  t.true((await open()).kept)
  t.true((await open()).kept)
  t.is(refused(), 0)
})
