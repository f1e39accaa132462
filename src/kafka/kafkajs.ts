import { createRequire } from 'node:module'
import type * as kafkajsTypes from 'kafkajs'
import type { Codec } from './codec.ts'
import { CODECS } from './codecs.ts'
import {
  repairAbortedMessages,
  repairRequestQueue,
  useFastChecksum,
  useOwnEncoders,
} from './kafkajs-repairs.ts'
import { undecodableRecords } from './undecodable.ts'

/*
 * kafkajs as we use it: repaired, and with every compression. Nothing else in Parsec imports it for
 * more than types, so that another client can take its place.
 */

const require = createRequire(import.meta.url)

// Before anything of kafkajs is loaded: its modules keep what they have required.
useFastChecksum(require)
repairAbortedMessages(require)
useOwnEncoders(require)
export const kafkajs = require('kafkajs') as typeof kafkajsTypes
repairRequestQueue(require)

/** What a record batch may unpack to. Kafka's own default for a packed one is 1 MiB. */
export const RECORD_BATCH_BYTES_MAX = 64 * 1024 * 1024

const { CompressionCodecs } = kafkajs as { readonly CompressionCodecs: Record<number, unknown> }
for (const [compression, codec] of CODECS) CompressionCodecs[compression] = adapted(codec)

function adapted(codec: Codec): () => object {
  const own = {
    compress: ({ buffer }: { readonly buffer: Buffer }) => codec.compress(buffer),
    decompress: async (bytes: Buffer) => {
      try {
        return await codec.decompress(bytes, RECORD_BATCH_BYTES_MAX)
      } catch (error) {
        const records = undecodableRecords(bytes, (error as Error).message)
        if (records === undefined) throw error
        return records
      }
    },
  }
  return () => own
}
