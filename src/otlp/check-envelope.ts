import { Reader } from '../wire/reader.ts'
import { WireError } from '../wire/wire-error.ts'
import { checkKeyValue, expectWireType } from './check-any-value.ts'

interface Envelope {
  readonly path: string
  /** Number of the field `attributes`. */
  readonly attributes: number
  /** Number of the field `entity_refs`; 0 when there is none. */
  readonly entityRefs: number
  /** Name and wire type by field number. */
  readonly fields: readonly (readonly [string, number] | undefined)[]
}

const RESOURCE: Envelope = {
  path: 'resource',
  attributes: 1,
  entityRefs: 3,
  fields: [undefined, ['attributes', 2], ['dropped_attributes_count', 0], ['entity_refs', 2]],
}
const SCOPE: Envelope = {
  path: 'scope',
  attributes: 3,
  entityRefs: 0,
  fields: [
    undefined,
    ['name', 2],
    ['version', 2],
    ['attributes', 2],
    ['dropped_attributes_count', 0],
  ],
}
const ENTITY_REF_FIELDS = ['', 'schema_url', 'type', 'id_keys', 'description_keys']

/**
 * Checks the Resource in `bytes[offset..end]`, all the way down. Returns true when one of its values
 * is set twice, so that `mergeDuplicates` is needed. Throws WireError.
 */
export function checkResource(bytes: Buffer, offset: number, end: number): boolean {
  return checkEnvelope(RESOURCE, bytes, offset, end)
}

/** The same for the InstrumentationScope in `bytes[offset..end]`. */
export function checkScope(bytes: Buffer, offset: number, end: number): boolean {
  return checkEnvelope(SCOPE, bytes, offset, end)
}

function checkEnvelope(envelope: Envelope, bytes: Buffer, offset: number, end: number): boolean {
  const reader = new Reader(bytes, offset, end)
  let duplicated = false
  try {
    while (reader.pos < end) {
      const at = reader.pos
      const tag = reader.tag()
      const field = tag >>> 3
      const known = envelope.fields[field]
      if (known !== undefined) expectWireType(tag, known[1], at, known[0])
      if (field !== envelope.attributes && (field !== envelope.entityRefs || field === 0)) {
        reader.skip(tag)
        continue
      }
      const stop = reader.lengthDelimited()
      if (field === envelope.entityRefs) checkEntityRef(bytes, reader.pos, stop)
      else if (checkKeyValue(bytes, reader.pos, stop, 0)) duplicated = true
      reader.pos = stop
    }
  } catch (error) {
    throw error instanceof WireError ? error.within(envelope.path) : error
  }
  return duplicated
}

/** Every field of an EntityRef is a string. */
function checkEntityRef(bytes: Buffer, offset: number, end: number): void {
  const reader = new Reader(bytes, offset, end)
  while (reader.pos < end) {
    const at = reader.pos
    const tag = reader.tag()
    const name = ENTITY_REF_FIELDS[tag >>> 3]
    if (name !== undefined) expectWireType(tag, 2, at, `entity_refs.${name}`)
    reader.skip(tag)
  }
}
