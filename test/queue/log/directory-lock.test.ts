import { createHash } from 'node:crypto'
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

test('of many that start at once over a stale lock, exactly one wins', async t => {
  for (let round = 0; round < 3; round++) {
    const directory = await tempFolder(t)
    const stale = { pid: process.pid, host: hostname(), processStart: '1', owner: 'before' }
    await writeFile(join(directory, 'lock'), JSON.stringify(stale))
    const children = Array.from({ length: 4 }, () => startQueueChild(t, 'lock', directory))
    await Promise.all(children.map(child => child.heard(1)))
    const winners = children.filter(({ said }) => said[0] === 'locked')
    t.is(winners.length, 1, children.map(({ said }) => said[0]).join('\n'))
    t.like(await lines(directory), { pid: winners[0]!.pid })
    await Promise.all(children.map(child => child.kill()))
  }
})

test('of many in one process, exactly one wins', async t => {
  const directory = await tempFolder(t)
  const stale = { pid: 1, host: 'elsewhere', processStart: '', owner: 'before' }
  await writeFile(join(directory, 'lock'), JSON.stringify(stale))
  const old = new Date(Date.now() - 60_000)
  await utimes(join(directory, 'lock'), old, old)
  const all = await Promise.allSettled(
    Array.from({ length: 10 }, (_, i) => lockDirectory(directory, `otlp/${i}`)),
  )
  const won = all.filter(({ status }) => status === 'fulfilled')
  t.is(won.length, 1)
  t.deepEqual(await readdir(directory), ['lock'])
})

test('one that died while it took over is succeeded in turn, and nothing of it stays', async t => {
  const directory = await tempFolder(t)
  const dead = JSON.stringify({ pid: process.pid, host: hostname(), processStart: '1', owner: 'a' })
  await writeFile(join(directory, 'lock'), dead)
  const hash = createHash('sha256').update(dead).digest('hex').slice(0, 16)
  await writeFile(join(directory, `lock.${hash}`), dead.replace('"a"', '"b"'))
  const lock = await lockDirectory(directory, 'otlp')
  t.deepEqual(await readdir(directory), ['lock'])
  t.like(await lines(directory), { pid: process.pid, owner: 'otlp' })
  await lock.release()
})

test('a lock that is just being written is waited for, not taken over', async t => {
  const directory = await tempFolder(t)
  const path = join(directory, 'lock')
  await writeFile(path, '')
  const taken = lockDirectory(directory, 'otlp')
  await writeFile(path, elsewhere)
  await t.throwsAsync(taken, { message: /is in use by process 1 on elsewhere/ })
})

test('a worker whose primary is gone is waited for', async t => {
  const directory = await tempFolder(t)
  const child = startQueueChild(t, 'lock', directory)
  await child.heard(1)
  // As a worker would have written it whose parent was another process.
  const holder = { ...(await lines(directory)), parent: process.pid }
  await writeFile(join(directory, 'lock'), JSON.stringify(holder))
  await t.throwsAsync(lockDirectory(directory, 'otlp'), { message: /is in use by process/ })
  await writeFile(join(directory, 'lock'), JSON.stringify({ ...holder, parent: 1 }))
  const taken = lockDirectory(directory, 'otlp')
  await new Promise(resolve => setTimeout(resolve, 200))
  await child.kill()
  const lock = await taken
  t.like(await lines(directory), { pid: process.pid })
  await lock.release()
})
