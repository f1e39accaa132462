import { maskLine } from './mask.ts'
import { type Place, SourceText } from './source-text.ts'
import { type Path, pathText } from './tree.ts'

/** One thing to say about a config. Secrets are masked in every field. */
export interface Problem {
  readonly severity: 'error' | 'warning'
  /** As the user named it: a path, `env:NAME`, `--set a::b`. */
  readonly file: string
  /** From 1; absent for what has no lines. */
  readonly line?: number
  readonly column?: number
  /** `exporters::clickhouse`; empty for the config as a whole. */
  readonly path: string
  readonly message: string
  /** The name that was probably meant. */
  readonly suggestion?: string
  /** The line of the source, and the part of it that is meant (offset from 0). */
  readonly excerpt?: { readonly text: string; readonly start: number; readonly length: number }
}

interface Draft {
  readonly severity: Problem['severity']
  readonly place: Place
  readonly path: Path
  readonly message: string
  readonly suggestion: string | undefined
}

/** Collects problems while the config is read and checked. */
export class Problems {
  readonly #drafts: Draft[] = []

  get hasErrors(): boolean {
    return this.#drafts.some(draft => draft.severity === 'error')
  }

  error(place: Place, path: Path, message: string, suggestion?: string): void {
    this.#drafts.push({ severity: 'error', place, path, message, suggestion })
  }

  warn(place: Place, path: Path, message: string, suggestion?: string): void {
    this.#drafts.push({ severity: 'warning', place, path, message, suggestion })
  }

  /**
   * In the order of the sources and their lines. Call it last: only then are all secrets known
   * that the excerpts must not show.
   */
  finish(): Problem[] {
    const sources = [...new Set(this.#drafts.map(draft => draft.place.source))]
    const ordered = [...this.#drafts].sort(
      (a, b) =>
        sources.indexOf(a.place.source) - sources.indexOf(b.place.source) ||
        a.place.start - b.place.start,
    )
    const seen = new Set<string>()
    return ordered.map(problemOf).filter(problem => {
      const key = JSON.stringify(problem)
      return seen.size < seen.add(key).size
    })
  }
}

/** A problem that comes from outside of any source, such as a command line option. */
export function problemAt(name: string, path: Path, message: string, suggestion?: string): Problem {
  const place = new SourceText(name, '', false).top
  return problemOf({ severity: 'error', place, path, message, suggestion })
}

/** A config that cannot be used. The message is the first error and how many there are. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError'
  readonly problems: readonly Problem[]

  constructor(problems: readonly Problem[]) {
    const errors = problems.filter(problem => problem.severity === 'error')
    const first = errors[0]
    const more = errors.length > 1 ? ` (and ${errors.length - 1} more)` : ''
    super(first ? `${headline(first)}${more}` : 'the config has errors')
    this.problems = problems
  }
}

/** `config.yaml:12:5: error: exporters::x: unknown key "endpont"; did you mean "endpoint"?` */
export function headline(problem: Problem): string {
  const { file, line, column, severity, path, message, suggestion } = problem
  const where = line === undefined ? file : `${file}:${line}:${column}`
  const subject = path === '' ? '' : `${path}: `
  const hint = suggestion === undefined ? '' : `; did you mean "${suggestion}"?`
  return `${where}: ${severity}: ${subject}${message}${hint}`
}

function problemOf({ severity, place, path, message, suggestion }: Draft): Problem {
  const { source } = place
  return {
    severity,
    file: source.name,
    ...(source.hasLines ? source.position(place.start) : {}),
    path: pathText(path),
    message,
    ...(suggestion === undefined ? {} : { suggestion }),
    // Nothing is underlined when it is the source as a whole that is meant.
    ...(source.hasLines && place.end > 0 ? { excerpt: excerptOf(place) } : {}),
  }
}

function excerptOf({ source, start, end }: Place): NonNullable<Problem['excerpt']> {
  const { line, column } = source.position(start)
  const range = source.lineRange(line)
  const masked = maskLine(source, line)
  const from = masked.shift(column - 1)
  const to = masked.shift(Math.min(end, range.end) - range.start)
  return { text: masked.text, start: from, length: Math.max(1, to - from) }
}
