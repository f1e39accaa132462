import { Server } from '@grpc/grpc-js'
import test from 'ava'
import { addMethod } from '../../src/net/grpc-method.ts'

test('a method is registered once under its path', t => {
  const server = new Server()
  t.teardown(() => server.forceShutdown())
  addMethod(server, '/a.B/C', 'unary', (call, done) => done(null, call.request))
  t.throws(() => addMethod(server, '/a.B/C', 'unary', () => {}))
  t.notThrows(() => addMethod(server, '/a.B/D', 'bidi', () => {}))
})
