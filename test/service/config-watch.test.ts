import { mkdir, rename, rm, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import { ConfigWatch } from '../../src/service/config-watch.ts'
import { createTestContext } from '../../src/testing/test-context.ts'
import { tempFolder } from '../helpers/temp-folder.ts'
import { until } from '../helpers/until.ts'

const INTERVAL_MS = 20

async function watch(t: ExecutionContext, files: readonly string[]) {
  let changes = 0
  const { logger } = createTestContext('extension', 'watch')
  const watch = new ConfigWatch({
    files: () => files,
    onChange: () => void changes++,
    logger,
    intervalMs: INTERVAL_MS,
  })
  await watch.start()
  t.teardown(() => watch.stop())
  const changed = async (count: number): Promise<void> => {
    await until(() => changes >= count)
  }
  const quiet = async (): Promise<number> => {
    await new Promise(resolve => setTimeout(resolve, 10 * INTERVAL_MS))
    return changes
  }
  return { changed, quiet, stop: () => watch.stop() }
}

test('a file that is written is a change, once', async t => {
  const path = join(await tempFolder(t), 'a.yaml')
  await writeFile(path, 'a')
  const { changed, quiet } = await watch(t, [path])
  t.is(await quiet(), 0)
  await writeFile(path, 'b')
  await changed(1)
  t.is(await quiet(), 1)
})

test('a file that is replaced by renaming, as editors do, is a change', async t => {
  const folder = await tempFolder(t)
  const path = join(folder, 'a.yaml')
  await writeFile(path, 'a')
  const { changed } = await watch(t, [path])
  await writeFile(`${path}.new`, 'b')
  await rename(`${path}.new`, path)
  await changed(1)
  t.pass()
})

test('a folder that is switched by a symbolic link, as Kubernetes does, is a change', async t => {
  const folder = await tempFolder(t)
  for (const version of ['v1', 'v2']) {
    await mkdir(join(folder, version))
    await writeFile(join(folder, version, 'a.yaml'), 'same')
  }
  await symlink('v1', join(folder, '..data'))
  await symlink(join('..data', 'a.yaml'), join(folder, 'a.yaml'))
  const { changed } = await watch(t, [join(folder, 'a.yaml')])
  await symlink('v2', join(folder, '..data_tmp'))
  await rename(join(folder, '..data_tmp'), join(folder, '..data'))
  await changed(1)
  t.pass()
})

test('a file that is gone, and one that comes, are changes', async t => {
  const path = join(await tempFolder(t), 'a.yaml')
  const { changed } = await watch(t, [path])
  await writeFile(path, 'a')
  await changed(1)
  await rm(path)
  await changed(2)
  t.pass()
})

test('once stopped it tells nothing more', async t => {
  const path = join(await tempFolder(t), 'a.yaml')
  const { quiet, stop } = await watch(t, [path])
  stop()
  await writeFile(path, 'a')
  t.is(await quiet(), 0)
})
