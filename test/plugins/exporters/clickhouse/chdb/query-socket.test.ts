import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import {
  type AnswerQuery,
  askOwner,
  serveQueries,
  socketPath,
} from '../../../../../plugins/exporters/clickhouse/chdb/query-socket.ts'
import { PipelineError } from '../../../../../src/plugin/pipeline-error.ts'
import { until } from '../../../../helpers/until.ts'

const signal = new AbortController().signal
const query = { sql: 'SELECT 1', format: 'CSV', timeoutMs: 10_000, resultBytesMax: 1000 }

async function storePath(t: ExecutionContext): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'parsec-socket-'))
  t.teardown(() => rm(directory, { recursive: true }))
  return join(directory, 'store')
}

async function serve(t: ExecutionContext, path: string, answer: AnswerQuery): Promise<void> {
  const stop = await serveQueries(path, answer)
  t.teardown(async () => await stop?.())
}

test('the owner of a store answers the queries of others, and only of its own user', async t => {
  const path = await storePath(t)
  await serve(t, path, async asked => Buffer.from(JSON.stringify(asked)))
  const answer = await askOwner(path, query, signal)
  t.deepEqual(JSON.parse(answer?.toString() ?? ''), query)
  t.is((await stat(socketPath(path))).mode & 0o777, 0o600)
})

test('nobody there is no answer', async t => {
  t.is(await askOwner(await storePath(t), query, signal), undefined)
})

test('a socket that a crash left is taken over', async t => {
  const path = await storePath(t)
  await writeFile(socketPath(path), '')
  t.is(await askOwner(path, query, signal), undefined)
  await serve(t, path, async () => Buffer.from('new'))
  t.is((await askOwner(path, query, signal))?.toString(), 'new')
})

test('a failure keeps its verdict on the way', async t => {
  const path = await storePath(t)
  await serve(t, path, async () => {
    throw PipelineError.permanent('code 62: syntax', { reason: 'rejected' })
  })
  const error = await t.throwsAsync(askOwner(path, query, signal), { message: 'code 62: syntax' })
  t.like(error, { retryable: false, reason: 'rejected', code: 'invalid_argument' })
})

test('an owner that is slow is given up when the asker is', async t => {
  const path = await storePath(t)
  let gone: AbortSignal | undefined
  await serve(t, path, (_, abandoned) => {
    gone = abandoned
    return new Promise(() => {})
  })
  const controller = new AbortController()
  const asked = askOwner(path, query, controller.signal)
  await until(() => gone !== undefined)
  controller.abort()
  await t.throwsAsync(asked, { name: 'AbortError' })
  await until(() => gone?.aborted === true)
  t.pass()
})

test('a second exporter of the same process leaves the first one be', async t => {
  const path = await storePath(t)
  await serve(t, path, async () => Buffer.from('first'))
  t.is(await serveQueries(path, async () => Buffer.from('second')), undefined)
  t.is((await askOwner(path, query, signal))?.toString(), 'first')
})

test('a long path gets a short socket', t => {
  t.true(socketPath(`/${'x'.repeat(200)}/store`).length < 100)
  t.is(socketPath('/data/store'), '/data/store.sock')
})
