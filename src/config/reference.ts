import type { ComponentKind } from '../plugin/component.ts'
import type { Plugin } from '../plugin/define-plugin.ts'
import { configSchema } from './config-schema.ts'
import { deadLetterSchema } from './dead-letter-section.ts'
import { KINDS, sectionOf } from './resolve.ts'
import { type JsonSchema, SchemaView } from './schema-view.ts'
import { telemetrySchema } from './telemetry-section.ts'
import { workersSchema } from './workers-section.ts'

/*
 * docs/reference/: what the plugins' schemas say, for people and for editors. `npm run reference`
 * writes the files; a test compares them with the schemas.
 */

const NOTE = '<!-- Written by `npm run reference` from the schemas in the code. Do not edit. -->'
const DEPTH_MAX = 8
const TYPE_DEPTH_MAX = 1
const ANY = 'any value'

/** File name -> text, for all files of docs/reference. */
export function referenceFiles(plugins: readonly Plugin[]): ReadonlyMap<string, string> {
  const files = new Map<string, string>()
  const kinds = KINDS.filter(kind => plugins.some(plugin => plugin.kind === kind))
  for (const kind of kinds) files.set(`${sectionOf(kind)}.md`, kindPage(kind, plugins))
  files.set('service.md', servicePage())
  files.set('README.md', overview(kinds, plugins))
  files.set('config.schema.json', `${JSON.stringify(configSchema(plugins), null, 2)}\n`)
  return files
}

function overview(kinds: readonly ComponentKind[], plugins: readonly Plugin[]): string {
  const sections = kinds.flatMap(kind => [
    `## [${title(kind)}](${sectionOf(kind)}.md)`,
    '',
    '| type | stability | what it does |',
    '|---|---|---|',
    ...ofKind(kind, plugins).map(
      ({ type, stability, summary }) =>
        `| [\`${type}\`](${sectionOf(kind)}.md#${type}) | ${stability} | ${cell(summary)} |`,
    ),
    '',
  ])
  return page([
    '# Config reference',
    '',
    'Every key of every component, its type and its default. The same as JSON Schema for editors is',
    '[config.schema.json](config.schema.json). The `service` section has [its own page](service.md).',
    '',
    ...sections,
  ])
}

function kindPage(kind: ComponentKind, plugins: readonly Plugin[]): string {
  const sections = ofKind(kind, plugins).flatMap(
    ({ type, aliases, stability, summary, config }) => {
      const old = aliases?.length ? ` Old names: ${aliases.map(code).join(', ')}.` : ''
      return [
        `## ${type}`,
        '',
        `${summary} Stability: ${stability}.${old}`,
        '',
        ...keyTable(SchemaView.of(config)),
        '',
      ]
    },
  )
  return page([`# ${title(kind)}`, '', ...sections])
}

function servicePage(): string {
  return page([
    '# Service',
    '',
    '| key | type | default | description |',
    '|---|---|---|---|',
    '| `extensions` | list of names | | The extensions to start, in this order. |',
    '| `pipelines` | map | required | `logs` or `logs/name` to a pipeline. |',
    '| `pipelines::logs::receivers` | list of names | required | Receivers and connectors that records come from. |',
    '| `pipelines::logs::processors` | list of names | | What records go through, in this order. |',
    '| `pipelines::logs::exporters` | list of names | required | Exporters and connectors; each gets every record. |',
    '| `pipelines::logs::dead_letter` | name | | The exporter that gets what the exporters above refuse for good; it need not be one of them. |',
    '| `roles` | map | | Name of a role to the pipelines that `--role NAME` runs; without a role all run. |',
    ...rowsOf(SchemaView.of(workersSchema), '', 0),
    '',
    '## telemetry',
    '',
    'What Parsec tells of itself.',
    '',
    ...keyTable(SchemaView.of(telemetrySchema)),
    '',
    '## dead_letter',
    '',
    'Where records are kept that a destination refuses for good. Without it they are dropped, counted and logged.',
    '',
    ...keyTable(SchemaView.of(deadLetterSchema)),
    '',
  ])
}

