import { readdir, readFile, stat, utimes, writeFile } from 'node:fs/promises'
import { hostname } from 'node:os'
import { join } from 'node:path'
import test from 'ava'
import { lockDirectory, lockHolder } from '../../../src/queue/log/directory-lock.ts'
import { startQueueChild } from '../../helpers/queue-child.ts'
import { tempFolder } from '../../helpers/temp-folder.ts'

const lines = async (directory: string): Promise<Record<string, unknown>> =>
  JSON.parse(await readFile(join(directory, 'lock'), 'utf8')) as Record<string, unknown>

test('a directory is taken, and given back without a trace', async t => {
  const directory = join(await tempFolder(t), 'made', 'too')
  const lock = await lockDirectory(directory, 'otlp')
  t.is((await stat(directory)).mode & 0o777, 0o700)
  t.like(await lines(directory), { pid: process.pid, host: hostname(), owner: 'otlp' })
  t.is((await lockHolder(directory))?.pid, process.pid)
  await lock.release()
  t.deepEqual(await readdir(directory), [])
  t.is(await lockHolder(directory), undefined)
})

test('one process cannot take a directory twice', async t => {
  const directory = await tempFolder(t)
  const lock = await lockDirectory(directory, 'otlp')
  await t.throwsAsync(lockDirectory(directory, 'kafka'), {
    message: `${directory} is in use by process ${process.pid} (this very process), exporter otlp: stop it, or give each exporter a directory of its own`,
  })
  await lock.release()
  await (await lockDirectory(directory, 'kafka')).release()
})

test('a second process is refused and told who has it', async t => {
  const directory = await tempFolder(t)
  const child = startQueueChild(t, 'lock', directory)
  await child.heard(1)
  t.deepEqual(child.said, ['locked'])
  t.is((await lockHolder(directory))?.pid, child.pid)
  await t.throwsAsync(lockDirectory(directory, 'otlp'), {
    message: new RegExp(`is in use by process ${child.pid}, exporter child: stop it`),
  })
})

test('the lock of a process that was killed is taken over', async t => {
  const directory = await tempFolder(t)
  const child = startQueueChild(t, 'lock', directory)
  await child.heard(1)
  await child.kill()
  t.is(await lockHolder(directory), undefined)
  const lock = await lockDirectory(directory, 'otlp')
  t.like(await lines(directory), { pid: process.pid })
  await lock.release()
})

test('a pid that another process has now is not taken for the holder', async t => {
  const directory = await tempFolder(t)
  const holder = { pid: process.pid, host: hostname(), processStart: '1', owner: 'before' }
  await writeFile(join(directory, 'lock'), JSON.stringify(holder))
  await (await lockDirectory(directory, 'otlp')).release()
  t.pass()
})

const isTakenOver = test.macro(async (t, text: string) => {
  const directory = await tempFolder(t)
  await writeFile(join(directory, 'lock'), text)
  const old = new Date(Date.now() - 60_000)
  await utimes(join(directory, 'lock'), old, old)
  const lock = await lockDirectory(directory, 'otlp')
  t.like(await lines(directory), { pid: process.pid })
  await lock.release()
  t.deepEqual(await readdir(directory), [])
})
test('a lock that a crash has left empty is taken over', isTakenOver, '')
test('a lock that was cut short is taken over', isTakenOver, '{"pid":12,"ho')
test('a lock that says nothing is taken over', isTakenOver, 'null')
test('a lock that names no process is taken over', isTakenOver, '{}')
test('a lock full of nonsense is taken over', isTakenOver, '{"pid":"x","host":5,"processStart":{}}')

const elsewhere = JSON.stringify({ pid: 1, host: 'elsewhere', processStart: '9', owner: 'otlp/b' })

test('the lock of another host stands while it gives a sign of life', async t => {
  const directory = await tempFolder(t)
  await writeFile(join(directory, 'lock'), elsewhere)
  await t.throwsAsync(lockDirectory(directory, 'otlp'), {
    message: /is in use by process 1 on elsewhere, exporter otlp\/b: stop it/,
  })
  t.is(await readFile(join(directory, 'lock'), 'utf8'), elsewhere)
})
test('the lock of another host that gives none any more is taken over', isTakenOver, elsewhere)

test('a lock that another has taken over meanwhile is not released', async t => {
  const directory = await tempFolder(t)
  const lock = await lockDirectory(directory, 'otlp')
  await writeFile(join(directory, 'lock'), elsewhere)
  await lock.release()
  t.is(await readFile(join(directory, 'lock'), 'utf8'), elsewhere)
})
