import { createRequire } from 'node:module'
import { gunzip, gzip } from 'node:zlib'
import type * as kafkajsTypes from 'kafkajs'
import { type Codec, zlibCodec } from './codec.ts'
import { repairAbortedMessages, repairRequestQueue, useFastChecksum } from './kafkajs-repairs.ts'
import { lz4Codec } from './lz4-codec.ts'
import { snappyCodec } from './snappy-codec.ts'
import { undecodableRecords } from './undecodable.ts'
import { createZstdCodec } from './zstd-codec.ts'

/*
 * kafkajs as we use it: repaired, and with every compression. Nothing else in Parsec imports it for
 * more than types, so that another client can take its place.
 */

const require = createRequire(import.meta.url)

// Before anything of kafkajs is loaded: its modules keep what they have required.
useFastChecksum(require)
repairAbortedMessages(require)
export const kafkajs = require('kafkajs') as typeof kafkajsTypes
repairRequestQueue(require)

/** What a record batch may unpack to. Kafka's own default for a packed one is 1 MiB. */
export const RECORD_BATCH_BYTES_MAX = 64 * 1024 * 1024

export type KafkaCompression = 'none' | 'gzip' | 'snappy' | 'lz4' | 'zstd'

const { CompressionCodecs, CompressionTypes } = kafkajs

export const COMPRESSION_TYPES: Readonly<Record<KafkaCompression, number>> = {
  none: CompressionTypes.None,
  gzip: CompressionTypes.GZIP,
  snappy: CompressionTypes.Snappy,
  lz4: CompressionTypes.LZ4,
  zstd: CompressionTypes.ZSTD,
}

CompressionCodecs[CompressionTypes.GZIP] = adapted(zlibCodec('gzip', gzip, gunzip))
CompressionCodecs[CompressionTypes.Snappy] = adapted(snappyCodec)
CompressionCodecs[CompressionTypes.LZ4] = adapted(lz4Codec)
CompressionCodecs[CompressionTypes.ZSTD] = adapted(createZstdCodec())

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
