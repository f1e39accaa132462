type Json =
  | string
  | number
  | boolean
  | null
  | undefined
  | readonly Json[]
  | { readonly [key: string]: Json }
type JsonMap = { readonly [key: string]: Json }

/** Of these the highest of all processes is told, of all other figures the sum. */
const HIGHEST = new Set(['event_loop_lag_seconds', 'rtt_ms'])
/** What each worker says of itself, not of what it has done. */
const OWN = new Set(['version', 'node', 'pid', 'status', 'config', 'uptime_seconds', 'workers'])

/**
 * `/stats` of several processes as those of one: `own` is what the process above the workers says.
 * Counts of log records add up, so that the books of a pipeline or exporter stay balanced.
 */
export function mergeStats(own: object, workers: readonly object[]): object {
  let sum = own as JsonMap
  for (const stats of workers) sum = addMaps(sum, withoutOwn(stats as JsonMap), '')
  return sum
}

function withoutOwn(stats: JsonMap): JsonMap {
  return Object.fromEntries(Object.entries(stats).filter(([key]) => !OWN.has(key)))
}

function add(a: Json, b: Json, key: string): Json {
  if (a === undefined) return b
  if (typeof a === 'number' && typeof b === 'number') {
    return HIGHEST.has(key) ? Math.max(a, b) : a + b
  }
  if (isList(a) && isList(b)) return addLists(a, b)
  if (isMap(a) && isMap(b)) return addMaps(a, b, HIGHEST.has(key) ? key : '')
  return a
}

/** `under`: the key above, when it says how to add what is below. */
function addMaps(a: JsonMap, b: JsonMap, under: string): JsonMap {
  const keys = new Set([...Object.keys(a), ...Object.keys(b)])
  const pairs = [...keys].map(key => [key, add(a[key], b[key], under || key)] as const)
  return Object.fromEntries(pairs)
}

/** Lists of pipelines and exporters: those with the same id are one. */
function addLists(a: readonly Json[], b: readonly Json[]): Json[] {
  const sum = [...a]
  for (const item of b) {
    const at = sum.findIndex(other => isMap(other) && isMap(item) && other['id'] === item['id'])
    if (at < 0) sum.push(item)
    else sum[at] = add(sum[at], item, '')
  }
  return sum
}

function isList(value: Json): value is readonly Json[] {
  return Array.isArray(value)
}

function isMap(value: Json): value is JsonMap {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
