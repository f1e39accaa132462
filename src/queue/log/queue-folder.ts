import { join } from 'node:path'
import type { Files, OpenFile } from './files.ts'
import { SEGMENT_HEADER_BYTES } from './segment-header.ts'

/*
 * The names in a queue's directory:
 *
 *   segment-0000000042   batches, see record.ts
 *   spare-1              a segment that is not in use: its bytes are there, so that writing into it
 *                        needs no new space and no change of the file system's own tables
 *   cursor-a, cursor-b   what has been sent, see journal.ts
 *   lock                 who has the queue open, see directory-lock.ts
 *   damaged              what a repair has cut out
 *   worker-1             the queue of another worker process: a folder
 */

const SEGMENT = /^segment-(\d{10,})$/
const SPARE = /^spare-(\d+)$/
const OWN = /^(?:cursor-[ab]|lock(?:\..*)?|damaged|worker-[1-9]\d*)$/
/** Of the file system itself, when the directory is a mount. */
const TOLERATED = new Set(['lost+found'])

const ZEROS = Buffer.alloc(1024 * 1024)
/** Made ready in one go. */
const FILL_BYTES = 4 * ZEROS.length
const SPARES_MAX = 2

export interface FolderContent {
  /** Numbers of the segments, ascending. */
  readonly segments: number[]
  /** Names. */
  readonly spares: string[]
}

/** A file that is ready for a segment. */
export interface ReadyFile {
  readonly file: OpenFile
  readonly name: string
  readonly bytes: number
}

/** The files of one queue: which there are, making new ones, and putting old ones away. */
export class QueueFolder {
  readonly path: string
  readonly #files: Files
  readonly #segmentBytes: number
  #spares: string[] = []
  /** Spares under names that the disk may not have yet. */
  readonly #retired: string[] = []
  #nextSpare = 1

  constructor(files: Files, path: string, segmentBytes: number) {
    this.#files = files
    this.path = path
    this.#segmentBytes = segmentBytes
  }

  /** @throws Error that names a file which is none of a queue's. */
  async list(): Promise<FolderContent> {
    const { segments, spares, foreign } = sortNames(await this.#files.list(this.path))
    const [first] = foreign
    if (first !== undefined) {
      throw new Error(
        `${join(this.path, first)} is no file of a queue: a queue needs a directory of its own; move the file or set another directory`,
      )
    }
    this.#spares = [...spares]
    for (const name of spares) {
      this.#nextSpare = Math.max(this.#nextSpare, Number(SPARE.exec(name)?.[1] ?? 0) + 1)
    }
    return { segments, spares }
  }

  segmentPath(number: number): string {
    return join(this.path, segmentName(number))
  }

  async openSegment(number: number, mode: 'read' | 'write'): Promise<OpenFile> {
    return await this.#files.openFile(this.segmentPath(number), mode)
  }

  /** Another segment's worth of room, with all its space taken from the disk now. */
  async makeReady(recordBytes: number): Promise<ReadyFile> {
    const bytes = Math.max(this.#segmentBytes, SEGMENT_HEADER_BYTES + recordBytes)
    return (await this.#takeSpare(bytes)) ?? (await this.#makeSpare(bytes))
  }

  /** Gives a file, whose header has been written and synced, its place among the segments. */
  async enlist({ name }: ReadyFile, number: number): Promise<void> {
    await this.#files.rename(join(this.path, name), this.segmentPath(number))
    await this.#files.syncFolder(this.path)
  }

  /** Takes back a file that could not be given its place: tried often, it must not fill the disk. */
  async discard({ file, name }: ReadyFile): Promise<void> {
    await file.close().catch(() => {})
    await this.#files.remove(join(this.path, name)).catch(() => {})
  }

  /**
   * Puts a segment away, as a spare or for good. Everything in it MUST be done. `settle` MUST
   * follow, for one or many.
   */
  async retire(number: number): Promise<void> {
    if (this.#spares.length + this.#retired.length >= SPARES_MAX) {
      await this.#files.remove(this.segmentPath(number))
    } else {
      const spare = this.#spareName()
      await this.#files.rename(this.segmentPath(number), join(this.path, spare))
      this.#retired.push(spare)
    }
  }

  /** What was retired can be used again: a power cut no longer makes it a segment. */
  async settle(): Promise<void> {
    await this.#files.syncFolder(this.path)
    this.#spares.push(...this.#retired.splice(0))
  }

  async #takeSpare(bytes: number): Promise<ReadyFile | undefined> {
    for (let name = this.#spares.pop(); name !== undefined; name = this.#spares.pop()) {
      const path = join(this.path, name)
      const file = await this.#files.openFile(path, 'write')
      const size = await file.size()
      // A larger one is fine unless much larger: a spare must not hoard the disk.
      if (size >= bytes && size <= 2 * bytes) return { file, name, bytes: size }
      await file.close()
      await this.#files.remove(path)
    }
    return undefined
  }

  async #makeSpare(bytes: number): Promise<ReadyFile> {
    const name = this.#spareName()
    const path = join(this.path, name)
    const file = await this.#files.openFile(path, 'create')
    try {
      await fill(file, bytes)
    } catch (error) {
      // A full disk: what it has taken must be given back.
      await this.discard({ file, name, bytes })
      throw error
    }
    return { file, name, bytes }
  }

  #spareName(): string {
    return `spare-${this.#nextSpare++}`
  }
}

/** Writes zeros over the first `bytes` of a file, which takes the space for good. */
export async function fill(file: OpenFile, bytes: number): Promise<void> {
  for (let at = 0; at < bytes; at += FILL_BYTES) {
    const buffers: Buffer[] = []
    for (let from = at; from < Math.min(at + FILL_BYTES, bytes); from += ZEROS.length) {
      buffers.push(ZEROS.subarray(0, bytes - from))
    }
    await file.write(buffers, at)
  }
  await file.sync()
}

function segmentName(number: number): string {
  return `segment-${String(number).padStart(10, '0')}`
}

function sortNames(names: readonly string[]): FolderContent & { readonly foreign: string[] } {
  const segments: number[] = []
  const spares: string[] = []
  const foreign: string[] = []
  for (const name of names) {
    const segment = SEGMENT.exec(name)
    if (segment !== null) segments.push(Number(segment[1]))
    else if (SPARE.test(name)) spares.push(name)
    else if (!OWN.test(name) && !TOLERATED.has(name)) foreign.push(name)
  }
  return { segments: segments.sort((a, b) => a - b), spares, foreign }
}
