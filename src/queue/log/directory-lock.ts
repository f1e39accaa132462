import cluster from 'node:cluster'
import { createHash, randomUUID } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { mkdir, open, readFile, rename, stat, unlink, utimes } from 'node:fs/promises'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'

/*
 * `lock` names the holder. When that one is gone, its successor is whoever creates the file that is
 * named after it (`lock.<hash of its content>`), which only one can; so the holder is the last of a
 * chain. Looking at a lock and removing it instead would be two steps, and between them another may
 * have taken it. The successor then renames its file to `lock`, and so the chain is short again; who
 * had begun to read the old chain sees that from its begin, which is read once more.
 */

/** Who holds a queue's directory. */
export interface LockHolder {
  readonly pid: number
  readonly host: string
  /** When the process began, in the system's own ticks: a pid alone may be used again. */
  readonly processStart: string
  /** The exporter's id. */
  readonly owner: string
  /** Of a worker process: the one that it works for. */
  readonly parent?: number | undefined
}

export interface DirectoryLock {
  release(): Promise<void>
}

interface FoundLock {
  readonly path: string
  readonly text: string
  /** Undefined for what a crash has cut short, or another process is just writing. */
  readonly holder: LockHolder | undefined
}

const TOUCH_MS = 5000
/** A holder on another host is gone when it has not touched the file for so long. */
const STALE_MS = 30_000
/** Nobody takes longer to write a line. */
const WRITING_MS = 2000
/** A worker without its primary finishes what it accepted and ends. */
const ENDING_MS_MAX = 35_000
const TRIES = 50
const TRY_AGAIN_MS = 50

/**
 * Takes the directory for this process. On one host the holder's process is looked at; in
 * another container or on another host its sign of life, every few seconds, is. A worker process
 * whose primary is gone is about to end, and waited for.
 * @throws Error naming the holder.
 */
export async function lockDirectory(directory: string, owner: string): Promise<DirectoryLock> {
  await mkdir(directory, { recursive: true, mode: 0o700 })
  const root = join(directory, 'lock')
  const text = JSON.stringify({ ...self(owner), id: randomUUID() })
  const startedAtMs = performance.now()
  for (let i = 0; i < TRIES; i++) {
    const last = (await readChain(root)).at(-1)
    if (last !== undefined && (await isAlive(last))) {
      const isEnding =
        last.holder === undefined ||
        (isOrphan(last.holder) && performance.now() - startedAtMs < ENDING_MS_MAX)
      if (!isEnding) throw inUse(directory, last.holder!)
      if (last.holder !== undefined) i--
      await sleep(TRY_AGAIN_MS)
      continue
    }
    const path = last === undefined ? root : successorPath(root, last.text)
    if (!(await create(path, text))) continue
    const chain = await readChain(root)
    if (chain.at(-1)?.text === text) {
      await shorten(root, chain)
      return hold(root, text)
    }
    await unlink(path).catch(ignoreMissing)
  }
  throw new Error(`${directory} is in use: others keep taking its lock`)
}

/** The holder of a directory; undefined when nobody has it open. */
export async function lockHolder(directory: string): Promise<LockHolder | undefined> {
  const last = (await readChain(join(directory, 'lock'))).at(-1)
  return last !== undefined && (await isAlive(last)) ? last.holder : undefined
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

/** The lock and its successors; the last one counts. */
async function readChain(root: string): Promise<FoundLock[]> {
  const chain: FoundLock[] = []
  for (let path = root; ; path = successorPath(root, chain.at(-1)!.text)) {
    const found = await readLock(path)
    if (found === undefined) return chain
    chain.push(found)
  }
}

/** Of a chain that ends with this process, which thereby becomes the only one in it. */
async function shorten(root: string, chain: readonly FoundLock[]): Promise<void> {
  if (chain.length === 1) return
  await rename(chain.at(-1)!.path, root)
  for (const { path } of chain.slice(1, -1)) await unlink(path).catch(ignoreMissing)
}

function successorPath(root: string, text: string): string {
  return `${root}.${createHash('sha256').update(text).digest('hex').slice(0, 16)}`
}

async function readLock(path: string): Promise<FoundLock | undefined> {
  try {
    const text = await readFile(path, 'utf8')
    return { path, text, holder: parseHolder(text) }
  } catch (error) {
    return ignoreMissing(error)
  }
}

function parseHolder(text: string): LockHolder | undefined {
  try {
    const {
      pid = 0,
      host = '',
      processStart = '',
      owner = '',
      parent,
    } = JSON.parse(text) as Partial<LockHolder>
    return { pid, host, processStart, owner, ...(parent === undefined ? {} : { parent }) }
  } catch {
    return undefined
  }
}

async function isAlive({ holder, path }: FoundLock): Promise<boolean> {
  if (holder?.host === hostname()) {
    return holder.pid > 0 && startOf(holder.pid) === holder.processStart
  }
  const found = await stat(path).catch(ignoreMissing)
  if (found === undefined) return false
  return Math.abs(Date.now() - found.mtimeMs) < (holder === undefined ? WRITING_MS : STALE_MS)
}

function self(owner: string): LockHolder {
  const { pid, ppid } = process
  const parent = cluster.isWorker ? { parent: ppid } : {}
  return { pid, host: hostname(), processStart: startOf(pid) ?? '', owner, ...parent }
}

/** Its parent is another process by now; false where that cannot be seen. */
function isOrphan({ pid, host, parent }: LockHolder): boolean {
  if (parent === undefined || host !== hostname()) return false
  try {
    return Number(statOf(pid)[PARENT]) !== parent
  } catch {
    return false
  }
}

/** Fields 4 and 22 of /proc/PID/stat, counted from the third. */
const PARENT = 1
const START = 19

/** Throws where there is no such thing. */
function statOf(pid: number): string[] {
  const line = readFileSync(`/proc/${pid}/stat`, 'latin1')
  return line.slice(line.lastIndexOf(')') + 2).split(' ')
}

/** On Linux when it began; elsewhere only whether the process is there. */
function startOf(pid: number): string | undefined {
  try {
    return statOf(pid)[START]
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
