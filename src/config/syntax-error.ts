import { type Document, isCollection, isScalar, visit, type YAMLError } from 'yaml'
import type { Range } from './source-text.ts'

/** What the YAML library's error codes mean to the author of a config. */
const MEANINGS: Readonly<Record<string, string>> = {
  TAB_AS_INDENT: 'a tab cannot indent; use spaces',
  BAD_INDENT: 'wrong indentation: the keys of one map must start in the same column',
  MULTIPLE_DOCS: 'a file may have one document only; remove the "---"',
  MULTILINE_IMPLICIT_KEY: 'a key must stand on one line, followed by ": "',
  BLOCK_AS_IMPLICIT_KEY: 'a key and its ": " must stand on a line of their own',
  KEY_OVER_1024_CHARS: 'a key may have 1024 characters at most',
  BAD_SCALAR_START: 'a value cannot start with this character; put it in quotes',
}

/**
 * An error of the YAML library in our words and at the place where the mistake was made: the
 * library notices an open quote or bracket only at its end.
 */
export function explainSyntax(
  error: YAMLError,
  document: Document,
  text: string,
): Range & { readonly message: string } {
  const [start, end] = error.pos
  const isOpen = error.code === 'MISSING_CHAR' || error.message.startsWith('Flow ')
  const opened = isOpen ? openedAt(document, start) : undefined
  if (opened !== undefined) {
    const what = '"\''.includes(text[opened]!) ? 'quote' : 'bracket'
    const message = `YAML: the ${what} that opens here is not closed, or its text not indented`
    return { start: opened, end: opened + 1, message }
  }
  const message = `YAML: ${MEANINGS[error.code] ?? error.message}`
  if (error.code !== 'BAD_INDENT') return { start, end, message }
  const wrong = start + /^\s*/.exec(text.slice(start))![0].length
  return { start: wrong, end: Math.max(end, wrong + 1), message }
}

/** Where the innermost quote or bracket that reaches `offset` starts. */
function openedAt(document: Document, offset: number): number | undefined {
  let found: number | undefined
  visit(document, (_key, node) => {
    const quoted = isScalar(node) && (node.type === 'QUOTE_DOUBLE' || node.type === 'QUOTE_SINGLE')
    if (!quoted && !(isCollection(node) && node.flow === true)) return
    const [start, , end] = node.range ?? []
    if (start === undefined || end === undefined || start >= offset || end < offset) return
    found = Math.max(found ?? 0, start)
  })
  return found
}
