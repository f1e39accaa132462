import { createRequire } from 'node:module'
import { type FetchedMessage, undecodableMessages } from './fetched-message.ts'
import {
  isIntact,
  type RecordBatchHeader,
  readBatchHeader,
  readRecordBatch,
} from './read-record-batch.ts'

/** The parts of kafkajs's reader of answers that are used here. */
export interface AnswerDecoder {
  readInt32(): number
  canReadBytes(bytes: number): boolean
  readBytes(bytes: number): Buffer
}

/** At the same place in every version of batches and of the message sets before them. */
const MAGIC_AT = 16
const MAGIC = 2
const DAMAGED_MAX = 1000

const require = createRequire(import.meta.url)

/** Batches whose checksum was wrong the last time they were fetched. */
const damaged = new Set<string>()

/**
 * The messages of one partition in the answer to a fetch. What the end of the answer has cut off is
 * left out: it is asked for again. So is, once, a batch whose checksum is wrong, since it may have
 * been damaged on its way; when it comes again like that, its messages say so.
 */
export async function fetchedMessages(decoder: AnswerDecoder): Promise<FetchedMessage[]> {
  const length = decoder.readInt32()
  if (length <= 0 || !decoder.canReadBytes(length)) return []
  const bytes = decoder.readBytes(length)
  const magic = magicAt(bytes, 0)
  if (magic > MAGIC) throw new Error(`record batches of version ${magic} are not known`)
  if (magic < MAGIC) return await legacyMessages(bytes)
  const batches: FetchedMessage[][] = []
  for (let at = 0; at < length; ) {
    // A message set may follow; then it is the first the next time.
    const header = magicAt(bytes, at) === MAGIC ? readBatchHeader(bytes, at) : undefined
    if (header === undefined) break
    const isGood = isIntact(bytes, at, header)
    if (!isGood && isFirstTime(bytes, at, header)) break
    batches.push(
      isGood
        ? // oxlint-disable-next-line no-await-in-loop -- they are unpacked one at a time
          await readRecordBatch(bytes, at, header)
        : undecodableMessages(header, 'the checksum of the record batch is wrong'),
    )
    at += header.bytes
  }
  return batches.length === 1 ? batches[0]! : batches.flat()
}

function isFirstTime(bytes: Buffer, at: number, header: RecordBatchHeader): boolean {
  const name = `${header.baseOffset} ${bytes.toString('hex', at + 8, at + 61)}`
  // The second time is the last: what is read anew later may be mended by then.
  if (damaged.delete(name)) return false
  if (damaged.size >= DAMAGED_MAX) damaged.clear()
  damaged.add(name)
  return true
}

/** 0 when there is not even that. */
function magicAt(bytes: Buffer, at: number): number {
  return bytes[at + MAGIC_AT] ?? 0
}

/** Topics of before Kafka 0.11 may still hold message sets. */
async function legacyMessages(bytes: Buffer): Promise<FetchedMessage[]> {
  const Decoder = require('kafkajs/src/protocol/decoder') as new (bytes: Buffer) => object
  const decodeSet = require('kafkajs/src/protocol/messageSet/decoder') as (
    decoder: object,
    bytes: number,
  ) => Promise<FetchedMessage[]>
  return await decodeSet(new Decoder(bytes), bytes.length)
}
