import type { DescField, DescMessage } from '@bufbuild/protobuf'
import test from 'ava'
import {
  LogsDataSchema,
  SeverityNumberSchema,
} from '../../src/gen/opentelemetry/proto/logs/v1/logs_pb.ts'
import type { JsonField, JsonShape } from '../../src/otlp/json-shape.ts'
import { LOGS_REQUEST } from '../../src/otlp/json-shapes.ts'

/** Kinds that have the same protobuf type as another, but their own form in OTLP JSON. */
const SCALARS: Readonly<Record<string, string>> = { traceId: 'bytes', spanId: 'bytes' }

function typeOf(field: DescField): string {
  if (field.message !== undefined) return 'message'
  if (field.enum !== undefined) return 'enum'
  const scalar =
    field.fieldKind === 'list' || field.fieldKind === 'scalar' ? field.scalar : undefined
  return {
    1: 'double',
    3: 'int64',
    5: 'int32',
    6: 'fixed64',
    7: 'fixed32',
    8: 'bool',
    9: 'string',
    12: 'bytes',
    13: 'uint32',
  }[scalar as number]!
}

test('the shapes are those of the .proto files, field by field', t => {
  const seen = new Set<JsonShape>()
  const compare = (shape: JsonShape, desc: DescMessage): void => {
    if (seen.has(shape)) return
    seen.add(shape)
    const actual = new Map(shape.fields.map(field => [field.number, field] as [number, JsonField]))
    t.deepEqual(
      [...actual.keys()].sort((a, b) => a - b),
      desc.fields.map(({ number }) => number).sort((a, b) => a - b),
      desc.name,
    )
    for (const field of desc.fields) {
      const { name, kind, repeated, shape: inner } = actual.get(field.number)!
      const where = `${desc.name}.${field.name}`
      t.is(name, field.jsonName, where)
      t.is(SCALARS[kind] ?? kind, typeOf(field), where)
      t.is(repeated ?? false, field.fieldKind === 'list', where)
      const spelling = Buffer.from(field.name)
      t.is(shape.find(spelling, 0, spelling.length)?.number, field.number, where)
      if (field.message !== undefined) compare(inner!(), field.message)
    }
  }
  compare(LOGS_REQUEST, LogsDataSchema)
  t.is(seen.size, 11)
})

test('severities have their names', t => {
  const records = LOGS_REQUEST.fields[0]!.shape!().fields[1]!.shape!().fields[1]!
  const { names } = records.shape!().fields.find(({ name }) => name === 'severityNumber')!
  t.deepEqual(
    [...names!],
    SeverityNumberSchema.values.map(({ name, number }) => [name, number] as [string, number]),
  )
})
