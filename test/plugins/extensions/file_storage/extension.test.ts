import { stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import { createTestContext } from '#core/testing'
import { FileStorageExtension } from '../../../../plugins/extensions/file_storage/extension.ts'
import { fileStorage } from '../../../../plugins/extensions/file_storage/index.ts'
import { complaintsOf, configOf, sampleConfigs } from '../../../helpers/plugin-yaml.ts'
import { tempFolder } from '../../../helpers/temp-folder.ts'

async function start(yaml: string) {
  const context = createTestContext('extension', 'file_storage')
  await new FileStorageExtension(configOf(fileStorage, yaml), context).start()
  return context
}

async function modeOf(path: string): Promise<string> {
  return ((await stat(path)).mode & 0o777).toString(8)
}

async function folderIn(t: ExecutionContext): Promise<string> {
  return join(await tempFolder(t), 'deep', 'queues')
}

test('the directory is made, for the own user only', async t => {
  const directory = await folderIn(t)
  const { lines } = await start(`directory: ${directory}`)
  t.is(await modeOf(directory), '700')
  t.deepEqual(lines, [])
  await t.notThrowsAsync(start(`directory: ${directory}`))
})

test('the directory is made with the mode that was set', async t => {
  const directory = await folderIn(t)
  await start(`{directory: ${directory}, directory_permissions: '0750'}`)
  t.is(await modeOf(directory), '750')
})

test('with create_directory: false a missing directory stops the start, and is named', async t => {
  const directory = await folderIn(t)
  await t.throwsAsync(start(`{directory: ${directory}, create_directory: false}`), {
    message: `${directory} is no directory: make it, or set create_directory: true`,
  })
})

test('a file where the directory should be stops the start, and is named', async t => {
  const file = join(await tempFolder(t), 'file')
  await writeFile(file, '')
  await t.throwsAsync(start(`{directory: ${file}, create_directory: false}`), {
    message: new RegExp(`^${file} is no directory`),
  })
  await t.throwsAsync(start(`directory: ${file}`), { message: new RegExp(file) })
  await t.throwsAsync(start(`directory: ${file}/below`), { message: new RegExp(file) })
})

test('fsync: false is warned of', async t => {
  const { lines } = await start(`{directory: ${await folderIn(t)}, fsync: false}`)
  t.regex(String(lines[0]?.['msg']), /^fsync: false acknowledges what the disk may not have/)
  t.is(lines[0]?.['level'], 40)
})

test('queues are told where they may live', t => {
  const config = configOf(fileStorage, '{directory: /data, fsync: false}')
  t.deepEqual(fileStorage.storage?.(config), { directory: '/data', fsync: false })
})

test('the samples are good, and what the Collector knows is taken', t => {
  t.is(sampleConfigs(fileStorage).size, 1)
  t.deepEqual(
    complaintsOf(fileStorage, '{timeout: 2s, recreate: true, compaction: {on_start: true}}'),
    [],
  )
})

const complains = test.macro((t, yaml: string, expected: RegExp) => {
  t.regex(complaintsOf(fileStorage, yaml).join(), expected)
})
test('a mode that is not octal', complains, "directory_permissions: '0799'", /must be octal/)
test('an empty directory', complains, "directory: ''", /^directory: /)
test('a key that is unknown', complains, 'dir: /a', /dir/)
