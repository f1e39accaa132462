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
  // Two letters that changed places are two changes, so four letters must allow two.
  let bestDistance = Math.max(1, Math.floor((name.length + 2) / 3)) + 1
  for (const candidate of candidates) {
    if (candidate === name || candidate.length > NAME_CHARS_MAX) continue
    const away = distance(wanted, fold(candidate))
    if (away < bestDistance) {
      best = candidate
      bestDistance = away
    }
  }
  return best
}

function fold(name: string): string {
  return name.toLowerCase().replaceAll('-', '_')
}
