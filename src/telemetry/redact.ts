/** What stands in place of a secret; the same as in `print-config`. */
const REDACTED = '[REDACTED]'
/** Deeper values are cut: a log line is for reading, and cycles must end somewhere. */
const DEPTH_MAX = 8

const SECRET_KEY =
  /(?:^|_)(?:password|passwd|passphrase|secret|credentials?|authorization|cookie|(?:api|access|private|secret)_?key|(?:auth|access|refresh|bearer|api|id|session)_?token)$|^token$/
const URL_PASSWORD = /\b([a-z][a-z0-9+.-]*:\/\/)[^\s/@:"'\\]*:[^\s/@"'\\]+@/gi

/** Is a value under this key a secret? Camel, kebab and snake case alike. */
export function isSecretKey(key: string): boolean {
  const snake = key.replace(/([a-z0-9])([A-Z])/g, '$1_$2').replace(/[-.]/g, '_')
  return SECRET_KEY.test(snake.toLowerCase())
}

/** A copy of `value` in which every value under a secret-like key is `[REDACTED]`. */
export function redactSecrets(value: unknown): unknown {
  return redactDeep(value, 0)
}

/** Cuts user and password out of the URLs in a text. */
export function redactUrls(text: string): string {
  return text.includes('@') ? text.replace(URL_PASSWORD, `$1${REDACTED}@`) : text
}

function redactDeep(value: unknown, depth: number): unknown {
  if (typeof value !== 'object' || value === null || !isPlain(value)) return value
  if (depth === DEPTH_MAX) return '[...]'
  if (Array.isArray(value)) return value.map(item => redactDeep(item, depth + 1))
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [
      key,
      isSecretKey(key) && item !== undefined ? REDACTED : redactDeep(item, depth + 1),
    ]),
  )
}

/** Errors, buffers and dates have serializers of their own. */
function isPlain(value: object): boolean {
  if (Array.isArray(value)) return true
  const prototype: unknown = Object.getPrototypeOf(value)
  return prototype === Object.prototype || prototype === null
}