function keyTable(view: SchemaView): string[] {
  const rows = rowsOf(view, '', 0)
  if (rows.length === 0) return ['No keys.']
  return ['| key | type | default | description |', '|---|---|---|---|', ...rows]
}

function rowsOf(view: SchemaView, prefix: string, depth: number): string[] {
  if (depth > DEPTH_MAX) return []
  const required = new Set(view.choices.flatMap(choice => choice.required ?? []))
  const named = view.keys.flatMap(key => {
    const child = view.child(key)
    const fallback = required.has(key) ? 'required' : defaultText(child.mark('default'))
    const description = cell(child.mark('description') ?? '')
    const row = `| \`${prefix}${key}\` | ${typeText(child)} | ${fallback} | ${description} |`
    return [row, ...rowsBelow(child, `${prefix}${key}`, depth)]
  })
  return named
}

function rowsBelow(view: SchemaView, name: string, depth: number): string[] {
  const own = rowsOf(view, `${name}::`, depth + 1)
  const items = view.accepts('array') ? rowsOf(view.child(0), `${name}[]::`, depth + 1) : []
  return [...own, ...items]
}

/** Schemas may contain themselves, so types are only told to a depth. */
function typeText(view: SchemaView, depth = 0): string {
  if (depth > TYPE_DEPTH_MAX) return ''
  const open = ['string', 'array', 'object'].every(type => view.accepts(type))
  const told = new Set(view.choices.map(choice => choiceText(choice, view, depth)))
  const names = [...told].filter(name => name !== '' && (name !== ANY || told.size === 1))
  const text = open ? ANY : names.join(' or ')
  return view.secret ? `${text} (secret)` : text
}

function choiceText(choice: JsonSchema, view: SchemaView, depth: number): string {
  const { type } = choice
  if (typeof type === 'object') {
    return type.map(one => choiceText({ ...choice, type: one }, view, depth)).join(' or ')
  }
  if (choice.format === 'duration') return choice.type === 'string' ? 'duration' : ''
  if (choice.format === 'bytes') return choice.type === 'string' ? 'size' : ''
  if (choice.enum) return choice.enum.map(value => code(String(value))).join(', ')
  if (choice.const !== undefined) return code(JSON.stringify(choice.const))
  if (choice.type === 'array') {
    const item = typeText(view.child(0), depth + 1)
    return item === '' || item === ANY ? 'list' : `list of ${item === 'map' ? 'maps' : item}`
  }
  if (choice.type === 'object') return 'map'
  if (choice.type === 'integer' || choice.type === 'number') return numberText(choice)
  if (choice.type === 'boolean') return 'true or false'
  return typeof choice.type === 'string' ? choice.type : ANY
}

/** Bounds that only come from the number format itself are not worth a word. */
function numberText({ type, minimum, maximum }: JsonSchema): string {
  const low = minimum !== undefined && Math.abs(minimum) < Number.MAX_SAFE_INTEGER
  const high = maximum !== undefined && maximum < Number.MAX_SAFE_INTEGER
  const bounds = [low ? `from ${minimum}` : '', high ? `to ${maximum}` : ''].filter(Boolean)
  return [type === 'integer' ? 'whole number' : 'number', ...bounds].join(' ')
}

function defaultText(value: unknown): string {
  if (value === undefined) return ''
  if (value === '') return 'empty'
  if (typeof value === 'object' && value !== null && Object.keys(value).length === 0) {
    return Array.isArray(value) ? 'empty' : ''
  }
  return code(typeof value === 'string' ? value : JSON.stringify(value))
}

function ofKind(kind: ComponentKind, plugins: readonly Plugin[]): Plugin[] {
  return plugins.filter(plugin => plugin.kind === kind).sort((a, b) => (a.type < b.type ? -1 : 1))
}

function title(kind: ComponentKind): string {
  return `${kind[0]!.toUpperCase()}${kind.slice(1)}s`
}

function code(text: string): string {
  return `\`${cell(text)}\``
}

/** Text that must stay within one cell of a table. */
function cell(text: string): string {
  return text.replaceAll('|', '\\|').replace(/\s*\n\s*/g, ' ')
}

function page(lines: readonly string[]): string {
  return `${[NOTE, '', ...lines].join('\n').trimEnd()}\n`
}
