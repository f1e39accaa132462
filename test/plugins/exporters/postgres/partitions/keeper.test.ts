import test from 'ava'
import { Keeper } from '../../../../../plugins/exporters/postgres/partitions/keeper.ts'
import { createTestContext } from '../../../../../src/testing/index.ts'
import { until } from '../../../../helpers/until.ts'

test('it runs at once and again, one run at a time, until it is stopped', async t => {
  let runs = 0
  let running = 0
  const keeper = new Keeper(
    async () => {
      t.is(++running, 1)
      await new Promise(resolve => setTimeout(resolve, 5))
      running--
      runs++
    },
    createTestContext('exporter', 'postgres').logger,
    1,
  )
  keeper.start()
  keeper.start()
  await until(() => runs > 2)
  await keeper.stop()
  const last = runs
  await new Promise(resolve => setTimeout(resolve, 30))
  t.is(runs, last)
})

test('a run that fails is said, and tried again', async t => {
  const context = createTestContext('exporter', 'postgres')
  let runs = 0
  const keeper = new Keeper(
    async () => {
      if (++runs === 1) throw new Error('no luck')
    },
    context.logger,
    1,
  )
  keeper.start()
  await until(() => runs > 1)
  t.like(context.lines[0], { level: 40, reason: 'no luck' })
  t.is(context.lines.length, 1)
  await keeper.stop()
})

test('a stop ends a run under way without a word, and is safe without a start', async t => {
  const context = createTestContext('exporter', 'postgres')
  const keeper = new Keeper(
    signal =>
      new Promise((_resolve, reject) => {
        signal.addEventListener('abort', () => reject(new Error('aborted')))
      }),
    context.logger,
  )
  keeper.start()
  await keeper.stop()
  await new Keeper(async () => {}, context.logger).stop()
  t.deepEqual(context.lines, [])
})
