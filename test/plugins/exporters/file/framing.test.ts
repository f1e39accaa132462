import { type FileHandle, open } from 'node:fs/promises'
import { join } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import { frame, repairTail } from '../../../../plugins/exporters/file/framing.ts'
import { tempFolder } from '../../../helpers/temp-folder.ts'

async function fileWith(t: ExecutionContext, bytes: Buffer): Promise<FileHandle> {
  const file = await open(join(await tempFolder(t), 'f'), 'a+')
  t.teardown(() => file.close())
  await file.write(bytes)
  return file
}

test('messages are ended by a newline or come after their length', t => {
  t.deepEqual(frame('{}', 'line'), Buffer.from('{}\n'))
  t.deepEqual(frame(Buffer.from('abc'), 'length'), Buffer.from('\0\0\0\x03abc'))
})

test('a torn line is ended, a whole one is left', async t => {
  for (const [before, after] of [
    ['{"a":1}\n{"b', '{"a":1}\n{"b\n'],
    ['{"a":1}\n', '{"a":1}\n'],
    ['', ''],
  ] as const) {
    const file = await fileWith(t, Buffer.from(before))
    t.true(await repairTail(file, before.length, 'line'))
    const size = (await file.stat()).size
    const bytes = Buffer.alloc(size)
    await file.read(bytes, 0, size, 0)
    t.is(bytes.toString(), after)
  }
})

test('of messages with lengths, every cut of the last one is noticed', async t => {
  const messages = [0, 1, 70_000, 5, 300].map(size => frame(Buffer.alloc(size, 'x'), 'length'))
  const bytes = Buffer.concat(messages)
  const file = await fileWith(t, bytes)
  for (const cut of [0, 1, 299, 300, 303]) {
    t.is(await repairTail(file, bytes.length - cut, 'length'), cut === 0, `${cut} bytes cut`)
  }
  t.true(await repairTail(file, bytes.length - 304, 'length'))
})
