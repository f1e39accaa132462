import {
  AttributeWalk,
  anyValueText,
  type LogBatch,
  Reader,
  readAnyValue,
  resourceRange,
} from '#core'
import { type Altered, withoutNul } from './altered.ts'
import { writeAttributes } from './attributes.ts'
import { CopyWriter, type Source, sourceOf } from './copy-writer.ts'
import { writeText } from './text.ts'

const RESOURCE_ATTRIBUTES = 1
const SCOPE_NAME = 0x0a
const SCOPE_VERSION = 0x12
const SCOPE_ATTRIBUTES = 3
const SERVICE_NAME = Buffer.from('service.name')
/** An index entry has to fit a third of a page; the attribute keeps the whole name. */
const SERVICE_NAME_BYTES_MAX = 1024

/**
 * The fields that a record shares with its scope and resource, `service_name` to `scope_attributes`,
 * encoded once for each scope: a row gets them as one copy.
 */
export class SharedFields {
  readonly #batch: LogBatch
  readonly #base: Source
  readonly #altered: Altered
  readonly #scopes: (Source | undefined)[] = []
  readonly #resources: (ResourceFields | undefined)[] = []

  constructor(batch: LogBatch, base: Source, altered: Altered) {
    this.#batch = batch
    this.#base = base
    this.#altered = altered
  }

  /** The fields of the scope with this index. */
  of(scope: number): Source {
    return (this.#scopes[scope] ??= this.#encodeScope(scope))
  }

  #encodeScope(index: number): Source {
    const { scopeOffset, scopeEnd, schemaUrlOffset, schemaUrlEnd, resource } = this.#batch.scopes
    const { serviceName, schemaUrl, attributes } = this.#resource(resource[index]!)
    const base = this.#base
    const out = new CopyWriter(Buffer.allocUnsafe(1024))
    out.copy(serviceName)
    out.copy(schemaUrl)
    out.copy(attributes)
    writeText(out, base, schemaUrlOffset[index]!, schemaUrlEnd[index]!, this.#altered)
    this.#scopeText(out, index, SCOPE_NAME)
    this.#scopeText(out, index, SCOPE_VERSION)
    const from = scopeOffset[index]!
    writeAttributes(out, base, from, scopeEnd[index]!, SCOPE_ATTRIBUTES, this.#altered)
    return sourceOf(out.finish())
  }

  /** The string field with this tag of the InstrumentationScope; protobuf keeps the last one. */
  #scopeText(out: CopyWriter, index: number, wanted: number): void {
    const { scopeOffset, scopeEnd } = this.#batch.scopes
    const reader = new Reader(this.#base.bytes, scopeOffset[index], scopeEnd[index])
    let from = 0
    let to = 0
    while (reader.pos < reader.end) {
      const tag = reader.tag()
      if (tag === wanted) {
        to = reader.lengthDelimited()
        from = reader.pos
        reader.pos = to
      } else reader.skip(tag)
    }
    writeText(out, this.#base, from, to, this.#altered)
  }

  #resource(index: number): ResourceFields {
    return (this.#resources[index] ??= this.#encodeResource(index))
  }

  #encodeResource(index: number): ResourceFields {
    const altered = this.#altered
    const { bytes, offset, end } = resourceRange(this.#batch, index)
    const source = bytes === this.#base.bytes ? this.#base : sourceOf(bytes)
    const { schemaUrlOffset, schemaUrlEnd } = this.#batch.resources
    return {
      serviceName: fields(out => writeServiceName(out, source, offset, end, altered)),
      schemaUrl: fields(out =>
        writeText(out, this.#base, schemaUrlOffset[index]!, schemaUrlEnd[index]!, altered),
      ),
      attributes: fields(out =>
        writeAttributes(out, source, offset, end, RESOURCE_ATTRIBUTES, altered),
      ),
    }
  }
}

interface ResourceFields {
  readonly serviceName: Source
  readonly schemaUrl: Source
  readonly attributes: Source
}

function fields(write: (out: CopyWriter) => void): Source {
  const out = new CopyWriter(Buffer.allocUnsafe(512))
  write(out)
  return sourceOf(out.finish())
}

/** The text of `service.name`, as everywhere the last one when it is given twice; '' when absent. */
function writeServiceName(
  out: CopyWriter,
  source: Source,
  offset: number,
  end: number,
  altered: Altered,
): void {
  const walk = new AttributeWalk(source.bytes, offset, end, RESOURCE_ATTRIBUTES)
  let name = ''
  while (walk.next()) {
    if (!walk.keyEquals(SERVICE_NAME)) continue
    name = anyValueText(readAnyValue(source.bytes, walk.valueOffset, walk.valueEnd))
  }
  const start = out.beginField()
  out.utf8(shortened(withoutNul(name, altered), altered))
  out.endField(start)
}

function shortened(name: string, altered: Altered): string {
  if (Buffer.byteLength(name) <= SERVICE_NAME_BYTES_MAX) return name
  altered.too_long++
  const bytes = Buffer.from(name)
  let end = SERVICE_NAME_BYTES_MAX
  // Not in the middle of a character, whose later bytes are 10xxxxxx.
  while ((bytes[end]! & 0xc0) === 0x80) end--
  return bytes.toString('utf8', 0, end)
}
