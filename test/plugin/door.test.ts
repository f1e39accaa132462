import test from 'ava'
import { Door } from '../../src/plugin/door.ts'
import { PipelineError } from '../../src/plugin/pipeline-error.ts'

test('without a guard everything may come in', t => {
  t.is(new Door().ask(1e9), undefined)
})

test('one guard that refuses is enough, until it leaves', t => {
  const door = new Door()
  const asked: number[] = []
  const refusal = PipelineError.retryable('full')
  door.addGuard('extension a', bytes => {
    asked.push(bytes)
    return undefined
  })
  const leave = door.addGuard('extension b', () => refusal)
  t.is(door.ask(7), refusal)
  t.true(door.isGuardedBy('extension b'))
  leave()
  t.is(door.ask(8), undefined)
  t.deepEqual(asked, [7, 8])
  t.false(door.isGuardedBy('extension b'))
})

test('the stats show who refuses and what every server holds', t => {
  const door = new Door()
  door.addGuard('processor memory_limiter', () => PipelineError.retryable('out of memory'))
  door.addGuard('extension quiet', () => undefined)
  const leave = door.addServer('receivers::otlp', () => ({ bytes_in_flight: 5 }))
  t.deepEqual(door.stats(), {
    refusing: { 'processor memory_limiter': 'out of memory' },
    servers: { 'receivers::otlp': { bytes_in_flight: 5 } },
  })
  leave()
  t.deepEqual(door.stats().servers, {})
})

test('a server that took over the place of another is not taken away with it', t => {
  const door = new Door()
  const leaveOld = door.addServer('receivers::otlp', () => ({ bytes_in_flight: 1 }))
  door.addServer('receivers::otlp', () => ({ bytes_in_flight: 2 }))
  leaveOld()
  t.deepEqual(door.stats().servers, { 'receivers::otlp': { bytes_in_flight: 2 } })
})
