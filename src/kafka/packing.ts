import type { Codec } from './codec.ts'
import { CODECS, COMPRESSION_TYPES } from './codecs.ts'
import { createCodec, type KafkaCompression } from './create-codec.ts'

/**
 * A compression and its level in one number, which goes through kafkajs to our encoder of requests: in
 * bits 0 to 2 as Kafka numbers compressions, above them the level, 0 = the default.
 */
export type Packing = number

const TYPE_BITS = 3
const TYPE_MASK = 2 ** TYPE_BITS - 1

/** `level`: one that the compression has, or as the Collector has it 0 or -1 for the default. */
export function packingOf(compression: KafkaCompression, level = 0): Packing {
  return COMPRESSION_TYPES[compression] | (Math.max(level, 0) << TYPE_BITS)
}

/** How record batches are packed. */
export interface PackedWith {
  /** As Kafka numbers compressions; 0 = none, and then there is no codec. */
  readonly compression: number
  readonly codec: Codec | undefined
}

/** Made once each: there are few of them. */
const made = new Map<Packing, PackedWith>()

/** Throws an Error for a compression that there is not. */
export function packedWith(packing: Packing): PackedWith {
  const known = made.get(packing)
  if (known !== undefined) return known
  const compression = packing & TYPE_MASK
  const packed = { compression, codec: codecOf(compression, packing >> TYPE_BITS) }
  made.set(packing, packed)
  return packed
}

function codecOf(compression: number, level: number): Codec | undefined {
  if (compression === COMPRESSION_TYPES.none) return undefined
  if (compression === COMPRESSION_TYPES.gzip && level > 0) return createCodec('gzip', level)
  if (compression === COMPRESSION_TYPES.zstd && level > 0) return createCodec('zstd', level)
  const codec = CODECS.get(compression)
  if (codec === undefined) throw new Error(`no compression ${compression}`)
  return codec
}
