import { createRequire } from 'node:module'
import type * as kafkajsTypes from 'kafkajs'
import type { Codec } from './codec.ts'
import { CODECS } from './codecs.ts'
import {
  repairAbortedMessages,
  repairRequestQueue,
  useOwnDecoder,
  useOwnEncoders,
} from './kafkajs-repairs.ts'
import { RECORD_BATCH_BYTES_MAX } from './protocol/read-record-batch.ts'

/*
 * kafkajs as we use it: repaired, and with every compression. Nothing else in Parsec imports it for
 * more than types, so that another client can take its place.
 */

const require = createRequire(import.meta.url)

// Before anything of kafkajs is loaded: its modules keep what they have required.
const isOurs = [repairAbortedMessages, useOwnEncoders, useOwnDecoder].every(use => use(require))
if (!isOurs) throw new Error('kafkajs is not 2.2.4, or was loaded before it could be repaired')
export const kafkajs = require('kafkajs') as typeof kafkajsTypes
repairRequestQueue(require)

const { CompressionCodecs } = kafkajs as { readonly CompressionCodecs: Record<number, unknown> }
for (const [compression, codec] of CODECS) CompressionCodecs[compression] = adapted(codec)

/** Batches we pack and unpack ourselves; there are message sets of before Kafka 0.11. */
function adapted(codec: Codec): () => object {
  const own = {
    compress: ({ buffer }: { readonly buffer: Buffer }) => codec.compress(buffer),
    decompress: (bytes: Buffer) => codec.decompress(bytes, RECORD_BATCH_BYTES_MAX),
  }
  return () => own
}
