import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test from 'ava'
import { Spool } from '../../../../../plugins/exporters/clickhouse/chdb/spool.ts'

test('a file lives as long as its insert, and what a crash left is swept', async t => {
  const directory = await mkdtemp(join(tmpdir(), 'parsec-spool-'))
  t.teardown(() => rm(directory, { recursive: true }))
  const store = join(directory, 'store')
  await mkdir(`${store}.tmp`)
  await writeFile(`${store}.tmp/left-by-a-crash.native`, 'x')

  const spool = new Spool(store)
  await spool.open()
  t.deepEqual(await readdir(`${store}.tmp`), [])
  const path = await spool.add(Buffer.from('block'))
  t.is(await readFile(path, 'utf8'), 'block')
  t.is((await stat(path)).mode & 0o777, 0o600)

  // Another spool of the same process is no crash.
  await new Spool(store).open()
  t.is((await readdir(`${store}.tmp`)).length, 1)

  spool.remove(path, Promise.reject(new Error('insert failed')))
  await spool.close()
  t.deepEqual(await readdir(`${store}.tmp`), [])
})

test('a directory that is gone is an error of that insert', async t => {
  const spool = new Spool(join(tmpdir(), 'parsec-spool-none', 'store'))
  await t.throwsAsync(spool.add(Buffer.from('x')), { code: 'ENOENT' })
})
