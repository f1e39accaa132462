import { mkdir, mkdtemp, rm, truncate, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import { headline, Problems } from '../../src/config/problem.ts'
import { readSource, readTextFile } from '../../src/config/read.ts'

async function folderFor(t: ExecutionContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'parsec-read-'))
  t.teardown(() => rm(folder, { recursive: true }))
  return folder
}

test('a path, file:, env: and yaml: each name a text', async t => {
  const path = join(await folderFor(t), 'a.yaml')
  await writeFile(path, 'a: 1')
  const problems = new Problems()
  const env = { CONFIG: 'b: 2' }
  const read = async (uri: string) => {
    const source = await readSource(uri, env, problems)
    return [source?.name, source?.text]
  }
  t.deepEqual(await read(path), [path, 'a: 1'])
  t.deepEqual(await read(`file:${path}`), [path, 'a: 1'])
  t.deepEqual(await read('env:CONFIG'), ['env:CONFIG', 'b: 2'])
  t.deepEqual(await read('yaml:c: 3'), ['yaml:', 'c: 3'])
  t.deepEqual(problems.finish(), [])
})

const refuses = test.macro(async (t, uri: string, expected: string) => {
  const problems = new Problems()
  t.is(await readSource(uri, { CONFIG: 'secret text' }, problems), undefined)
  t.deepEqual(problems.finish().map(headline), [expected])
})
test(
  'a variable that is not set names the nearest, never a value',
  refuses,
  'env:CONFG',
  'env:CONFG: error: the environment variable is not set; did you mean "CONFIG"?',
)
test(
  'a config over HTTP',
  refuses,
  'https://host/a.yaml',
  'https://host/a.yaml: error: a config over HTTP is not supported; download it and give its path',
)
test(
  'a folder that is not there',
  refuses,
  'no/such/folder/a.yaml',
  'no/such/folder/a.yaml: error: cannot read the file: no such file',
)

test('a directory and a file that is too large are refused with the reason', async t => {
  const folder = await folderFor(t)
  await mkdir(join(folder, 'dir'))
  t.deepEqual(await readTextFile(join(folder, 'dir')), { reason: 'it is a directory' })
  await writeFile(join(folder, 'large'), '')
  await truncate(join(folder, 'large'), 4194305)
  t.deepEqual(await readTextFile(join(folder, 'large')), {
    reason: 'it has 4194305 bytes, the limit is 4194304',
  })
})
