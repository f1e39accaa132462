import test from 'ava'
import { type Broker, BrokerUnderTest } from '../../../../src/testing/oracle/topologies/broker.ts'

test('two runs that end the broker at the same time restart it once', async t => {
  const done: string[] = []
  const note = (what: string) => async (): Promise<void> => void done.push(what)
  const broker: Broker = {
    addresses: { brokers: '127.0.0.1:1' },
    start: note('start'),
    stop: note('stop'),
    kill: note('kill'),
  }
  const shared = new BrokerUnderTest(broker)
  await Promise.all([
    shared.restart({ kind: 'kill-broker', downMs: 0 }),
    shared.restart({ kind: 'stop-broker', downMs: 0 }),
  ])
  t.deepEqual(done, ['kill', 'start'])
  await shared.restart({ kind: 'stop-broker', downMs: 0 })
  t.deepEqual(done, ['kill', 'start', 'stop', 'start'])
})
