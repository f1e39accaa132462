import { gunzip, gzip } from 'node:zlib'
import { type Codec, zlibCodec } from './codec.ts'
import { lz4Codec } from './lz4-codec.ts'
import { snappyCodec } from './snappy-codec.ts'
import { createZstdCodec } from './zstd-codec.ts'

export type KafkaCompression = 'none' | 'gzip' | 'snappy' | 'lz4' | 'zstd'

/** What compresses in several ways, from 1, fast, to the number here, small. */
export const COMPRESSION_LEVELS_MAX: Readonly<Partial<Record<KafkaCompression, number>>> = {
  gzip: 9,
  zstd: 22,
}

/**
 * The codec of a compression. `level` is one that the compression has; absent = its own default. What
 * is unpacked does not depend on it.
 */
export function createCodec(compression: Exclude<KafkaCompression, 'none'>, level?: number): Codec {
  switch (compression) {
    case 'gzip':
      return zlibCodec('gzip', gzip, gunzip, () => (level === undefined ? {} : { level }))
    case 'snappy':
      return snappyCodec
    case 'lz4':
      return lz4Codec
    case 'zstd':
      return createZstdCodec({ level })
  }
}
