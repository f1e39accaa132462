import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer, type Server } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import { listenAt } from '../../src/net/listen-at.ts'

async function socketPath(t: ExecutionContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'parsec-sock-'))
  t.teardown(() => rm(folder, { recursive: true, force: true }))
  return join(folder, 's.sock')
}

function server(t: ExecutionContext): Server {
  const server = createServer()
  t.teardown(() => server.close())
  return server
}

test('host:port binds a port', async t => {
  const bound = await listenAt(server(t), '127.0.0.1:0', 'tcp', 'x::endpoint')
  t.true('port' in bound && bound.port > 0)
})

test('unix:// and the transport unix bind a socket', async t => {
  const path = await socketPath(t)
  t.deepEqual(await listenAt(server(t), `unix://${path}`, 'tcp', 'x'), { path })
  const other = `${path}2`
  t.deepEqual(await listenAt(server(t), other, 'unix', 'x'), { path: other })
})

test('a socket in use is refused, one that nobody serves is replaced', async t => {
  const path = await socketPath(t)
  await listenAt(server(t), `unix://${path}`, 'tcp', 'x')
  await t.throwsAsync(listenAt(server(t), `unix://${path}`, 'tcp', 'x::endpoint'), {
    message: /x::endpoint.*another process listens there/,
  })
})

test('a file that is no socket is never deleted', async t => {
  const path = await socketPath(t)
  await writeFile(path, 'precious')
  await t.throwsAsync(listenAt(server(t), `unix://${path}`, 'tcp', 'x::endpoint'), {
    message: /cannot listen/,
  })
})
