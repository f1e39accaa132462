import test from 'ava'
import { BatchGroup } from '../../../../plugins/processors/batch/batch-group.ts'
import { Held } from '../../../../plugins/processors/batch/held.ts'
import { ManualClock, sampleLogs } from '../../../../src/testing/index.ts'

const never = new AbortController().signal

function start(sendSize: number, sizeMax = 0) {
  const clock = new ManualClock()
  const sent: string[] = []
  const group = new BatchGroup({
    sendSize,
    sizeMax,
    timeoutMs: 100,
    bytesMax: 1e6,
    clock,
    send: (parts, trigger) =>
      sent.push(`${trigger} ${parts.map(({ from, to }) => `${from}-${to}`).join(' ')}`),
  })
  const add = (count: number): Held => {
    const bodies = Array.from({ length: count }, () => 'x')
    const held = new Held(sampleLogs(bodies), never)
    group.add(held)
    return held
  }
  return { clock, sent, group, add }
}

test('the timer runs from the first of what waits, and stops when nothing does', async t => {
  const { clock, sent, add } = start(3)
  add(1)
  await clock.advance(60)
  add(1)
  await clock.advance(40)
  t.deepEqual(sent, ['timeout 0-1 0-1'])
  t.is(clock.pending, 0)
})

test('a batch cut in several pieces names their ranges', t => {
  const { sent, add, group } = start(2, 2)
  add(5)
  group.flush('stop')
  t.deepEqual(sent, ['size 0-2', 'size 2-4', 'stop 4-5'])
  t.true(group.isEmpty)
})

test('removing the last one stops the timer, removing what was sent does nothing', t => {
  const { clock, sent, add, group } = start(2)
  const gone = add(1)
  group.remove(gone)
  t.is(clock.pending, 0)
  const whole = add(2)
  group.remove(whole)
  add(1)
  t.deepEqual(sent, ['size 0-2'])
  group.flush('stop')
  t.deepEqual(sent, ['size 0-2', 'stop 0-1'])
})

test('removing a sender that is partly sent takes back the rest only', t => {
  const { sent, add, group } = start(2, 2)
  const cut = add(3)
  group.remove(cut)
  t.true(group.isEmpty)
  add(1)
  group.flush('stop')
  t.deepEqual(sent, ['size 0-2', 'stop 0-1'])
})
