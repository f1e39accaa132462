import type { RecordColumns, ResourceTable, ScopeTable } from './columns.ts'
import type { Origin } from './origin.ts'
import type { Identity } from './sender-identity.ts'

/** What is known of the request a batch came from. Travels with the batch; never stored. */
export interface BatchContext {
  /** Runs through every log line about this batch. */
  readonly requestId: string
  /** Request headers in lower case, when the receiver has `include_metadata: true`. */
  readonly metadata?: ReadonlyMap<string, readonly string[]>
  /** `address` or `address:port` of the sender. */
  readonly clientAddress?: string
  /** Who the sender is, when the receiver has `auth`. */
  readonly identity?: Identity
  /**
   * When a queue on disk, or the stage before the dead letter, took it in, Unix time in milliseconds:
   * the same after a restart, and when it is replayed. The time of records without any of their own.
   */
  readonly receivedAtUnixMs?: number
  /** The queue on disk that it comes from: the same after a restart, and no other queue has it. */
  readonly queueId?: string
}

/** Records that a processor has rewritten: their new bytes, and which row each belongs to. */
export interface Overlay<Columns extends RecordColumns> {
  readonly bytes: Buffer
  readonly columns: Columns
  /** For each row of the batch: the row in `columns` that replaces it, or -1. */
  readonly rowOf: Int32Array
}

export interface BatchParts<Columns extends RecordColumns> {
  readonly bytes: Buffer
  readonly columns: Columns
  readonly resources: ResourceTable
  readonly scopes: ScopeTable
  readonly context: BatchContext
  readonly selection?: Uint32Array | undefined
  readonly overlay?: Overlay<Columns> | undefined
  readonly resourceOverlay?: ReadonlyMap<number, Buffer> | undefined
  readonly origin?: Origin | undefined
}

/**
 * One signal's records: the OTLP bytes that came in, columns that say where everything lies, and
 * what processors have done to it since. Immutable: every change makes a new batch that shares the
 * bytes and columns of the old one.
 *
 * - `selection`: the rows that are left, ascending; undefined = all.
 * - `overlay`: rewritten records; every other row still is a range of `bytes`.
 * - `resourceOverlay`: rewritten Resource messages by resource index.
 */
export class Batch<Columns extends RecordColumns> {
  readonly bytes: Buffer
  readonly columns: Columns
  readonly resources: ResourceTable
  readonly scopes: ScopeTable
  readonly context: BatchContext
  readonly selection: Uint32Array | undefined
  readonly overlay: Overlay<Columns> | undefined
  readonly resourceOverlay: ReadonlyMap<number, Buffer> | undefined
  readonly origin: Origin | undefined

  constructor(parts: BatchParts<Columns>) {
    this.bytes = parts.bytes
    this.columns = parts.columns
    this.resources = parts.resources
    this.scopes = parts.scopes
    this.context = parts.context
    this.selection = parts.selection
    this.overlay = parts.overlay
    this.resourceOverlay = parts.resourceOverlay
    this.origin = parts.origin
  }

  /** Selected records. */
  get count(): number {
    return this.selection === undefined ? this.columns.count : this.selection.length
  }

  /** True when `bytes` is, byte for byte, what encoding this batch must give. */
  get isUntouched(): boolean {
    return (
      this.selection === undefined &&
      this.overlay === undefined &&
      this.resourceOverlay === undefined
    )
  }

  /** Row number of the `index`-th selected record. */
  row(index: number): number {
    return this.selection === undefined ? index : this.selection[index]!
  }

  /** The same records with some parts replaced. */
  with(change: Partial<BatchParts<Columns>>): this {
    const Self = this.constructor as new (parts: BatchParts<Columns>) => this
    // oxlint-disable-next-line typescript/no-misused-spread -- only the parts, which are own fields
    return new Self({ ...this, ...change })
  }

  /** The selected records `from` up to, not including, `to`, counted within the selection. */
  slice(from: number, to: number): this {
    if (from === 0 && to >= this.count) return this
    const selection =
      this.selection?.slice(from, to) ??
      Uint32Array.from({ length: Math.min(to, this.columns.count) - from }, (_, i) => from + i)
    return this.with({ selection })
  }

  /** Estimated bytes of memory this batch keeps alive: for queue limits, not for billing. */
  get memoryBytes(): number {
    let bytes = this.bytes.length + this.columns.start.buffer.byteLength
    bytes += (this.scopes.count * 7 + this.resources.count * 6) * 4
    if (this.selection !== undefined) bytes += this.selection.byteLength
    if (this.overlay !== undefined) {
      const { overlay } = this
      bytes += overlay.bytes.length + overlay.columns.start.buffer.byteLength
      bytes += overlay.rowOf.byteLength
    }
    for (const resource of this.resourceOverlay?.values() ?? []) bytes += resource.length
    return bytes
  }
}
