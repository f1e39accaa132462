import { PipelineError } from '#core'

/** A column of a result: its name and the OID of its type. */
export interface ResultField {
  readonly name: string
  readonly typeOid: number
}

/** A value as PostgreSQL prints it; null is NULL. */
export type TextValue = string | null

/** Makes text of all rows of one result, usually a line a row. */
export type RowFormat = (
  fields: readonly ResultField[],
  rows: readonly (readonly TextValue[])[],
) => string

/** The format of this name, in any case; undefined is a table for people. Throws PipelineError. */
export function formatNamed(name: string | undefined): RowFormat {
  switch (name?.toLowerCase()) {
    case undefined:
    case 'table':
      return formatTable
    case 'csv':
      return formatCsv
    // ClickHouse's name, so that the same command works on either store.
    case 'json':
    case 'jsoneachrow':
      return formatJsonLines
    default:
      throw PipelineError.permanent(`format "${name}" is not known: use table, csv or json`)
  }
}

/** As psql aligns it, with control characters made visible so that each row stays one line. */
function formatTable(
  fields: readonly ResultField[],
  rows: readonly (readonly TextValue[])[],
): string {
  const cells = rows.map(row => row.map(value => (value === null ? '' : escapeControls(value))))
  const names = fields.map(({ name }) => escapeControls(name))
  const widths = names.map((name, i) =>
    cells.reduce((width, row) => Math.max(width, widthOf(row[i] ?? '')), widthOf(name)),
  )
  const line = (row: readonly string[], isRight: (i: number) => boolean): string =>
    row
      .map((cell, i) => {
        const fill = ' '.repeat(widths[i]! - widthOf(cell))
        return isRight(i) ? ` ${fill}${cell} ` : ` ${cell}${fill} `
      })
      .join('|')
      .trimEnd()
  const isNumber = (i: number): boolean => NUMBERS.has(fields[i]!.typeOid)
  const count = `(${rows.length} ${rows.length === 1 ? 'row' : 'rows'})`
  return [
    line(names, () => false),
    widths.map(width => '-'.repeat(width + 2)).join('+'),
    ...cells.map(row => line(row, isNumber)),
    count,
    '',
  ].join('\n')
}

/** RFC 4180 with a header; NULL is empty, an empty text is quoted. */
function formatCsv(
  fields: readonly ResultField[],
  rows: readonly (readonly TextValue[])[],
): string {
  const line = (row: readonly TextValue[]): string => `${row.map(csvValue).join(',')}\n`
  return [line(fields.map(({ name }) => name)), ...rows.map(line)].join('')
}

function csvValue(value: TextValue): string {
  if (value === null) return ''
  return value === '' || /[",\r\n]/.test(value) ? `"${value.replaceAll('"', '""')}"` : value
}

/** One JSON object a line. Numbers keep all their digits; json and jsonb are put in as they are. */
function formatJsonLines(
  fields: readonly ResultField[],
  rows: readonly (readonly TextValue[])[],
): string {
  const line = (row: readonly TextValue[]): string => {
    const pairs = fields.map(
      ({ name, typeOid }, i) => `${JSON.stringify(name)}:${jsonValue(row[i] ?? null, typeOid)}`,
    )
    return `{${pairs.join(',')}}\n`
  }
  return rows.map(line).join('')
}

/** OIDs of pg_type: they never change. */
const BOOL = 16
const JSON_TYPES = new Set([114, 3802])
/** int8, int2, int4, float4, float8, numeric. */
const NUMBERS = new Set([20, 21, 23, 700, 701, 1700])

function jsonValue(value: TextValue, typeOid: number): string {
  if (value === null) return 'null'
  if (typeOid === BOOL) return value === 't' ? 'true' : 'false'
  // `json` keeps the line breaks it was given; outside strings they mean nothing.
  if (JSON_TYPES.has(typeOid)) return value.replaceAll(/[\r\n]+/g, ' ')
  if (NUMBERS.has(typeOid) && /^-?\d/.test(value)) return value
  return JSON.stringify(value)
}

function escapeControls(text: string): string {
  // oxlint-disable-next-line no-control-regex -- they are what is looked for
  return text.replaceAll(/[\u0000-\u001f\u007f]/g, control => {
    switch (control) {
      case '\n':
        return '\\n'
      case '\r':
        return '\\r'
      case '\t':
        return '\\t'
      default:
        return `\\x${control.charCodeAt(0).toString(16).padStart(2, '0')}`
    }
  })
}

/** Code points, which is what terminals come closest to. */
function widthOf(text: string): number {
  return Array.from(text).length
}
