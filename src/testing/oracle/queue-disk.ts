import { execFile } from 'node:child_process'
import { mkdir, open, readdir, rm, stat, statfs, truncate } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import type { ProcessFault } from './plan.ts'

const run = promisify(execFile)
const mounted = new Set<QueueDisk>()
const BALLAST = 'ballast'
/** Free bytes of the small disk beside twice the queue: what a queue needs to rotate its files. */
const SPARE_BYTES = 4 * 1024 ** 2
const WRITE_BYTES = 64 * 1024

const SEGMENT = /\/segment-\d+$/
const CURSOR = /\/cursor-[ab]$/
const LOCK = /\/lock[^/]*$/

type Damage = Extract<ProcessFault, { kind: 'corrupt' }>

export interface QueueDiskOptions {
  readonly isUsed: boolean
  readonly mount: boolean
  readonly queueBytes: number
}

/**
 * The disk that the queue lies on: a folder, or, where we may mount one, a file system of its own
 * that can be filled without harm to others.
 */
export class QueueDisk {
  /** The queue's own directory. */
  readonly directory: string
  /** False: the queue of this run is not on disk, so there is nothing to fill or damage. */
  readonly isUsed: boolean
  readonly #mountPoint: string
  readonly #isMounted: boolean
  #isJournalDamaged = false

  private constructor(mountPoint: string, isUsed: boolean, isMounted: boolean) {
    this.#mountPoint = mountPoint
    this.directory = join(mountPoint, 'queue')
    this.isUsed = isUsed
    this.#isMounted = isMounted
  }

  /** `mount`: a file system of its own, for a queue of `queueBytes`. See `canFill`. */
  static async create(
    folder: string,
    { isUsed, mount, queueBytes }: QueueDiskOptions,
  ): Promise<QueueDisk> {
    const mountPoint = join(folder, 'disk')
    await mkdir(mountPoint)
    const isMounted = mount && isUsed && (await mountTmpfs(mountPoint, sizeFor(queueBytes)))
    const disk = new QueueDisk(mountPoint, isUsed, isMounted)
    if (isMounted) mounted.add(disk)
    await mkdir(disk.directory)
    return disk
  }

  /** Unmounts what is still there: for the end of a process that was interrupted. */
  static async removeAll(): Promise<void> {
    await Promise.allSettled([...mounted].map(disk => disk.remove()))
  }

  /** False: there is no disk of its own, mounting one needs root on Linux. */
  get canFill(): boolean {
    return this.#isMounted
  }

  /** Fills the disk until about `leftBytes` are left. */
  async fill(leftBytes: number): Promise<void> {
    const file = await open(join(this.#mountPoint, BALLAST), 'w')
    const block = Buffer.alloc(WRITE_BYTES, 'x')
    try {
      for (;;) {
        const { bavail, bsize } = await statfs(this.#mountPoint)
        const wanted = bavail * bsize - leftBytes
        if (wanted <= 0) return
        await file.write(block, 0, Math.min(wanted, block.length))
      }
    } catch (error) {
      // Somebody else took the last bytes.
      if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error
    } finally {
      await file.close()
    }
  }

  async free(): Promise<void> {
    await rm(join(this.#mountPoint, BALLAST), { force: true })
  }

  /** Is what the queue notes of its sending among what was damaged? */
  get isJournalDamaged(): boolean {
    return this.#isJournalDamaged
  }

  /**
   * Damages one file of the queue; tells what was done, undefined when there is none. The newest
   * segment is spared: where its end is damaged, nobody can tell what was acknowledged from a
   * write that the crash has cut short.
   */
  async damage({ damage, file, at, bytes }: Damage): Promise<string | undefined> {
    const names = await this.#files()
    const name = names[Math.floor(file * names.length)]
    if (name === undefined) return undefined
    this.#isJournalDamaged ||= CURSOR.test(name)
    const { size } = await stat(name)
    const offset = Math.floor(at * size)
    if (damage === 'truncate') await truncate(name, offset)
    else await flip(name, offset, bytes)
    return `${damage} ${name} of ${size} bytes at ${offset}, ${bytes} bytes`
  }

  async remove(): Promise<void> {
    if (mounted.delete(this)) await run('umount', ['--lazy', this.#mountPoint])
  }

  /** Those that hold something, except for the newest segment. */
  async #files(): Promise<string[]> {
    const entries = await readdir(this.directory, { recursive: true, withFileTypes: true })
    const paths = entries
      .filter(entry => entry.isFile())
      .map(({ parentPath, name }) => join(parentPath, name))
    const sizes = await Promise.all(paths.map(async path => (await stat(path)).size))
    const full = paths.filter((path, index) => sizes[index]! > 0 && !LOCK.test(path)).toSorted()
    const newest = full.findLast(path => SEGMENT.test(path))
    return full.filter(path => path !== newest)
  }
}

function sizeFor(queueBytes: number): number {
  return 2 * queueBytes + SPARE_BYTES
}

async function mountTmpfs(mountPoint: string, bytes: number): Promise<boolean> {
  if (process.platform !== 'linux' || process.getuid?.() !== 0) return false
  try {
    await run('mount', ['-t', 'tmpfs', '-o', `size=${bytes}`, 'tmpfs', mountPoint])
    return true
  } catch {
    return false
  }
}

async function flip(path: string, offset: number, count: number): Promise<void> {
  const file = await open(path, 'r+')
  try {
    const bytes = Buffer.alloc(count)
    const { bytesRead } = await file.read(bytes, 0, count, offset)
    for (let i = 0; i < bytesRead; i++) bytes[i] = bytes[i]! ^ 0xff
    await file.write(bytes, 0, bytesRead, offset)
  } finally {
    await file.close()
  }
}
