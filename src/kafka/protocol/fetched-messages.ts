import { createRequire } from 'node:module'
import { damagedMessage, type FetchedMessage } from './fetched-message.ts'
import { readRecordBatch } from './read-record-batch.ts'
import { isIntact, type RecordBatchHeader, readBatchHeader } from './record-batch-header.ts'
import { BASE_OFFSET_AT, LENGTH_AT, MAGIC, MAGIC_AT } from './record-batch-layout.ts'

/** The parts of kafkajs's reader of answers that are used here. */
export interface AnswerDecoder {
  readInt32(): number
  canReadBytes(bytes: number): boolean
  readBytes(bytes: number): Buffer
}

const DAMAGED_MAX = 1000
/** What one answer unpacks to may be a thousand times itself: behind this the rest is left out. */
const UNPACKED_BYTES_ENOUGH = 16 * 1024 * 1024

const require = createRequire(import.meta.url)

/** Batches whose checksum was wrong the last time they were fetched. */
const damaged = new Set<string>()

/**
 * The messages of one partition in the answer to a fetch. What the end of the answer has cut off is
 * left out, and so is what is more than enough: it is asked for again. A batch whose checksum is wrong
 * is asked for again once, since it may have been damaged on its way; when it comes again like that,
 * a message that says so stands for it.
 */
export async function fetchedMessages(decoder: AnswerDecoder): Promise<FetchedMessage[]> {
  const length = decoder.readInt32()
  if (length <= 0 || !decoder.canReadBytes(length)) return []
  const bytes = decoder.readBytes(length)
  const magic = magicAt(bytes, 0)
  if (magic > MAGIC) throw new Error(`record batches of version ${magic} are not known`)
  if (magic < MAGIC) return await legacyMessages(bytes)
  const batches: FetchedMessage[][] = []
  let unpacked = 0
  for (let at = 0; at < length && unpacked < UNPACKED_BYTES_ENOUGH; ) {
    // A message set may follow; then it is the first the next time.
    const header = magicAt(bytes, at) === MAGIC ? readBatchHeader(bytes, at) : undefined
    if (header === undefined) break
    if (!isIntact(bytes, at, header)) {
      // What follows comes in the next answer: of which transactions were aborted this one does not
      // know any more, since it may be the end of one that cannot be read.
      if (isSecondTime(header)) batches.push([standInFor(bytes, at, header)])
      break
    }
    if (damaged.size > 0) damaged.delete(nameOf(header))
    // oxlint-disable-next-line no-await-in-loop -- they are unpacked one at a time
    const { messages, unpackedBytes } = await readRecordBatch(bytes, at, header)
    batches.push(messages)
    unpacked += unpackedBytes
    at += header.bytes
  }
  return batches.length === 1 ? batches[0]! : batches.flat()
}

function isSecondTime(header: RecordBatchHeader): boolean {
  const name = nameOf(header)
  // The second time is the last: what is read anew later may be mended by then.
  if (damaged.delete(name)) return true
  if (damaged.size >= DAMAGED_MAX) damaged.clear()
  damaged.add(name)
  return false
}

function nameOf({ baseOffset, bytes, checksum }: RecordBatchHeader): string {
  return `${baseOffset} ${bytes} ${checksum}`
}

/**
 * Nothing behind the checksum of a damaged batch can be believed, its last offset neither. Where the
 * next batch begins says where it ends; when none is there, only its first offset is given up, and the
 * batch comes again for the next one.
 */
function standInFor(bytes: Buffer, at: number, header: RecordBatchHeader): FetchedMessage {
  const { baseOffset } = header
  const next = at + header.bytes
  const isThere = next + LENGTH_AT <= bytes.length
  const end = isThere ? Number(bytes.readBigInt64BE(next + BASE_OFFSET_AT)) : 0
  const reason = `the checksum of the record batch at offset ${baseOffset} is wrong`
  return damagedMessage(Math.max(end - 1, baseOffset), reason)
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
