/**
 * Bytes that are not the message they claim to be. `offset` counts from the first byte of the
 * request body, `path` names the field in protobuf terms (`resource_logs.scope_logs.log_records.body`).
 */
export class WireError extends Error {
  override readonly name = 'WireError'
  readonly reason: string
  readonly offset: number
  readonly path: string

  constructor(reason: string, offset: number, path = '') {
    // Where our code stood says nothing about the bytes, and a hostile request can hold a million
    // faults: a stack trace for each would take seconds.
    const { stackTraceLimit } = Error
    Error.stackTraceLimit = 0
    super(path === '' ? `${reason} at byte ${offset}` : `${path}: ${reason} at byte ${offset}`)
    Error.stackTraceLimit = stackTraceLimit
    this.reason = reason
    this.offset = offset
    this.path = path
  }

  /** The same fault, seen from one message further out. */
  within(parent: string): WireError {
    const path = this.path === '' ? parent : `${parent}.${this.path}`
    return new WireError(this.reason, this.offset, path)
  }
}
