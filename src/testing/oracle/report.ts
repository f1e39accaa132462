import type { Altered } from './judge.ts'
import type { RunResult } from './run.ts'

const ALTERED_SHOWN = 3
const AROUND_CHARS = 60

/** One line for a run; more for one that failed. */
export function reportRun(result: RunResult, repeat: string): string {
  const { seed, verdict, broken, skipped, attempted, kills, restarts } = result
  const { disturbed, seconds, folder } = result
  const figures = [
    `seed ${seed}`,
    `sent ${attempted}`,
    `acked ${verdict?.acked ?? '-'}`,
    `arrived ${verdict?.arrived ?? '-'}`,
    `duplicates ${verdict?.duplicates ?? '-'}`,
    `kills ${kills}`,
    ...(restarts > 0 ? [`broker restarts ${restarts}`] : []),
    `disturbed ${disturbed}`,
    `${seconds.toFixed(1)} s`,
    broken.length === 0 ? 'ok' : 'FAILED',
  ]
  const notes = skipped.map(what => `SKIPPED ${what}`)
  const lines = [figures.join('  '), ...notes.map(note => `  ${note}`)]
  if (broken.length === 0) return lines.join('\n')
  const altered = verdict?.altered.slice(0, ALTERED_SHOWN).map(difference) ?? []
  const invented = verdict?.invented.slice(0, ALTERED_SHOWN).map(({ content }) => content) ?? []
  const details = [
    ...broken,
    ...altered,
    ...invented.map(content => `never sent: ${content.slice(0, 2 * AROUND_CHARS)}`),
    `config, log and files: ${folder}`,
    `repeat: ${repeat}`,
  ]
  return [...lines, ...details.map(detail => `  ${detail}`)].join('\n')
}

/** What many runs came to. */
export function reportSummary(results: readonly RunResult[]): string {
  const sum = (figure: (result: RunResult) => number): number =>
    results.reduce((total, result) => total + figure(result), 0)
  const failed = results.filter(({ broken }) => broken.length > 0).map(({ seed }) => seed)
  const lines = [
    `${results.length} runs: ${sum(({ attempted }) => attempted)} records sent, ${sum(({ verdict }) => verdict?.acked ?? 0)} acknowledged, ${sum(({ verdict }) => verdict?.arrived ?? 0)} arrived`,
    `  ${sum(({ verdict }) => verdict?.lost.length ?? 0)} acknowledged records missing, ${sum(({ verdict }) => verdict?.excused ?? 0)} of them counted as damaged`,
    `  ${sum(({ verdict }) => verdict?.duplicates ?? 0)} duplicates, ${sum(({ verdict }) => verdict?.altered.length ?? 0)} altered, ${sum(({ verdict }) => verdict?.invented.length ?? 0)} invented`,
    `  ${sum(({ kills }) => kills)} kills, ${sum(({ restarts }) => restarts)} broker restarts, ${sum(({ disturbed }) => disturbed)} requests to the destination disturbed`,
    failed.length === 0 ? 'the promise was kept' : `FAILED: seeds ${failed.join(', ')}`,
  ]
  return lines.join('\n')
}

/** Where two contents part, with what is around it. */
function difference({ number, expected, got }: Altered): string {
  let at = 0
  while (at < expected.length && expected[at] === got[at]) at++
  const from = Math.max(0, at - AROUND_CHARS)
  const shown = (text: string): string => JSON.stringify(text.slice(from, at + AROUND_CHARS))
  return `record ${number} differs at ${at}: sent ${shown(expected)}, arrived ${shown(got)}`
}
