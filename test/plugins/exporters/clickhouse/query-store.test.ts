import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test from 'ava'
import { clickHouseConfig } from '../../../../plugins/exporters/clickhouse/config.ts'
import { queryStore } from '../../../../plugins/exporters/clickhouse/query-store.ts'
import { buildLogsRequest } from '../../../../src/otlp/build-logs.ts'
import { startStoreChild } from '../../../helpers/store-child.ts'

const directory = await mkdtemp(join(tmpdir(), 'parsec-query-'))
const endpoint = `chdb://${join(directory, 'store')}`
const config = clickHouseConfig.parse({ endpoint })
test.after.always(() => rm(directory, { recursive: true, force: true }))

async function ask(sql: string, format?: string): Promise<string> {
  const query = { sql, format, timeoutMs: 10_000, resultBytesMax: 1_000_000 }
  const result = await queryStore(config, query, AbortSignal.timeout(20_000))
  return Buffer.from(result).toString()
}

test.serial('nothing stored yet is said, and nothing is made', async t => {
  await t.throwsAsync(ask('SELECT 1'), { message: /there is no store at/ })
})

test.serial('an embedded store is asked through the process that has it open', async t => {
  const child = await startStoreChild(t, endpoint)
  await child.consume(buildLogsRequest([{ records: [{ body: 'hello' }] }]), 'q/1')
  t.is(await ask('SELECT Body FROM otel_logs', 'TabSeparated'), 'hello\n')
  t.regex(await ask('SELECT Body FROM otel_logs'), /Body[^]*hello/)
  const dropped = await t.throwsAsync(ask('DROP TABLE otel_logs'), {
    message: /code 164:.*readonly/,
  })
  t.like(dropped, { reason: 'access_denied' })
  await t.throwsAsync(ask('SELEC 1'), { message: /code 62: Syntax error/ })
  await child.stop()
})

test.serial('it is opened here when no process has it', async t => {
  t.is(await ask('SELECT count() FROM otel_logs', 'CSV'), '1\n')
  t.is(await ask('SELECT Body FROM otel_logs', 'CSV'), '"hello"\n')
})

test.serial('what is no format name never reaches the engine', async t => {
  await t.throwsAsync(ask('SELECT 1', 'CSV; DROP'), { message: /is not a name/ })
})
