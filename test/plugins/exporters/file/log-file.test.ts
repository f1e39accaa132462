import {
  type FileHandle,
  mkdir,
  open,
  readdir,
  readFile,
  rename,
  stat,
  writeFile,
} from 'node:fs/promises'
import { join } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import { fileExporter } from '../../../../plugins/exporters/file/index.ts'
import { LogFile, type LogFileOptions } from '../../../../plugins/exporters/file/log-file.ts'
import { createTestContext, type TestContext } from '../../../../src/testing/index.ts'
import { tempFolder } from '../../../helpers/temp-folder.ts'

interface Setup {
  readonly path: string
  readonly context: TestContext
  readonly make: (config?: object, options?: Partial<LogFileOptions>) => LogFile
}

async function setUp(t: ExecutionContext): Promise<Setup> {
  const path = join(await tempFolder(t), 'data.json')
  const context = createTestContext('exporter', 'file')
  const make: Setup['make'] = (config = {}, options = {}) => {
    const file = new LogFile({
      config: fileExporter.config.parse({ path, ...config }),
      framing: 'line',
      logger: context.logger,
      ...options,
    })
    t.teardown(() => file.close())
    return file
  }
  return { path, context, make }
}

const line = (text: string): Buffer[] => [Buffer.from(`${text}\n`)]

test('appending goes on behind what is there', async t => {
  const { path, make } = await setUp(t)
  await make().append([Buffer.from('one\n'), Buffer.from('two\n')])
  await make().append(line('three'))
  t.is(await readFile(path, 'utf8'), 'one\ntwo\nthree\n')
})

test('with append: false the file is emptied once, not at every reopening', async t => {
  const { path, make } = await setUp(t)
  await writeFile(path, 'old\n')
  const file = make({ append: false })
  await file.append(line('one'))
  await file.close()
  await file.append(line('two'))
  t.is(await readFile(path, 'utf8'), 'one\ntwo\n')
})

test('two writers on one path lose nothing of each other', async t => {
  const { path, make } = await setUp(t)
  const [a, b] = [make(), make()]
  for (let i = 0; i < 50; i++) await Promise.all([a.append(line(`a${i}`)), b.append(line(`b${i}`))])
  const lines = (await readFile(path, 'utf8')).trimEnd().split('\n')
  const expected = Array.from({ length: 50 }, (_, i) => [`a${i}`, `b${i}`]).flat()
  t.deepEqual(lines.toSorted(), expected.toSorted())
})

test('the file is renamed before it grows too large, and old backups are deleted', async t => {
  const { path, context, make } = await setUp(t)
  let ms = Date.parse('2022-09-14T05:00:00Z')
  const rotation = { max_megabytes: 1, max_backups: 2 }
  const file = make({ rotation }, { now: () => new Date((ms += 1000)) })
  for (const letter of 'abcde') await file.append(line(letter.repeat(700_000)))
  const folder = join(path, '..')
  const names = (await readdir(folder)).toSorted()
  const letters = await Promise.all(
    names.map(async name => (await readFile(join(folder, name), 'utf8')).slice(0, 1)),
  )
  t.deepEqual(letters, ['c', 'd', 'e'])
  t.is(names.at(-1), 'data.json')
  t.is(context.lines.filter(({ msg }) => msg === 'file rotated').length, 4)
})

test('a message larger than the limit gets a file of its own', async t => {
  const { path, make } = await setUp(t)
  const file = make({ rotation: { max_megabytes: 1 } })
  await file.append(line('x'.repeat(3_000_000)))
  await file.append(line('y'))
  t.is(await readFile(path, 'utf8'), 'y\n')
  t.is((await readdir(join(path, '..'))).length, 2)
})

test('a file that others have renamed or deleted is opened anew', async t => {
  const { path, make } = await setUp(t)
  const file = make()
  await file.append(line('one'))
  await rename(path, `${path}.1`)
  await file.checkMoved()
  await file.append(line('two'))
  t.is(await readFile(path, 'utf8'), 'two\n')
  t.is(await readFile(`${path}.1`, 'utf8'), 'one\n')
})

test('a protobuf file with a torn end is set aside', async t => {
  const { path, context, make } = await setUp(t)
  await writeFile(path, Buffer.from('\0\0\0\x01a\0\0\0\x09torn'))
  const file = make({}, { framing: 'length' })
  await file.append([Buffer.from('\0\0\0\x01b')])
  t.is(await readFile(path, 'latin1'), '\0\0\0\x01b')
  t.is((await readdir(join(path, '..'))).length, 2)
  t.is(context.lines[0]?.['msg'], 'file ends in a torn message; it was set aside')
})

test('the directory is created when that is asked for, with its permissions', async t => {
  const { path, make } = await setUp(t)
  const inner = join(path, '..', 'a', 'b', 'data.json')
  await t.throwsAsync(make({ path: inner }).append(line('x')), { code: 'ENOENT' })
  const asked = { path: inner, create_directory: true, directory_permissions: '0700' }
  await make(asked).append(line('x'))
  t.is((await stat(join(inner, '..'))).mode & 0o777, 0o700)
  t.is(await readFile(inner, 'utf8'), 'x\n')
})

/** Opens files whose disk is full after `room` more bytes. */
function fullAfter(room: number): typeof open {
  return async (...args) => {
    const file = await open(...args)
    const write = file.write.bind(file) as (bytes: Buffer, from: number, count: number) => unknown
    const limited = async (bytes: Buffer, from = 0): Promise<unknown> => {
      const count = Math.min(room, bytes.length - from, 3)
      if (count === 0) throw Object.assign(new Error('ENOSPC: no space left'), { code: 'ENOSPC' })
      room -= count
      return write(bytes, from, count)
    }
    return Object.assign(file, { write: limited }) as FileHandle
  }
}

test('of a write that fails half-way nothing stays, and later writes go on behind', async t => {
  const { path, make } = await setUp(t)
  const file = make({}, { open: fullAfter(12) })
  await file.append(line('one'))
  await t.throwsAsync(file.append(line('longer than there is room')), { code: 'ENOSPC' })
  t.is(await readFile(path, 'utf8'), 'one\n')
  await make().append(line('two'))
  t.is(await readFile(path, 'utf8'), 'one\ntwo\n')
})

test('a part of a failed write stays when another writer has already written behind it', async t => {
  const { path, make } = await setUp(t)
  const other = make()
  await other.append(line('first'))
  const full = fullAfter(6)
  const file = make(
    {},
    {
      open: async (...args) => {
        const opened = await full(...args)
        const status = opened.stat.bind(opened)
        let asked = 0
        const stat = async (): Promise<unknown> => {
          // Opening asks three times; the fourth is after the failure.
          if (++asked === 4) await other.append(line('other'))
          return status()
        }
        return Object.assign(opened, { stat }) as FileHandle
      },
    },
  )
  await t.throwsAsync(file.append(line('0123456789')), { code: 'ENOSPC' })
  t.is(await readFile(path, 'utf8'), 'first\n012345other\n')
})

test('a directory at the path is an error, not a crash', async t => {
  const { path, make } = await setUp(t)
  await mkdir(path)
  await t.throwsAsync(make().append(line('x')), { code: 'EISDIR' })
})
