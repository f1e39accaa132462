import { readFile, rename, writeFile } from 'node:fs/promises'
import { z } from 'zod'
import type { ReplayRange, ReplayRequest } from '../plugin/source-replay.ts'

/** How far a part of a replay has come. */
export interface ReplayedRange extends ReplayRange {
  /** All before this offset are done. */
  done: number
}

/** What a replay is, so that it goes on as what it began. */
export interface ReplayIdentity {
  readonly source: string
  readonly receiver: string
  readonly request: ReplayRequest
  /** The condition that its records meet. */
  readonly filter?: string | undefined
}

const offset = z.number().int().nonnegative()
const stateFile = z.object({
  parsec_replay: z.literal(1),
  identity: z.string(),
  ranges: z.array(
    z
      .object({ partition: offset, from: offset, to: offset, done: offset, note: z.string() })
      .partial({ note: true }),
  ),
})

/**
 * A file that says how far a replay has come. It is replaced as a whole; a crash may leave an older
 * one, which costs batches that a store which deduplicates drops as repetitions.
 */
export class ReplayState {
  readonly #path: string
  readonly #identity: string

  constructor(path: string, { source, receiver, request, filter }: ReplayIdentity) {
    this.#path = path
    const { topic, partitions, from, to, name } = request
    const all = { source, receiver, topic, partitions: partitions ?? 'all', from, to, name, filter }
    this.#identity = JSON.stringify(all)
  }

  /** Undefined when there is no file yet. Throws an Error when it is none of this very replay. */
  async read(): Promise<ReplayedRange[] | undefined> {
    let text: string
    try {
      text = await readFile(this.#path, 'utf8')
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
      throw error
    }
    const { success, data } = stateFile.safeParse(parsed(text))
    if (!success) throw new Error(`${this.#path} is no state file of a replay`)
    if (data.identity !== this.#identity) {
      throw new Error(
        `${this.#path} is of another replay, ${data.identity}, and this is ${this.#identity}: name another file`,
      )
    }
    return data.ranges as ReplayedRange[]
  }

  async write(ranges: readonly ReplayedRange[]): Promise<void> {
    const aside = `${this.#path}.new`
    const state = { parsec_replay: 1, identity: this.#identity, ranges }
    await writeFile(aside, `${JSON.stringify(state)}\n`)
    await rename(aside, this.#path)
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
