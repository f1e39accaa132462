/*
 * What is committed with an offset before the records behind it are written anywhere: up to where
 * the batch reaches, and by which name it goes. After a crash the same batch is made again, under
 * the same name, and a store that deduplicates drops what it has.
 */

export interface Intent {
  /** The offset behind the last message of the batch. */
  readonly end: number
  /** Time of the batch's first message: keeps apart two topics that had one name. */
  readonly timestampMs: number
}

/** As commit metadata: a few dozen bytes of the 4096 that brokers take. */
export function encodeIntent({ end, timestampMs }: Intent): string {
  return JSON.stringify({ parsec: 1, e: end, t: timestampMs })
}

/** Undefined when it is none of ours, or does not reach beyond the committed offset. */
export function decodeIntent(metadata: string, offset: number): Intent | undefined {
  if (!metadata.startsWith('{"parsec":1,')) return undefined
  try {
    const { e: end, t: timestampMs } = JSON.parse(metadata) as { e: unknown; t: unknown }
    if (!Number.isSafeInteger(end) || !Number.isSafeInteger(timestampMs)) return undefined
    if ((end as number) <= offset) return undefined
    return { end: end as number, timestampMs: timestampMs as number }
  } catch {
    return undefined
  }
}
