import test, { type ExecutionContext } from 'ava'
import {
  BROKER_FAULTS,
  DESTINATION_FAULTS,
  type FaultKind,
  GROUP_FAULTS,
} from '../../../../src/testing/oracle/plan.ts'
import { reportRun } from '../../../../src/testing/oracle/report.ts'
import { type RunResult, type RunSettings, runOnce } from '../../../../src/testing/oracle/run.ts'
import { BrokerUnderTest } from '../../../../src/testing/oracle/topologies/broker.ts'
import { ownBroker, withJava } from '../../../helpers/kafka-broker.ts'
import { tempFolder } from '../../../helpers/temp-folder.ts'

/*
 * A few of the runs that `npm run chaos -- --through kafka` makes by the hundred: real collectors, a
 * real broker, real consumers. All use one broker, one after the other.
 */

/** With this seed a consumer becomes a zombie, one is killed, and the broker restarts. */
const SEED = 243
/** With this one the only consumer is killed twice, and the load is a light one. */
const UNSAFE_SEED = 305
const FAULTS: readonly FaultKind[] = [...DESTINATION_FAULTS, ...GROUP_FAULTS, ...BROKER_FAULTS]

async function run(
  t: ExecutionContext,
  broker: BrokerUnderTest,
  seed: number,
  settings: Pick<RunSettings, 'faults'> & Partial<RunSettings>,
): Promise<RunResult> {
  const result = await runOnce(seed, {
    destination: 'clickhouse',
    through: 'kafka',
    broker,
    queue: 'file',
    resend: false,
    powerLoss: false,
    break: undefined,
    workFolder: await tempFolder(t),
    ...settings,
  })
  t.teardown(() => result.discard())
  t.log(reportRun(result, 'npm run chaos'))
  return result
}

withJava('through Kafka every acknowledged record is stored once, and a loss is seen', async t => {
  t.timeout(600_000)
  const own = await ownBroker(t)
  await own.start()
  const broker = new BrokerUnderTest(own)

  const { broken, verdict, kills, restarts } = await run(t, broker, SEED, { faults: FAULTS })
  t.deepEqual(broken, [])
  t.true((verdict?.acked ?? 0) > 0)
  t.is(kills, 1)
  t.is(restarts, 1)

  // Should the kills have met empty queues, another seed has other kills.
  for (let seed = UNSAFE_SEED; ; seed++) {
    const { verdict: unsafe } = await run(t, broker, seed, {
      destination: 'otlp',
      faults: ['kill-consumer', 'down'],
      break: 'commit-before-store',
    })
    if ((unsafe?.lost.length ?? 0) > 0) break
    t.true(
      seed < UNSAFE_SEED + 5,
      'the oracle sees no loss where offsets are committed before the store has it',
    )
  }
})

test('a run through Kafka without a broker says so', async t => {
  const result = await runOnce(1, {
    destination: 'otlp',
    through: 'kafka',
    queue: 'file',
    faults: [],
    resend: false,
    powerLoss: false,
    break: undefined,
    workFolder: await tempFolder(t),
  })
  t.teardown(() => result.discard())
  t.deepEqual(result.broken, ['the run could not be finished: there is no broker'])
})
