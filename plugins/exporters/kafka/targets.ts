import { createHash } from 'node:crypto'
import { anyValueText, type BatchContext, type LogBatch, type LogCursor } from '#core'
import type { KafkaExporterConfig } from './config.ts'

/** Records of a batch that go to one topic under one key. */
export interface Target {
  readonly records: LogBatch
  readonly topic: string
  readonly key: Buffer | undefined
}

/** Shares the records of a batch out to topics and keys. The same batch gives the same. */
export function targetsOf(batch: LogBatch, config: KafkaExporterConfig): Target[] {
  const { context } = batch
  const { topic: fallback, topic_from_metadata_key, message_key_from_metadata_key } = config.logs
  const told = metadataOf(context, topic_from_metadata_key)
  const keyTold = metadataOf(context, message_key_from_metadata_key)
  const attribute = told === undefined ? config.topic_from_attribute : ''
  const keyOf = recordKey(config)
  const topic = told ?? fallback
  // Fast path: all records go one way.
  if (attribute === '' && keyOf === undefined) {
    return [
      { records: batch, topic, key: keyTold === undefined ? undefined : Buffer.from(keyTold) },
    ]
  }
  return groupRecords(
    batch,
    cursor => (attribute && textOf(cursor, attribute)) || topic,
    cursor => keyOf?.(cursor) ?? keyTold,
  )
}

type TextOf = (cursor: LogCursor) => string | undefined

function groupRecords(batch: LogBatch, topicOf: TextOf, keyOf: TextOf): Target[] {
  const groups = new Map<string, { topic: string; key: string | undefined; rows: number[] }>()
  const cursor = batch.cursor()
  for (let i = 0; i < batch.count; i++) {
    const row = batch.row(i)
    cursor.seek(row)
    const topic = topicOf(cursor) ?? ''
    const key = keyOf(cursor)
    // A topic has no slash, and one that has is refused anyway.
    const name = `${topic}/${key ?? ''}`
    const group = groups.get(name)
    if (group === undefined) groups.set(name, { topic, key, rows: [row] })
    else group.rows.push(row)
  }
  return [...groups.values()].map(({ topic, key, rows }) => ({
    records:
      rows.length === batch.count ? batch : batch.with({ selection: Uint32Array.from(rows) }),
    topic,
    key: key === undefined || key === '' ? undefined : Buffer.from(key, 'latin1'),
  }))
}

/** The key of a record as latin1 text; undefined when no record has one of its own. */
function recordKey(config: KafkaExporterConfig): TextOf | undefined {
  if (config.partition_logs_by_trace_id) return cursor => cursor.traceId()
  const attribute = config.message_key_from_attribute
  if (attribute !== '') return perResource(cursor => utf8AsLatin1(textOf(cursor, attribute) ?? ''))
  if (config.partition_logs_by_resource_attributes) return perResource(resourceHash)
  return undefined
}

/** Neighbouring records nearly always have one resource: its value is worked out once. */
function perResource(valueOf: (cursor: LogCursor) => string): TextOf {
  let batch: LogBatch | undefined
  let values = new Map<number, string>()
  return cursor => {
    if (cursor.batch !== batch) {
      batch = cursor.batch
      values = new Map()
    }
    const known = values.get(cursor.resourceIndex)
    if (known !== undefined) return known
    const value = valueOf(cursor)
    values.set(cursor.resourceIndex, value)
    return value
  }
}

/** 16 bytes that are the same for the same attributes, in whatever order. */
function resourceHash(cursor: LogCursor): string {
  const attributes = [...cursor.resourceAttributes()].map(([key, value]) => {
    return JSON.stringify([key, typeof value, anyValueText(value)])
  })
  const hash = createHash('sha256').update(attributes.sort().join('\n')).digest()
  return hash.subarray(0, 16).toString('latin1')
}

function textOf(cursor: LogCursor, attribute: string): string | undefined {
  const value = cursor.resourceAttribute(attribute)
  return value === undefined ? undefined : anyValueText(value)
}

function utf8AsLatin1(text: string): string {
  return Buffer.from(text).toString('latin1')
}

function metadataOf({ metadata }: BatchContext, key: string): string | undefined {
  if (key === '') return undefined
  const value = metadata?.get(key.toLowerCase())?.[0]
  return value === '' ? undefined : value
}
