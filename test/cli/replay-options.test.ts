import test from 'ava'
import { InvalidArgumentError } from 'commander'
import { plugins } from '../../plugins/index.ts'
import { UsageError } from '../../src/cli/exit-codes.ts'
import {
  checkPoints,
  parseFilter,
  parseName,
  parsePartitions,
  parsePoint,
  receiverOf,
} from '../../src/cli/replay-options.ts'
import { loadConfig } from '../../src/config/load.ts'

test('a point is an offset, or a time with its zone', t => {
  t.deepEqual(parsePoint('0'), { offset: 0 })
  t.deepEqual(parsePoint('9007199254740991'), { offset: 9007199254740991 })
  t.deepEqual(parsePoint('2026-11-26T12:00:00Z'), { timeMs: Date.UTC(2026, 10, 26, 12) })
  t.deepEqual(parsePoint('2026-11-26T12:00+02:00'), { timeMs: Date.UTC(2026, 10, 26, 10) })
  for (const text of [
    '',
    '-1',
    '1.5',
    '2026-11-26',
    '2026-11-26T12:00',
    '2026-13-01T00:00Z',
    '1e3',
  ]) {
    t.throws(() => parsePoint(text), { message: /as an offset, or as 2026/ }, text)
  }
})

test('partitions add up, each once', t => {
  t.deepEqual(parsePartitions('2,0', [1, 2]), [0, 1, 2])
  for (const text of ['', 'all', '0-3', '1,'])
    t.throws(() => parsePartitions(text), undefined, text)
})

test('a name has no separators', t => {
  t.is(parseName('2026-11_second.try'), '2026-11_second.try')
  for (const text of ['', 'a/b', 'a b', 'x'.repeat(65)]) t.throws(() => parseName(text))
})

test('a filter is one condition, and a fault in it has a place', t => {
  t.is(parseFilter('true').source, 'true')
  t.throws(() => parseFilter('log.body = "x"'), {
    instanceOf: InvalidArgumentError,
    message: 'at character 10: "=": equality is written ==',
  })
  t.throws(() => parseFilter('false', parseFilter('true')), { message: /joined with or/ })
})

test('the end comes after the begin, and is no more than now', t => {
  const at = (timeMs: number): { timeMs: number } => ({ timeMs })
  t.notThrows(() => checkPoints(at(1), at(2), 2))
  t.notThrows(() => checkPoints({ offset: 5 }, at(2), 2))
  t.throws(() => checkPoints(at(1), at(3), 2), { instanceOf: UsageError, message: /future/ })
  t.throws(() => checkPoints(at(2), at(2), 2), { message: /--to must be after --from/ })
  t.throws(() => checkPoints({ offset: 2 }, { offset: 1 }, 2), { message: /--to must be after/ })
})

async function chosen(receivers: string, named?: string): Promise<string> {
  const text = `
receivers: { kafka: , kafka/b: , kafka/unused: , nop: }
exporters: { nop: }
service: { pipelines: { logs: { receivers: [${receivers}], exporters: [nop] } } }`
  const { config } = await loadConfig({ sources: [`yaml:${text}`], plugins, env: {} })
  return receiverOf(config!, named)
}

test('the receiver is the only one that can, or the one that is named', async t => {
  t.is(await chosen('kafka, nop'), 'kafka')
  t.is(await chosen('kafka, kafka/b', 'kafka/b'), 'kafka/b')
  await t.throwsAsync(chosen('kafka, kafka/b'), {
    instanceOf: UsageError,
    message: 'several receivers can replay; name one with --receiver: kafka, kafka/b',
  })
  await t.throwsAsync(chosen('kafka, nop', 'nop'), {
    message: /receiver nop cannot replay; name one/,
  })
  await t.throwsAsync(chosen('kafka', 'kafka/unused'), { message: /kafka\/unused cannot replay/ })
  await t.throwsAsync(chosen('nop'), {
    message: /no pipeline of the config has a receiver that can/,
  })
})
