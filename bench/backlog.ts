import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { decodeLogs } from '../src/otlp/decode-logs.ts'
import { sharedController } from '../src/plugin/abort.ts'
import { CORPUS, corpus } from './corpus.ts'
import { createFileQueue } from './file-queue.ts'

/*
 * A long backlog on disk: how long a new process takes until it has the first batch in its hands, and
 * how much memory. Run as a program it is that process.
 */

const NEVER = sharedController().signal
const CAPACITY_BYTES = 2 ** 40

export interface BacklogRow {
  readonly gigabytes: number
  readonly batches: number
  readonly openMs: number
  readonly rssMebibytes: number
}

export async function measureBacklog(gigabytes: number): Promise<BacklogRow> {
  const directory = mkdtempSync(join(tmpdir(), 'parsec-bench-backlog-'))
  try {
    const batches = await fill(directory, gigabytes * 1e9)
    const { stdout } = spawnSync(process.execPath, [fileURLToPath(import.meta.url), directory])
    const { openMs, rss } = JSON.parse(String(stdout)) as { openMs: number; rss: number }
    return { gigabytes, batches, openMs, rssMebibytes: rss / 1024 ** 2 }
  } finally {
    rmSync(directory, { recursive: true, force: true })
  }
}

async function fill(directory: string, bytes: number): Promise<number> {
  const { batch } = decodeLogs(corpus(CORPUS.logs1000), { requestId: 'bench' })
  const queue = createFileQueue(directory, CAPACITY_BYTES)
  await queue.start()
  let batches = 0
  while (queue.stats().bytes < bytes) {
    const offers = Array.from({ length: 32 }, () => queue.offer(batch, NEVER))
    await Promise.all(offers)
    batches += offers.length
  }
  await queue.stop()
  return batches
}

async function open(directory: string): Promise<void> {
  const from = performance.now()
  const queue = createFileQueue(directory, CAPACITY_BYTES)
  await queue.start()
  const item = await queue.take(NEVER)
  const openMs = performance.now() - from
  // What is read ahead, too.
  await new Promise(resolve => setTimeout(resolve, 500))
  const { rss } = process.memoryUsage()
  process.stdout.write(JSON.stringify({ openMs, rss, records: item?.batch.count }))
  await queue.stop()
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await open(process.argv[2] ?? '')
