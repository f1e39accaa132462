import { readFileSync } from 'node:fs'
import { link, mkdir, open, readFile, rename, stat, unlink, utimes } from 'node:fs/promises'
import { hostname } from 'node:os'
import { join } from 'node:path'

/** Who holds a queue's directory. */
export interface LockHolder {
  readonly pid: number
  readonly host: string
  /** When the process began, in the system's own ticks: a pid alone may be used again. */
  readonly processStart: string
  /** The exporter's id. */
  readonly owner: string
}

export interface DirectoryLock {
  release(): Promise<void>
}

const TOUCH_MS = 5000
/** A holder on another host is gone when it has not touched the file for so long. */
const STALE_MS = 30_000
const TRIES = 5

/**
 * Takes the directory for this process. On one host the holder's process is looked at; in
 * another container or on another host its sign of life, every few seconds, is.
 * @throws Error naming the holder.
 */
export async function lockDirectory(directory: string, owner: string): Promise<DirectoryLock> {
  await mkdir(directory, { recursive: true, mode: 0o700 })
  const path = join(directory, 'lock')
  const text = JSON.stringify(selfAs(owner))
  for (let i = 0; i < TRIES; i++) {
    if (await create(path, text)) return hold(path, text)
    const found = await readLock(path)
    if (found === undefined) continue
    if (await isAlive(found.holder, path)) throw inUse(directory, found.holder)
    await removeStale(path, found.text)
  }
  throw new Error(`${directory} is in use: others keep taking its lock`)
}

/** The holder of a directory; undefined when nobody has it open. */
export async function lockHolder(directory: string): Promise<LockHolder | undefined> {
  const path = join(directory, 'lock')
  const found = await readLock(path)
  if (found === undefined) return undefined
  return (await isAlive(found.holder, path)) ? found.holder : undefined
}

function hold(path: string, text: string): DirectoryLock {
  const timer = setInterval(() => {
    const now = new Date()
    utimes(path, now, now).catch(() => {})
  }, TOUCH_MS)
  timer.unref()
  return {
    release: async () => {
      clearInterval(timer)
      const found = await readLock(path)
      if (found?.text === text) await unlink(path).catch(ignoreMissing)
    },
  }
}

async function create(path: string, text: string): Promise<boolean> {
  try {
    const file = await open(path, 'wx', 0o600)
    try {
      await file.writeFile(text)
    } finally {
      await file.close()
    }
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false
    throw error
  }
}

async function readLock(path: string): Promise<{ text: string; holder: LockHolder } | undefined> {
  try {
    const text = await readFile(path, 'utf8')
    return { text, holder: parseHolder(text) }
  } catch (error) {
    return ignoreMissing(error)
  }
}

/** What was cut short by a crash names nobody: pid 0 is never alive here. */
function parseHolder(text: string): LockHolder {
  try {
    const { pid, host, processStart, owner } = JSON.parse(text) as Partial<LockHolder>
    return { pid: pid ?? 0, host: host ?? '', processStart: processStart ?? '', owner: owner ?? '' }
  } catch {
    return { pid: 0, host: hostname(), processStart: '', owner: '' }
  }
}

async function isAlive({ pid, host, processStart }: LockHolder, path: string): Promise<boolean> {
  if (host === hostname()) return pid > 0 && startOf(pid) === processStart
  const { mtimeMs } = await stat(path)
  return Date.now() - mtimeMs < STALE_MS
}

/** Moves the lock away before it is removed, so that a new holder's is not taken for the old one. */
async function removeStale(path: string, text: string): Promise<void> {
  const aside = `${path}.${process.pid}`
  try {
    await rename(path, aside)
  } catch (error) {
    return ignoreMissing(error)
  }
  if ((await readFile(aside, 'utf8')) !== text) await link(aside, path).catch(() => {})
  await unlink(aside)
}

function selfAs(owner: string): LockHolder {
  const { pid } = process
  return { pid, host: hostname(), processStart: startOf(pid) ?? '', owner }
}

/** Field 22 of /proc/PID/stat on Linux; elsewhere only whether the process is there. */
function startOf(pid: number): string | undefined {
  try {
    const line = readFileSync(`/proc/${pid}/stat`, 'latin1')
    return line.slice(line.lastIndexOf(')') + 2).split(' ')[19]
  } catch {
    if (process.platform === 'linux') return undefined
  }
  try {
    process.kill(pid, 0)
    return ''
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM' ? '' : undefined
  }
}

function inUse(directory: string, { pid, host, owner }: LockHolder): Error {
  const where = host === hostname() ? '' : ` on ${host}`
  const self = pid === process.pid && where === '' ? ' (this very process)' : ''
  return new Error(
    `${directory} is in use by process ${pid}${where}${self}, exporter ${owner}: stop it, or give each exporter a directory of its own`,
  )
}

function ignoreMissing(error: unknown): undefined {
  if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
  return undefined
}
