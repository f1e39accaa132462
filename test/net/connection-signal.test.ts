import { once } from 'node:events'
import { connect, createServer, type Socket } from 'node:net'
import test, { type ExecutionContext } from 'ava'
import { connectionSignal, peerAddress, peerClient } from '../../src/net/connection-signal.ts'

async function pair(t: ExecutionContext): Promise<{ client: Socket; accepted: Socket }> {
  const server = createServer()
  t.teardown(() => server.close())
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as { port: number }
  const connection = once(server, 'connection') as Promise<[Socket]>
  const client = connect(port, '127.0.0.1')
  const [accepted] = await connection
  t.teardown(() => {
    client.destroy()
    accepted.destroy()
  })
  accepted.on('error', () => {})
  accepted.resume()
  return { client, accepted }
}

test('requests of a connection share a signal that aborts when it closes', async t => {
  const { client, accepted } = await pair(t)
  const signal = connectionSignal(accepted)
  t.is(connectionSignal(accepted), signal)
  t.false(signal.aborted)
  client.destroy()
  await once(accepted, 'close')
  t.true(signal.aborted)
  t.true(connectionSignal(accepted).aborted)
})

test('the signal is renewed now and then, and the new one aborts', async t => {
  const { client, accepted } = await pair(t)
  const signals = new Set(Array.from({ length: 200 }, () => connectionSignal(accepted)))
  t.is(signals.size, 4)
  client.destroy()
  await once(accepted, 'close')
  t.true([...signals].at(-1)!.aborted)
})

test('the peer is address and port', async t => {
  const { client, accepted } = await pair(t)
  t.is(peerAddress(accepted), `127.0.0.1:${client.localPort}`)
})

test('all connections of one client have its address in common', async t => {
  const { accepted } = await pair(t)
  t.is(peerClient(accepted), '127.0.0.1')
})
