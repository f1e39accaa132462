import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { LogBatch } from '../src/batch/log-batch.ts'
import { decodeLogs } from '../src/otlp/decode-logs.ts'
import { encodeLogs } from '../src/otlp/encode-logs.ts'
import { sharedController } from '../src/plugin/abort.ts'
import { MemoryQueue } from '../src/queue/memory-queue.ts'
import type { LotPart, Queue } from '../src/queue/queue.ts'
import { CORPUS, corpus } from './corpus.ts'
import { createFileQueue } from './file-queue.ts'

/*
 * The sending queue by itself: many senders offer batches of about 100 KB and wait for the
 * acknowledgement, several consumers take, begin and finish lots. The two queues take turns within
 * one run, so that their ratio means something on a noisy machine.
 */

const SENDERS = 32
const CONSUMERS = 10
const RECORDS = 190
const ITEMS_PER_LOT = 43
const ROUNDS = 5
const CAPACITY_BYTES = 256 * 1024 ** 2
const NEVER = sharedController().signal

export interface QueueRow {
  readonly name: string
  readonly recordsPerSecond: number
  readonly cpuMicrosPerRecord: number
  readonly ackP50Ms: number
  readonly ackP99Ms: number
}

/** Medians of some rounds of each queue; the memory queue comes first. */
export async function measureQueues(secondsPerRound: number): Promise<QueueRow[]> {
  const { batch } = decodeLogs(corpus(CORPUS.logs1000), { requestId: 'bench' })
  const part = decodeLogs(encodedSlice(batch), { requestId: 'bench' }).batch
  const rounds: QueueRow[][] = [[], []]
  for (let round = 0; round < ROUNDS; round++) {
    rounds[0]!.push(await measure('memory', createMemory(), part, secondsPerRound))
    const folder = mkdtempSync(join(tmpdir(), 'parsec-bench-queue-'))
    try {
      rounds[1]!.push(
        await measure('disk', createFileQueue(folder, CAPACITY_BYTES), part, secondsPerRound),
      )
    } finally {
      rmSync(folder, { recursive: true, force: true })
    }
  }
  return rounds.map(medianRow)
}

function createMemory(): Queue {
  return new MemoryQueue({
    name: 'bench',
    sizer: 'bytes',
    capacity: CAPACITY_BYTES,
    overflow: 'block',
  })
}

async function measure(
  name: string,
  queue: Queue,
  batch: LogBatch,
  seconds: number,
): Promise<QueueRow> {
  await queue.start()
  while ((await queue.resume()) !== undefined) {}
  const acks: number[] = []
  const end = performance.now() + seconds * 1000
  const cpu = process.cpuUsage()
  const consumers = Array.from({ length: CONSUMERS }, () => consume(queue))
  const senders = Array.from({ length: SENDERS }, async () => {
    while (performance.now() < end) {
      const from = performance.now()
      await queue.offer(batch, NEVER)
      acks.push(performance.now() - from)
      // A sender over a socket never comes back within the same turn.
      await new Promise(resolve => setImmediate(resolve))
    }
  })
  const from = performance.now()
  await Promise.all(senders)
  const elapsed = performance.now() - from
  const { user, system } = process.cpuUsage(cpu)
  queue.close()
  await Promise.all(consumers)
  await queue.stop()
  acks.sort((a, b) => a - b)
  const records = acks.length * batch.count
  return {
    name,
    recordsPerSecond: (records / elapsed) * 1000,
    cpuMicrosPerRecord: (user + system) / records,
    ackP50Ms: acks[Math.floor(acks.length / 2)]!,
    ackP99Ms: acks[Math.floor(acks.length * 0.99)]!,
  }
}

/** In lots of about 8,192 records, as a sending queue with `batch` forms them. */
async function consume(queue: Queue): Promise<void> {
  for (;;) {
    const parts: LotPart[] = []
    while (parts.length < ITEMS_PER_LOT) {
      const item = await queue.take(NEVER)
      if (item === undefined) break
      parts.push({ item, from: 0, to: item.batch.count })
    }
    if (parts.length === 0) return
    const lot = { parts }
    await queue.begin(lot)
    queue.done(lot)
  }
}

function encodedSlice(batch: LogBatch): Buffer {
  return encodeLogs(batch.slice(0, RECORDS))
}

function medianRow(rows: readonly QueueRow[]): QueueRow {
  const median = (pick: (row: QueueRow) => number): number =>
    rows.map(pick).sort((a, b) => a - b)[Math.floor(rows.length / 2)]!
  return {
    name: rows[0]!.name,
    recordsPerSecond: median(row => row.recordsPerSecond),
    cpuMicrosPerRecord: median(row => row.cpuMicrosPerRecord),
    ackP50Ms: median(row => row.ackP50Ms),
    ackP99Ms: median(row => row.ackP99Ms),
  }
}
