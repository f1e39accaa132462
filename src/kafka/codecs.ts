import { gunzip, gzip } from 'node:zlib'
import { type Codec, zlibCodec } from './codec.ts'
import { lz4Codec } from './lz4-codec.ts'
import { snappyCodec } from './snappy-codec.ts'
import { createZstdCodec } from './zstd-codec.ts'

export type KafkaCompression = 'none' | 'gzip' | 'snappy' | 'lz4' | 'zstd'

/** Bits 0 to 2 of the attributes of a record batch. */
export const COMPRESSION_TYPES: Readonly<Record<KafkaCompression, number>> = {
  none: 0,
  gzip: 1,
  snappy: 2,
  lz4: 3,
  zstd: 4,
}

export const CODECS: ReadonlyMap<number, Codec> = new Map([
  [COMPRESSION_TYPES.gzip, zlibCodec('gzip', gzip, gunzip)],
  [COMPRESSION_TYPES.snappy, snappyCodec],
  [COMPRESSION_TYPES.lz4, lz4Codec],
  [COMPRESSION_TYPES.zstd, createZstdCodec()],
])
