import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import test, { type ExecutionContext } from 'ava'
import { closeIfSilent } from '../../src/net/silent-connection.ts'

/** A server that closes silent connections after 20 ms, and a client that says `text`. */
async function talk(
  t: ExecutionContext,
  text: string,
): Promise<{ client: Socket; server: Socket }> {
  const listener = createServer()
  listener.listen(0, '127.0.0.1')
  await once(listener, 'listening')
  t.teardown(() => listener.close())
  const client = connect((listener.address() as AddressInfo).port, '127.0.0.1')
  t.teardown(() => client.destroy())
  const [server] = (await once(listener, 'connection')) as [Socket]
  t.teardown(() => server.destroy())
  server.resume()
  client.resume()
  client.write(text)
  if (text !== '') await once(server, 'data')
  closeIfSilent(server, 20)
  return { client, server }
}

for (const text of ['', 'PRI * HTTP/2']) {
  test(`a client that says ${JSON.stringify(text)} is cut off`, async t => {
    const { client } = await talk(t, text)
    await once(client, 'close')
    t.pass()
  })
}

test('one that has said hello is left alone', async t => {
  const { server } = await talk(t, 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n')
  await new Promise(resolve => setTimeout(resolve, 100))
  t.false(server.destroyed)
})
