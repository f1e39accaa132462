import test, { type ExecutionContext } from 'ava'
import { reportRun } from '../../../src/testing/oracle/report.ts'
import { type RunResult, type RunSettings, runOnce } from '../../../src/testing/oracle/run.ts'
import { tempFolder } from '../../helpers/temp-folder.ts'

/*
 * A few seeded runs with the real program, a real store and real kills. `npm run chaos` makes
 * hundreds; here they prove that the oracle itself works, and above all that it sees a loss.
 */

const SETTINGS = { resend: false, powerLoss: false, break: undefined }

type Settings = Omit<RunSettings, 'workFolder' | keyof typeof SETTINGS> & Partial<RunSettings>

async function run(t: ExecutionContext, seed: number, settings: Settings): Promise<RunResult> {
  const workFolder = await tempFolder(t)
  const result = await runOnce(seed, { ...SETTINGS, ...settings, workFolder })
  t.teardown(() => result.discard())
  t.log(reportRun(result, 'npm run chaos'))
  return result
}

const keeps = test.macro(async (t: ExecutionContext, seed: number, settings: Settings) => {
  const { broken, verdict, kills } = await run(t, seed, settings)
  t.deepEqual(broken, [])
  t.true((verdict?.acked ?? 0) > 0)
  t.true(kills > 0 || !settings.faults.includes('kill'))
})

test.serial(
  'killed, with a disturbed ClickHouse: every acknowledged record is there once',
  keeps,
  3,
  {
    destination: 'clickhouse',
    queue: 'file',
    faults: ['kill', 'down', 'slow', 'refuse', 'garbage', 'lost-answer'],
  },
)

test.serial(
  'one of two workers killed: every acknowledged record is in ClickHouse once',
  keeps,
  1,
  {
    destination: 'clickhouse',
    queue: 'file',
    workers: 2,
    faults: ['kill-worker', 'down', 'lost-answer'],
  },
)

test.serial(
  'plain JSON, killed, into a disturbed ClickHouse: every record is there once',
  keeps,
  5,
  {
    destination: 'clickhouse',
    intake: 'ingest',
    queue: 'file',
    faults: ['kill', 'down', 'lost-answer'],
  },
)

test.serial(
  'killed together with its embedded store: every acknowledged record is there',
  keeps,
  2,
  {
    destination: 'embedded',
    queue: 'file',
    faults: ['kill'],
  },
)

test.serial('without power: every acknowledged record is there', keeps, 2, {
  destination: 'otlp',
  queue: 'file',
  faults: ['kill', 'down'],
  powerLoss: true,
})

test.serial('stopped, on a full disk, with damaged files and a clock that jumps', keeps, 1004, {
  destination: 'otlp',
  queue: 'file',
  faults: ['stop', 'clock', 'disk-full', 'corrupt'],
})

test.serial('without a queue: what the destination has confirmed is there', keeps, 2, {
  destination: 'otlp',
  queue: 'none',
  faults: ['kill'],
})

/** Should a kill have met an empty queue each time, another seed has other kills. */
const finds = test.macro(async (t: ExecutionContext, settings: Settings) => {
  for (let seed = 2; seed < 7; seed++) {
    const { broken, verdict } = await run(t, seed, settings)
    if (verdict === undefined || verdict.lost.length === 0) continue
    t.true(broken.some(sentence => sentence.includes('acknowledged records are lost')))
    return
  }
  t.fail('no loss was seen in five runs')
})

test.serial('the oracle sees the loss of a memory queue that is killed', finds, {
  destination: 'otlp',
  queue: 'memory',
  // Mostly down: what was acknowledged waits in memory when it is killed.
  faults: ['kill', 'down'],
})

test.serial('the oracle sees that an acknowledgement came before the sync', finds, {
  destination: 'otlp',
  queue: 'file',
  faults: ['kill', 'down'],
  powerLoss: true,
  break: 'ack-before-sync',
})
