import { access, readdir, rename, unlink } from 'node:fs/promises'
import { basename, dirname, extname, join } from 'node:path'
import type { RotationConfig } from './config.ts'

const DAY_MS = 24 * 3600 * 1000
/** Names are a millisecond apart; more rotations at once than this are a fault. */
const NAME_TRIES_MAX = 1000
const STAMP = /^(\d{4})-(\d\d)-(\d\d)T(\d\d)-(\d\d)-(\d\d)\.(\d{3})$/

/**
 * Renames the file as the Collector's rotation does: `data.json` becomes
 * `data-2022-09-14T05-02-14.173.json`. An older backup is never overwritten. Returns the new name.
 */
export async function renameToBackup(path: string, now: Date, localtime: boolean): Promise<string> {
  for (let i = 0; i < NAME_TRIES_MAX; i++) {
    const backup = backupPath(path, new Date(now.getTime() + i), localtime)
    if (await exists(backup)) continue
    await rename(path, backup)
    return backup
  }
  throw new Error(`no free name for a backup of ${path}`)
}

/** Deletes the backups beyond `max_backups` and those older than `max_days`. Returns their names. */
export async function deleteOldBackups(
  path: string,
  { max_backups: countMax, max_days: daysMax, localtime }: RotationConfig,
  now: Date,
): Promise<string[]> {
  const folder = dirname(path)
  const backups = (await readdir(folder))
    .map(name => ({ name, timeMs: backupTimeMs(path, name, localtime) }))
    .filter(({ timeMs }) => !Number.isNaN(timeMs))
    .toSorted((a, b) => b.timeMs - a.timeMs)
  const oldestMs = daysMax === 0 ? -Infinity : now.getTime() - daysMax * DAY_MS
  const kept = countMax === 0 ? backups.length : countMax
  const old = backups.filter(({ timeMs }, index) => index >= kept || timeMs < oldestMs)
  for (const { name } of old) await unlink(join(folder, name))
  return old.map(({ name }) => name)
}

/** `data.json` at a time -> `data-2022-09-14T05-02-14.173.json`, in the same directory. */
export function backupPath(path: string, time: Date, localtime: boolean): string {
  const shifted = localtime ? new Date(time.getTime() - time.getTimezoneOffset() * 60_000) : time
  const stamp = shifted.toISOString().slice(0, 23).replaceAll(':', '-')
  const extension = extname(path)
  return join(dirname(path), `${basename(path, extension)}-${stamp}${extension}`)
}

/** When a file was renamed, by its name; NaN when it is no backup of `path`. */
function backupTimeMs(path: string, name: string, localtime: boolean): number {
  const extension = extname(path)
  const prefix = `${basename(path, extension)}-`
  if (!name.startsWith(prefix) || !name.endsWith(extension)) return NaN
  const match = STAMP.exec(name.slice(prefix.length, name.length - extension.length))
  if (match === null) return NaN
  const [year, month, day, hour, minute, second, ms] = match.slice(1).map(Number)
  return localtime
    ? new Date(year!, month! - 1, day, hour, minute, second, ms).getTime()
    : Date.UTC(year!, month! - 1, day, hour, minute, second, ms)
}

async function exists(path: string): Promise<boolean> {
  try {
    await access(path)
    return true
  } catch {
    return false
  }
}
