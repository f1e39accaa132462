import type { ChildProcess } from 'node:child_process'
import { EventEmitter } from 'node:events'
import test from 'ava'
import { closeHandedConnections } from '../../src/workers/handed-connections.ts'

function subject() {
  const sent: unknown[] = []
  const child = Object.assign(new EventEmitter(), {
    send: (message: unknown) => sent.push(message) > 0,
  }) as unknown as ChildProcess
  closeHandedConnections(child)
  const closed: number[] = []
  const hand = (seq: number, act = 'newconn'): void => {
    const handle = { close: () => void closed.push(seq) }
    child.send({ cmd: 'NODE_CLUSTER', act, seq } as object, handle as never)
  }
  return { child, sent, closed, hand }
}

test('a connection that the worker has not taken when it ends is closed', t => {
  const { child, sent, closed, hand } = subject()
  hand(1)
  hand(2)
  child.emit('internalMessage', { cmd: 'NODE_CLUSTER', ack: 1, accepted: true })
  child.emit('exit', null, 'SIGKILL')
  t.deepEqual(closed, [2])
  t.is(sent.length, 2)
})

test('nothing but connections is closed', t => {
  const { child, closed, hand } = subject()
  hand(1, 'listen')
  child.send({ type: 'stop' })
  child.emit('exit', 0, null)
  t.deepEqual(closed, [])
})
