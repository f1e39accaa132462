import { varintSize, Writer } from '#core'

interface Group {
  /** The Resource message. */
  readonly resource: Buffer
  /** Where its records lie, start and end in turn; neighbours are one range. */
  readonly ranges: number[]
  /** Bytes of its records. */
  size: number
}

/**
 * Records sorted by their resource, so that each resource is written once however the records of a
 * request are mixed. Records of one resource keep their order.
 */
export class ResourceGroups {
  readonly #groups: Group[] = []
  readonly #byResource = new Map<string, Group>()
  #last: Group | undefined

  /** Adds the record in `start..end` of the writer given to `finish`. `resource` is copied. */
  add(resource: Buffer, start: number, end: number): void {
    const group = this.#last?.resource.equals(resource) ? this.#last : this.#groupOf(resource)
    this.#last = group
    const { ranges } = group
    if (ranges.at(-1) === start) ranges[ranges.length - 1] = end
    else ranges.push(start, end)
    group.size += end - start
  }

  /** The bytes of an ExportLogsServiceRequest with all records; `records` may be used again. */
  finish(records: Writer): Buffer {
    let capacity = 0
    for (const { resource, size } of this.#groups) capacity += resource.length + size + 32
    const out = new Writer(capacity)
    for (const { resource, ranges, size } of this.#groups) {
      const scopeSize = 1 + varintSize(size) + size
      const resourceSize = 1 + varintSize(resource.length) + resource.length
      out.varint(0x0a)
      out.varint(resourceSize + scopeSize)
      out.lengthDelimited(0x0a, resource)
      out.varint(0x12)
      out.varint(size)
      for (let i = 0; i < ranges.length; i += 2) {
        out.raw(records.bytes, ranges[i]!, ranges[i + 1]!)
      }
    }
    return out.finish()
  }

  #groupOf(resource: Buffer): Group {
    const key = resource.toString('latin1')
    const known = this.#byResource.get(key)
    if (known !== undefined) return known
    const group = { resource: Buffer.from(resource), ranges: [], size: 0 }
    this.#groups.push(group)
    this.#byResource.set(key, group)
    return group
  }
}
