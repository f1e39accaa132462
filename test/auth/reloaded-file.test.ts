import { rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import { ReloadedFile } from '../../src/auth/reloaded-file.ts'
import { createTestContext } from '../../src/testing/test-context.ts'
import { tempFolder } from '../helpers/temp-folder.ts'
import { until } from '../helpers/until.ts'

async function setUp(t: ExecutionContext, text: string | undefined, intervalMs = 0) {
  const path = join(await tempFolder(t), 'file')
  if (text !== undefined) await writeFile(path, text)
  const { logger, lines } = createTestContext('extension', 'x')
  const applied: string[] = []
  const apply = (read: string): void => {
    if (read === 'bad') throw new Error('line 1 is bad')
    applied.push(read)
  }
  const file = new ReloadedFile({ path, key: 'extensions::x::file', intervalMs, logger, apply })
  t.teardown(() => file.stop())
  return { path, file, applied, lines }
}

test('is read at the start, and again when its content is another', async t => {
  const { path, file, applied } = await setUp(t, 'one')
  await file.start()
  await file.reload()
  await writeFile(path, 'two')
  await file.reload()
  t.deepEqual(applied, ['one', 'two'])
})

test('is watched on its own', async t => {
  const { path, file, applied } = await setUp(t, 'one', 5)
  await file.start()
  // As editors and Kubernetes do it: another file in its place.
  await writeFile(`${path}.new`, 'two')
  await rename(`${path}.new`, path)
  await until(() => applied.length >= 2)
  t.deepEqual(applied, ['one', 'two'])
})

test('what cannot be used leaves the last good text in place, with a warning', async t => {
  const { path, file, applied, lines } = await setUp(t, 'one')
  await file.start()
  await writeFile(path, 'bad')
  await file.reload()
  t.deepEqual(applied, ['one'])
  t.is(lines[0]?.['level'], 40)
  await writeFile(path, 'two')
  await file.reload()
  t.deepEqual(applied, ['one', 'two'])
})

for (const [text, message] of [
  [undefined, /^extensions::x::file: .*ENOENT/],
  ['bad', /^extensions::x::file: .*: line 1 is bad$/],
  ['x'.repeat(5_000_000), /has 5000000 bytes, at most 4194304 are read$/],
] as const) {
  test(`a start with ${text?.slice(0, 5) ?? 'no file'} fails and says where: ${message.source}`, async t => {
    const { file } = await setUp(t, text)
    await t.throwsAsync(file.start(), { message })
  })
}
