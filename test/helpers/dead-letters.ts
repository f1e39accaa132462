import type { DeadLetter, DeadLetterDestination } from '../../src/dead-letter/letter.ts'
import { readLetters, type StoredLetter } from '../../src/dead-letter/read-letters.ts'
import { sampleLogs } from '../../src/testing/index.ts'

/** A letter about one record per body. */
export function letterOf(bodies: readonly string[], change: Partial<DeadLetter> = {}): DeadLetter {
  return {
    records: sampleLogs(bodies, { requestId: 'r-1' }),
    origin: `q/${bodies.join('+')}`,
    reason: 'rejected',
    code: 'invalid_argument',
    message: 'no good',
    timeMs: Date.UTC(2026, 10, 26, 12),
    destination: 'clickhouse',
    pipelines: ['logs'],
    ...change,
  }
}

/** Everything that can be read in a directory of dead letters. */
export async function lettersIn(
  directory: string,
): Promise<{ letters: StoredLetter[]; troubles: string[] }> {
  const letters: StoredLetter[] = []
  const troubles: string[] = []
  for await (const file of readLetters(directory)) {
    letters.push(...file.letters)
    troubles.push(...file.troubles)
  }
  return { letters, troubles }
}

/** A dead letter in memory, which fails as told. */
export class LetterBox implements DeadLetterDestination {
  readonly name = 'box'
  readonly letters: DeadLetter[] = []
  /** When set, every write awaits it first and rejects if it throws. */
  before: ((signal: AbortSignal) => void | Promise<void>) | undefined

  async write(letters: readonly DeadLetter[], signal: AbortSignal): Promise<void> {
    await this.before?.(signal)
    this.letters.push(...letters)
  }
}
