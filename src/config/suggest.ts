import { distance } from 'fastest-levenshtein'

const NAME_CHARS_MAX = 100

/**
 * The candidate that a mistyped `name` most likely means, or undefined when none is near. Case does
 * not count, nor does `-` against `_`; about a third of the name may differ.
 */
export function nearest(name: string, candidates: Iterable<string>): string | undefined {
  if (name.length > NAME_CHARS_MAX) return undefined
  const wanted = fold(name)
  let best: string | undefined
  let bestDistance = Math.max(1, Math.floor(name.length / 3)) + 1
  for (const candidate of candidates) {
    if (candidate === name || candidate.length > NAME_CHARS_MAX) continue
    const away = isSwap(wanted, fold(candidate)) ? 1 : distance(wanted, fold(candidate))
    if (away < bestDistance) {
      best = candidate
      bestDistance = away
    }
  }
  return best
}

/** Two neighbouring letters that changed places: the commonest slip, and only one. */
function isSwap(a: string, b: string): boolean {
  if (a.length !== b.length) return false
  let at = 0
  while (at < a.length && a[at] === b[at]) at++
  return a[at] === b[at + 1] && a[at + 1] === b[at] && a.slice(at + 2) === b.slice(at + 2)
}

function fold(name: string): string {
  return name.toLowerCase().replaceAll('-', '_')
}
