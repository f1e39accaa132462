import type { ExecutionContext } from 'ava'
import type { DeadLetter } from '../../src/dead-letter/letter.ts'
import { DeadLetterStore } from '../../src/dead-letter/store.ts'
import { createTestContext } from '../../src/testing/index.ts'
import { tempFolder } from './temp-folder.ts'
import { NEVER } from './verdict.ts'

/** A directory of dead letters that holds these. */
export async function letterFolder(
  t: ExecutionContext,
  ...letters: readonly DeadLetter[]
): Promise<string> {
  const directory = `${await tempFolder(t)}/dead`
  const { logger } = createTestContext('exporter', 'x')
  const store = new DeadLetterStore({ directory, sizeBytesMax: 1e9, logger })
  await store.start()
  if (letters.length > 0) await store.write(letters, NEVER)
  await store.stop()
  return directory
}
