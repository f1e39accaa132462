import test, { type ExecutionContext } from 'ava'
import { reportRun } from '../../../src/testing/oracle/report.ts'
import { type RunResult, type RunSettings, runOnce } from '../../../src/testing/oracle/run.ts'
import { tempFolder } from '../../helpers/temp-folder.ts'

/*
 * A few seeded runs with the real program, a real store and real kills. `npm run chaos` makes
 * hundreds; here they prove that the oracle itself works, and above all that it sees a loss.
 */

async function run(
  t: ExecutionContext,
  seed: number,
  settings: Omit<RunSettings, 'workFolder' | 'resend'>,
): Promise<RunResult> {
  const workFolder = await tempFolder(t)
  const result = await runOnce(seed, { ...settings, resend: false, workFolder })
  t.teardown(() => result.discard())
  t.log(reportRun(result, 'npm run chaos'))
  return result
}

const keeps = test.macro(
  async (
    t: ExecutionContext,
    seed: number,
    settings: Omit<RunSettings, 'workFolder' | 'resend'>,
  ) => {
    const { broken, verdict, kills } = await run(t, seed, settings)
    t.deepEqual(broken, [])
    t.true((verdict?.acked ?? 0) > 0)
    t.is(kills > 0, settings.faults.includes('kill'))
  },
)

test.serial('killed, with a disturbed ClickHouse: what it has confirmed is there once', keeps, 3, {
  destination: 'clickhouse',
  queue: 'wait',
  faults: ['kill', 'down', 'slow', 'refuse', 'garbage', 'lost-answer'],
})

test.serial('killed together with its embedded store: what it has confirmed is there', keeps, 2, {
  destination: 'embedded',
  queue: 'wait',
  faults: ['kill'],
})

test.serial('without a queue, answers that are lost store nothing twice', keeps, 21, {
  destination: 'clickhouse',
  queue: 'none',
  faults: ['lost-answer'],
})

test.serial('stopped, and with a clock that jumps, it goes on', keeps, 4, {
  destination: 'otlp',
  queue: 'wait',
  faults: ['stop', 'clock'],
})

test.serial('the oracle sees the loss of a memory queue that is killed', async t => {
  // A destination that is mostly down: what was acknowledged waits in memory when it is killed.
  // Should a kill have met an empty queue each time, another seed has other kills.
  const settings = { destination: 'otlp', queue: 'memory', faults: ['kill', 'down'] } as const
  for (let seed = 2; seed < 7; seed++) {
    const { broken, verdict } = await run(t, seed, settings)
    if (verdict === undefined || verdict.lost.length === 0) continue
    t.true(broken.some(sentence => sentence.includes('acknowledged records are lost')))
    return
  }
  t.fail('no loss was seen in five runs')
})
