import { setTimeout as sleep } from 'node:timers/promises'
import test from 'ava'
import { RepeatedLog } from '../../src/telemetry/repeated-log.ts'
import { createTestContext } from '../../src/testing/test-context.ts'

function subject(windowMs?: number) {
  const { logger, lines } = createTestContext('exporter', 'x')
  return { log: new RepeatedLog(logger, windowMs), lines }
}

test('the first line is logged at once, repeats as one line with their count', t => {
  const { log, lines } = subject()
  for (let attempt = 0; attempt < 1000; attempt++) {
    log.log('warn', 'refused', { attempt }, 'connection refused')
  }
  t.is(lines.length, 1)
  t.like(lines[0], { attempt: 0, msg: 'connection refused' })
  log.flush()
  t.is(lines.length, 2)
  t.like(lines[1], {
    attempt: 999,
    repeated: 999,
    msg: 'connection refused (999 more within 10s)',
  })
})

test('a line that was not repeated is not logged again', t => {
  const { log, lines } = subject()
  log.log('warn', 'a', {}, 'a')
  log.flush()
  t.is(lines.length, 1)
})

test('different keys do not silence each other', t => {
  const { log, lines } = subject()
  log.log('warn', 'a', {}, 'a')
  log.log('error', 'b', {}, 'b')
  t.deepEqual(
    lines.map(line => line['msg']),
    ['a', 'b'],
  )
  log.flush()
})

test('the window ends by itself, and the next line is logged again', async t => {
  const { log, lines } = subject(10)
  log.log('warn', 'a', {}, 'a')
  log.log('warn', 'a', {}, 'a')
  while (lines.length < 2) await sleep(5)
  log.log('warn', 'a', {}, 'a')
  t.is(lines.length, 3)
  t.is(lines[2]!['repeated'], undefined)
  log.flush()
})

test('very many keys close the oldest early instead of growing', t => {
  const { log, lines } = subject()
  log.log('warn', 'first', {}, 'first')
  log.log('warn', 'first', {}, 'first')
  for (let i = 0; i < 300; i++) log.log('warn', `k${i}`, {}, 'other')
  t.true(lines.some(line => line['repeated'] === 1 && String(line['msg']).startsWith('first')))
  log.flush()
})
