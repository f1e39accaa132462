import { readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import test from 'ava'
import {
  backupPath,
  deleteOldBackups,
  renameToBackup,
} from '../../../../plugins/exporters/file/backups.ts'
import { tempFolder } from '../../../helpers/temp-folder.ts'

const now = new Date('2022-09-14T05:02:14.173Z')

test('a backup has the time before its extension', t => {
  t.is(backupPath('/d/data.json', now, false), '/d/data-2022-09-14T05-02-14.173.json')
  t.is(backupPath('data', now, false), 'data-2022-09-14T05-02-14.173')
})

test('an older backup is never overwritten', async t => {
  const path = join(await tempFolder(t), 'data.json')
  for (const text of ['one', 'two', 'three']) {
    await writeFile(path, text)
    await renameToBackup(path, now, false)
  }
  const texts = await Promise.all(
    [0, 1, 2].map(ms => readFile(backupPath(path, new Date(now.getTime() + ms), false), 'utf8')),
  )
  t.deepEqual(texts, ['one', 'two', 'three'])
})

const keeps = test.macro({
  async exec(t, countMax: number, daysMax: number, localtime: boolean, kept: number) {
    const folder = await tempFolder(t)
    const path = join(folder, 'data.json')
    const others = ['data.json', 'data-notes.json', 'data-2022-09-14.json', 'xdata.json']
    for (const name of others) await writeFile(join(folder, name), '')
    const names = [0, 1, 2, 3, 4].map(day =>
      backupPath(path, new Date(now.getTime() - day * 86_400_000), localtime),
    )
    for (const name of names) await writeFile(name, '')
    const rotation = { max_megabytes: 1, max_backups: countMax, max_days: daysMax, localtime }
    const deleted = await deleteOldBackups(path, rotation, now)
    t.is(deleted.length, names.length - kept)
    const left = (await readdir(folder)).filter(name => !others.includes(name))
    t.deepEqual(left.map(name => join(folder, name)).toSorted(), names.slice(0, kept).toSorted())
    t.is((await readdir(folder)).length, kept + others.length)
  },
  title: (_, count: number, days: number, localtime: boolean) =>
    `of five backups a day apart: at most ${count}, at most ${days} days, localtime ${localtime}`,
})

test(keeps, 0, 0, false, 5)
test(keeps, 2, 0, false, 2)
test(keeps, 0, 2, false, 3)
test(keeps, 4, 1, true, 2)
