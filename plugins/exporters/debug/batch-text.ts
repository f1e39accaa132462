import { type AnyValue, anyValueText, type LogBatch, type LogCursor } from '#core'
import {
  type BatchVisitor,
  entityRefs,
  resourceSchemaUrl,
  scopeSchemaUrl,
  visitBatch,
} from './envelopes.ts'
import { severityText, timeText, typedText } from './value-text.ts'

/** Most characters shown of one batch: a dump is to be read by a person. */
export const TEXT_CHARS_MAX = 1024 * 1024

/** The records of a batch as text, in the Collector's format, cut at TEXT_CHARS_MAX. */
export function batchText(batch: LogBatch, verbosity: 'normal' | 'detailed'): string {
  const lines = new Lines()
  const visitor = verbosity === 'normal' ? normalVisitor(lines) : detailedVisitor(lines)
  const shown = visitBatch(batch, visitor)
  const text = escapeControls(lines.text())
  const left = batch.count - shown
  return left === 0 ? text : `${text}\n... ${left} more log records not shown`
}

class Lines {
  readonly #lines: string[] = []
  #chars = 0

  add(line: string): void {
    const room = Math.max(0, TEXT_CHARS_MAX - this.#chars)
    this.#lines.push(line.length <= room ? line : `${line.slice(0, room)}...`)
    this.#chars += Math.min(line.length, room) + 1
  }

  get hasRoom(): boolean {
    return this.#chars < TEXT_CHARS_MAX
  }

  text(): string {
    return this.#lines.join('\n')
  }
}

function normalVisitor(lines: Lines): BatchVisitor {
  return {
    resource(row, index) {
      const url = bracketed(resourceSchemaUrl(row))
      lines.add(words([`ResourceLog #${index}`, url, pairs(row.resourceAttributes())]))
    },
    scope(row, index) {
      const version = row.scopeVersion()
      const name = `${row.scopeName()}${version === '' ? '' : `@${version}`}`
      const url = bracketed(scopeSchemaUrl(row))
      lines.add(words([`ScopeLog #${index}`, name, url, pairs(row.scopeAttributes())]))
    },
    record(row) {
      lines.add(words([row.bodyText(), pairs(row.attributes())]))
      return lines.hasRoom
    },
  }
}

function detailedVisitor(lines: Lines): BatchVisitor {
  return {
    resource(row, index) {
      lines.add(`ResourceLog #${index}`)
      lines.add(`Resource SchemaURL: ${resourceSchemaUrl(row)}`)
      addAttributes(lines, 'Resource attributes', row.resourceAttributes())
      addEntityRefs(lines, row)
    },
    scope(row, index) {
      lines.add(`ScopeLogs #${index}`)
      lines.add(`ScopeLogs SchemaURL: ${scopeSchemaUrl(row)}`)
      lines.add(`InstrumentationScope ${row.scopeName()} ${row.scopeVersion()}`)
      addAttributes(lines, 'InstrumentationScope attributes', row.scopeAttributes())
    },
    record(row, index) {
      lines.add(`LogRecord #${index}`)
      addRecord(lines, row)
      return lines.hasRoom
    },
  }
}

function addRecord(lines: Lines, row: LogCursor): void {
  lines.add(`ObservedTimestamp: ${timeText(row.observedTimeUnixNano())}`)
  lines.add(`Timestamp: ${timeText(row.timeUnixNano())}`)
  lines.add(`SeverityText: ${row.severityText()}`)
  lines.add(`SeverityNumber: ${severityText(row.severityNumber())}`)
  const eventName = row.eventName()
  if (eventName !== '') lines.add(`EventName: ${eventName}`)
  lines.add(`Body: ${typedText(row.body())}`)
  addAttributes(lines, 'Attributes', row.attributes())
  lines.add(`Trace ID: ${row.traceId()}`)
  lines.add(`Span ID: ${row.spanId()}`)
  lines.add(`Flags: ${row.flags()}`)
}

function addAttributes(
  lines: Lines,
  header: string,
  attributes: ReadonlyMap<string, AnyValue>,
): void {
  if (attributes.size === 0) return
  lines.add(`${header}:`)
  for (const [key, value] of attributes) {
    if (!lines.hasRoom) return
    lines.add(`     -> ${key}: ${typedText(value)}`)
  }
}

function addEntityRefs(lines: Lines, row: LogCursor): void {
  const refs = entityRefs(row)
  if (refs.length === 0) return
  lines.add('Resource entity refs:')
  for (const [index, ref] of refs.entries()) {
    lines.add(`     -> Entity ref #${index}:`)
    lines.add(`          -> Type: ${ref.type}`)
    if (ref.schemaUrl !== '') lines.add(`          -> Schema URL: ${ref.schemaUrl}`)
    addKeys(lines, 'ID keys', ref.idKeys)
    addKeys(lines, 'Description keys', ref.descriptionKeys)
  }
}

function addKeys(lines: Lines, header: string, keys: readonly string[]): void {
  if (keys.length === 0) return
  lines.add(`          -> ${header}:`)
  for (const key of keys) lines.add(`               -> ${key}`)
}

function pairs(attributes: ReadonlyMap<string, AnyValue>): string {
  return [...attributes].map(([key, value]) => `${key}=${anyValueText(value)}`).join(' ')
}

function bracketed(url: string): string {
  return url === '' ? '' : `[${url}]`
}

function words(parts: readonly string[]): string {
  return parts.filter(part => part !== '').join(' ')
}

/** A log body must not be able to move the cursor or to recolour the terminal of its reader. */
function escapeControls(text: string): string {
  // oxlint-disable-next-line no-control-regex -- control characters are what is looked for
  return text.replace(/[\0-\x08\x0b-\x1f\x7f-\x9f]/g, character => {
    return `\\x${character.charCodeAt(0).toString(16).padStart(2, '0')}`
  })
}
