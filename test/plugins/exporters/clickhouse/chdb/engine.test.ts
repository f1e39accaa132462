import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import { holderOf, openEngine } from '../../../../../plugins/exporters/clickhouse/chdb/engine.ts'
import { buildLogsRequest } from '../../../../../src/otlp/build-logs.ts'
import { startStoreChild } from '../../../../helpers/store-child.ts'

async function storePath(t: ExecutionContext): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'parsec-engine-'))
  t.teardown(() => rm(directory, { recursive: true, force: true }))
  return join(directory, 'store')
}

const request = (body: string): Buffer =>
  buildLogsRequest([{ records: [{ timeUnixNano: 1n, body }] }])

test.serial('a store that is not there is not made by asking for it', async t => {
  const path = await storePath(t)
  await t.throwsAsync(openEngine(path, false), {
    message: `there is no store at ${path}: has anything been stored yet?`,
  })
})

test.serial('a second process is told which one has the store', async t => {
  const path = await storePath(t)
  const child = await startStoreChild(t, `chdb://${path}`)
  await t.throwsAsync(openEngine(path, true), {
    message: `cannot open the store at ${path}: process ${child.pid} has it open, and only one can: stop that one first`,
  })
  await t.throwsAsync(startStoreChild(t, `chdb://${path}`), {
    message: new RegExp(`process ${child.pid} has it open`),
  })
  t.is(await holderOf(path), child.pid)
  await child.stop()
  t.is(await holderOf(path), undefined)
})

test.serial(
  'what was acknowledged survives kill -9, and its repetition is stored once',
  async t => {
    const path = await storePath(t)
    for (const round of ['1', '2', '3']) {
      const child = await startStoreChild(t, `chdb://${path}`)
      await child.consume(request('kept'), 'q/1')
      await child.consume(request(round), `q/round-${round}`)
      // Killed in the middle of another insert, which may or may not be stored.
      child.consume(request('maybe'), 'q/maybe').catch(() => {})
      await child.kill()
    }
    const session = await openEngine(path, false)
    t.teardown(() => session.close())
    const result = await session.queryAsync('SELECT Body FROM otel_logs ORDER BY Body', {
      format: 'TabSeparated',
    })
    const bodies = result.text().trim().split('\n')
    t.deepEqual(
      bodies.filter(body => body !== 'maybe'),
      ['1', '2', '3', 'kept'],
    )
    t.true(bodies.filter(body => body === 'maybe').length <= 1)
  },
)

test.serial('a status file that a crash left names nobody', async t => {
  const directory = await mkdtemp(join(tmpdir(), 'parsec-status-'))
  t.teardown(() => rm(directory, { recursive: true, force: true }))
  t.is(await holderOf(directory), undefined)
  await writeFile(join(directory, 'status'), 'PID: 4194304\nStarted at: 2026\n')
  t.is(await holderOf(directory), undefined)
  await writeFile(join(directory, 'status'), `PID: ${process.ppid}\n`)
  t.is(await holderOf(directory), process.ppid)
})
