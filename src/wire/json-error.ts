/**
 * Text that is not the JSON document it must be. `path` names the value as JavaScript would
 * (`resourceLogs[0].scopeLogs[0].logRecords[3].traceId`); `offset` counts bytes from the start of
 * the text. `isSyntax` tells text that is not JSON at all from a value of the wrong kind.
 */
export class JsonError extends Error {
  override readonly name = 'JsonError'
  readonly reason: string
  readonly offset: number
  readonly path: string
  readonly isSyntax: boolean

  constructor(reason: string, offset: number, path = '', isSyntax = false) {
    // As in WireError: no stack trace, since one request can hold a million faults.
    const { stackTraceLimit } = Error
    Error.stackTraceLimit = 0
    super(path === '' ? `${reason} at byte ${offset}` : `${path}: ${reason} at byte ${offset}`)
    Error.stackTraceLimit = stackTraceLimit
    this.reason = reason
    this.offset = offset
    this.path = path
    this.isSyntax = isSyntax
  }

  /** The same fault, seen from one value further out. */
  within(parent: string): JsonError {
    const glue = this.path === '' || this.path.startsWith('[') ? '' : '.'
    return new JsonError(this.reason, this.offset, parent + glue + this.path, this.isSyntax)
  }
}
