import { readFile, stat, statfs, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import { QueueDisk } from '../../../src/testing/oracle/queue-disk.ts'
import { tempFolder } from '../../helpers/temp-folder.ts'

const QUEUE_BYTES = 256 * 1024
const FLIP = { kind: 'corrupt', afterMs: 0, damage: 'flip', file: 0, at: 0.5, bytes: 2 } as const

async function createDisk(t: ExecutionContext, mount: boolean): Promise<QueueDisk> {
  const disk = await QueueDisk.create(await tempFolder(t), {
    isUsed: true,
    mount,
    queueBytes: QUEUE_BYTES,
  })
  t.teardown(() => disk.remove())
  return disk
}

test('a small disk can be filled to the last byte, and freed', async t => {
  const disk = await createDisk(t, true)
  if (!disk.canFill) {
    t.log('SKIPPED: a small disk needs root on Linux, to mount a tmpfs')
    t.falsy(process.env['CI'], 'cannot be skipped in CI')
    return
  }
  const file = join(disk.directory, 'segment')
  await disk.fill(0)
  await t.throwsAsync(writeFile(file, 'x'.repeat(8192)), { code: 'ENOSPC' })
  await disk.free()
  await writeFile(file, 'x'.repeat(8192))
  await disk.fill(100_000)
  const { bavail, bsize } = await statfs(dirname(disk.directory))
  t.true(bavail * bsize <= 100_000)
})

test('a disk that is not small is a folder, which cannot be filled', async t => {
  const disk = await createDisk(t, false)
  t.false(disk.canFill)
})

test('bytes are flipped where the plan says', async t => {
  const disk = await createDisk(t, false)
  const file = join(disk.directory, 'a')
  await writeFile(file, Buffer.from([1, 2, 3, 4]))
  t.regex((await disk.damage(FLIP)) ?? '', /flip .*a of 4 bytes at 2/)
  t.deepEqual([...(await readFile(file))], [1, 2, 0xff ^ 3, 0xff ^ 4])
})

test('a file is cut where the plan says', async t => {
  const disk = await createDisk(t, false)
  const file = join(disk.directory, 'a')
  await writeFile(file, Buffer.alloc(100))
  await disk.damage({ ...FLIP, damage: 'truncate', at: 0.25 })
  t.is((await stat(file)).size, 25)
})

test('the newest segment is spared; damage to the journal is told', async t => {
  const disk = await createDisk(t, false)
  await writeFile(join(disk.directory, 'segment-0000000002'), 'records')
  t.is(await disk.damage(FLIP), undefined)
  t.false(disk.isJournalDamaged)
  await writeFile(join(disk.directory, 'cursor-a'), 'journal')
  t.regex((await disk.damage(FLIP)) ?? '', /cursor-a/)
  t.true(disk.isJournalDamaged)
  t.is(await readFile(join(disk.directory, 'segment-0000000002'), 'utf8'), 'records')
})

test('where there is no file, nothing is damaged', async t => {
  const disk = await createDisk(t, false)
  await writeFile(join(disk.directory, 'lock'), 'process 1')
  t.is(await disk.damage(FLIP), undefined)
})
