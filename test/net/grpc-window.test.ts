import { connect } from 'node:http2'
import type { Server } from '@grpc/grpc-js'
import test from 'ava'
import { z } from 'zod'
import { GrpcServer } from '../../src/net/grpc-server.ts'
import { grpcServerFields } from '../../src/net/grpc-server-config.ts'
import { widenWindows } from '../../src/net/grpc-window.ts'
import { createTestContext } from '../../src/testing/test-context.ts'

test('a client may send megabytes before it must wait', async t => {
  const { logger, lines } = createTestContext('receiver', 'test')
  const config = z.strictObject(grpcServerFields('127.0.0.1:0')).parse({})
  const server = new GrpcServer(config, { key: 'x', logger })
  await server.start()
  const session = connect(server.url.replace('grpc', 'http'))
  t.teardown(async () => {
    session.destroy()
    await server.stop(AbortSignal.abort())
  })
  await new Promise(resolve => session.once('remoteSettings', resolve))
  t.is(session.remoteSettings.initialWindowSize, 4 * 1024 ** 2)
  // The window of the connection comes in a frame of its own, after the settings.
  while ((session.state.remoteWindowSize ?? 0) < 16 * 1024 ** 2) {
    await new Promise(resolve => setTimeout(resolve, 10))
  }
  t.deepEqual(lines, [])
})

test('a grpc-js without visible HTTP/2 servers is left alone, and one line says so', t => {
  const { logger, lines } = createTestContext('receiver', 'test')
  t.notThrows(() => widenWindows({} as Server, logger))
  t.is(lines.length, 1)
  t.regex(String(lines[0]?.['msg']), /windows stay narrow/)
})
