import type { Codec } from './codec.ts'
import { createCodec, type KafkaCompression } from './create-codec.ts'

/** Bits 0 to 2 of the attributes of a record batch. */
export const COMPRESSION_TYPES: Readonly<Record<KafkaCompression, number>> = {
  none: 0,
  gzip: 1,
  snappy: 2,
  lz4: 3,
  zstd: 4,
}

/** By the numbers of Kafka, each with its default level; they unpack every level. */
export const CODECS: ReadonlyMap<number, Codec> = new Map(
  (['gzip', 'snappy', 'lz4', 'zstd'] as const).map(name => [
    COMPRESSION_TYPES[name],
    createCodec(name),
  ]),
)
