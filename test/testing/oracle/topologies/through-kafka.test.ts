import test from 'ava'
import {
  BROKER_FAULTS,
  DESTINATION_FAULTS,
  type FaultKind,
  GROUP_FAULTS,
} from '../../../../src/testing/oracle/plan.ts'
import { reportRun } from '../../../../src/testing/oracle/report.ts'
import { runOnce } from '../../../../src/testing/oracle/run.ts'
import { BrokerUnderTest } from '../../../../src/testing/oracle/topologies/broker.ts'
import { ownBroker, withJava } from '../../../helpers/kafka-broker.ts'
import { tempFolder } from '../../../helpers/temp-folder.ts'

/*
 * One of the runs that `npm run chaos -- --through kafka` makes by the hundred: a real collector, a
 * real broker, real consumers.
 */

/** With this seed the collector is killed, a consumer becomes a zombie, another is killed, and the broker restarts. */
const SEED = 243
const FAULTS: readonly FaultKind[] = [
  'kill',
  ...DESTINATION_FAULTS,
  ...GROUP_FAULTS,
  ...BROKER_FAULTS,
]

const SETTINGS = {
  through: 'kafka',
  queue: 'file',
  resend: false,
  powerLoss: false,
  break: undefined,
} as const

withJava('through Kafka every acknowledged record is stored once', async t => {
  t.timeout(600_000)
  const own = await ownBroker(t)
  await own.start()
  const broker = new BrokerUnderTest(own)

  const result = await runOnce(SEED, {
    ...SETTINGS,
    destination: 'clickhouse',
    broker,
    faults: FAULTS,
    workFolder: await tempFolder(t),
  })
  t.teardown(() => result.discard())
  t.log(reportRun(result, 'npm run chaos'))
  const { broken, verdict, kills, restarts } = result
  t.deepEqual(broken, [])
  t.true((verdict?.acked ?? 0) > 0)
  t.is(kills, 4)
  t.is(restarts, 1)
})

test('a run through Kafka without a broker says so', async t => {
  const result = await runOnce(1, {
    ...SETTINGS,
    destination: 'otlp',
    faults: [],
    workFolder: await tempFolder(t),
  })
  t.teardown(() => result.discard())
  t.deepEqual(result.broken, ['the run could not be finished: there is no broker'])
})
