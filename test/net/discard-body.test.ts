import { once } from 'node:events'
import {
  createServer,
  request as httpRequest,
  type IncomingMessage,
  type RequestListener,
} from 'node:http'
import { type AddressInfo, connect } from 'node:net'
import test, { type ExecutionContext } from 'ava'
import { endBeforeBody, isArriving, mustClose } from '../../src/net/discard-body.ts'

const MIB = 1024 ** 2
const ANSWER = Buffer.from('no room')

/** A server that answers 429 without reading; counts what came over the wire. */
async function refusing(t: ExecutionContext): Promise<{ port: number; read: () => number }> {
  let read = 0
  const refuse: RequestListener = (request, response) => {
    request.on('data', (chunk: Buffer) => (read += chunk.length))
    request.pause()
    if (mustClose(request)) response.shouldKeepAlive = false
    response.writeHead(429, { 'content-length': ANSWER.length })
    if (isArriving(request)) endBeforeBody(request, response, ANSWER)
    else response.end(ANSWER)
  }
  const server = createServer(refuse)
  server.on('checkContinue', refuse)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => {
    server.closeAllConnections()
    server.close()
  })
  return { port: (server.address() as AddressInfo).port, read: () => read }
}

/** Sends all of it whatever is answered, as simple clients do, and gives what it then reads. */
function sendAll(port: number, size: number): Promise<{ status: number; body: string }> {
  return new Promise((resolve, reject) => {
    const options = { host: '127.0.0.1', port, method: 'POST' }
    const request = httpRequest({ ...options, headers: { 'content-length': size } })
    request.on('error', reject)
    request.on('response', (response: IncomingMessage) => {
      const chunks: Buffer[] = []
      response.on('data', (chunk: Buffer) => chunks.push(chunk))
      response.on('end', () => {
        resolve({ status: response.statusCode!, body: Buffer.concat(chunks).toString() })
        request.destroy()
      })
    })
    request.end(Buffer.alloc(size))
  })
}

test('a client hears the answer while it is still sending 64 MiB, most of which is not read', async t => {
  const { port, read } = await refusing(t)
  t.deepEqual(await sendAll(port, 64 * MIB), { status: 429, body: 'no room' })
  t.true(read() < 16 * MIB, String(read()))
})

test('fetch hears it too', async t => {
  const { port } = await refusing(t)
  const response = await fetch(`http://127.0.0.1:${port}/`, {
    method: 'POST',
    body: Buffer.alloc(64 * MIB),
  })
  t.is(response.status, 429)
  t.is(await response.text(), 'no room')
})

test('after a small body the connection is used again', async t => {
  const { port } = await refusing(t)
  const socket = connect(port, '127.0.0.1')
  t.teardown(() => socket.destroy())
  let text = ''
  socket.on('data', (chunk: Buffer) => (text += chunk.toString()))
  const request = `POST / HTTP/1.1\r\nhost: x\r\ncontent-length: ${MIB}\r\n\r\n`
  for (let i = 1; i <= 3; i++) {
    socket.write(request)
    socket.write(Buffer.alloc(MIB))
    while (text.split('no room').length <= i) await once(socket, 'data')
  }
  t.notRegex(text, /connection: close/i)
})

test('a body without an end is cut, after its sender could read the answer', async t => {
  const { port, read } = await refusing(t)
  const socket = connect(port, '127.0.0.1')
  socket.on('error', () => {})
  let text = ''
  socket.on('data', (chunk: Buffer) => (text += chunk.toString()))
  socket.write('POST / HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n')
  const chunk = Buffer.concat([
    Buffer.from('10000\r\n'),
    Buffer.alloc(0x10000),
    Buffer.from('\r\n'),
  ])
  let isOpen = true
  const closed = new Promise<void>(resolve => {
    socket.on('close', () => {
      isOpen = false
      resolve()
    })
  })
  const flood = (): void => {
    while (isOpen && socket.write(chunk));
  }
  socket.on('drain', flood)
  flood()
  await closed
  t.regex(text, /HTTP\/1.1 429/)
  t.true(read() < 16 * MIB, String(read()))
})

test('a client that waits for 100 Continue is told to close: it may or may not send its body', async t => {
  const { port } = await refusing(t)
  const socket = connect(port, '127.0.0.1')
  t.teardown(() => socket.destroy())
  socket.write('POST / HTTP/1.1\r\nhost: x\r\nexpect: 100-continue\r\ncontent-length: 10\r\n\r\n')
  const [answer] = (await once(socket, 'data')) as [Buffer]
  t.regex(answer.toString(), /connection: close/i)
})
