import test from 'ava'
import { reportRun } from '../../../src/testing/oracle/report.ts'
import { runOnce } from '../../../src/testing/oracle/run.ts'
import { usePostgres } from '../../helpers/postgres-server.ts'
import { tempFolder } from '../../helpers/temp-folder.ts'

/** The oracle's runs into PostgreSQL; `npm run chaos -- --destination postgres` makes more of them. */

const { pgTest, server } = usePostgres()

pgTest('killed, with a disturbed PostgreSQL: every acknowledged record is there once', async t => {
  process.env['PARSEC_CHAOS_POSTGRES'] = `postgres://parsec@127.0.0.1:${server.port}/postgres`
  const result = await runOnce(3, {
    destination: 'postgres',
    queue: 'file',
    faults: ['kill', 'down', 'slow', 'refuse', 'garbage', 'lost-answer'],
    resend: false,
    powerLoss: false,
    break: undefined,
    workFolder: await tempFolder(t),
  })
  t.teardown(() => result.discard())
  t.log(reportRun(result, 'npm run chaos'))
  t.deepEqual(result.broken, [])
  t.true((result.verdict?.acked ?? 0) > 0)
  t.true(result.kills > 0)
  t.true(result.disturbed > 0)
})

test.serial('a run without a server says what to set', async t => {
  delete process.env['PARSEC_CHAOS_POSTGRES']
  const result = await runOnce(1, {
    destination: 'postgres',
    queue: 'file',
    faults: [],
    resend: false,
    powerLoss: false,
    break: undefined,
    workFolder: await tempFolder(t),
  })
  t.teardown(() => result.discard())
  t.regex(result.broken.join(), /set PARSEC_CHAOS_POSTGRES/)
})
