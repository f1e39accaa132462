import type { Issued } from './issued.ts'

/** One record as the destination has it. */
export interface Arrival {
  /** Undefined: it carries none. */
  readonly number: number | undefined
  /** All of it, in the destination's own form, to be compared with what was sent. */
  readonly content: string
}

export interface Evidence {
  readonly issued: Pick<Issued, 'size' | 'timesSent' | 'isAcked'>
  readonly arrivals: Iterable<Arrival>
  /** What the destination must have for this number. */
  readonly expected: (number: number) => string
  /** Does the destination promise that nothing is stored twice? */
  readonly exactlyOnce: boolean
  /**
   * Records that Parsec says it could not read back from a damaged queue; so many may be missing,
   * as long as it has counted them.
   */
  readonly damagedRecords: number
}

export interface Altered {
  readonly number: number
  readonly expected: string
  readonly got: string
}

export interface Verdict {
  readonly acked: number
  /** Different numbers that arrived. */
  readonly arrived: number
  /** Arrived although nobody was told so; allowed. */
  readonly arrivedUnacked: number
  /** Acknowledged and not there. */
  readonly lost: readonly number[]
  /** Of those, how many the damage explains. */
  readonly excused: number
  /** Never sent. */
  readonly invented: readonly Arrival[]
  readonly altered: readonly Altered[]
  /** How many more copies arrived than were sent. */
  readonly duplicates: number
  /** Numbers with such copies. */
  readonly duplicated: readonly number[]
  /** What the promise forbids, a sentence each; empty when it was kept. */
  readonly broken: readonly string[]
}

/**
 * Compares what was acknowledged with what arrived. The promise: every acknowledged record is there
 * (except for as many as Parsec itself counted as destroyed by damage to its files), every record
 * there was sent, is what was sent, and, where the destination promises exactly once, is there no
 * more often than it was sent.
 */
export function judge(evidence: Evidence): Verdict {
  const { issued, exactlyOnce, damagedRecords } = evidence
  const { times, invented, altered } = compare(evidence)
  const lost: number[] = []
  const duplicated: number[] = []
  let acked = 0
  let arrivedUnacked = 0
  let duplicates = 0
  for (let number = 1; number <= issued.size; number++) {
    const arrived = times.get(number) ?? 0
    if (issued.isAcked(number)) {
      acked++
      if (arrived === 0) lost.push(number)
    } else if (arrived > 0) arrivedUnacked++
    const surplus = arrived - issued.timesSent(number)
    if (surplus <= 0) continue
    duplicates += surplus
    duplicated.push(number)
  }
  const excused = Math.min(lost.length, damagedRecords)
  const broken = [
    ...sentence(lost.length - excused, 'acknowledged records are lost', lost),
    ...sentence(invented.length, 'records arrived that were never sent'),
    ...sentence(altered.length, 'records are not what was sent', altered.map(numberOf)),
    ...sentence(exactlyOnce ? duplicates : 0, 'copies too many', duplicated),
  ]
  const arrived = times.size
  const found = { acked, arrived, arrivedUnacked, lost, excused, invented, altered }
  return { ...found, duplicates, duplicated, broken }
}

/** Sorts what arrived: how often each sent number, and what cannot be right. */
function compare({ issued, arrivals, expected }: Evidence): {
  times: Map<number, number>
  invented: Arrival[]
  altered: Altered[]
} {
  const times = new Map<number, number>()
  const invented: Arrival[] = []
  const altered: Altered[] = []
  for (const arrival of arrivals) {
    const { number, content } = arrival
    if (number === undefined || issued.timesSent(number) === 0) {
      invented.push(arrival)
      continue
    }
    times.set(number, (times.get(number) ?? 0) + 1)
    const wanted = expected(number)
    if (content !== wanted) altered.push({ number, expected: wanted, got: content })
  }
  return { times, invented, altered }
}

function numberOf({ number }: Altered): number {
  return number
}

const NUMBERS_SHOWN = 10

function sentence(count: number, what: string, numbers: readonly number[] = []): string[] {
  if (count <= 0) return []
  const shown = numbers.slice(0, NUMBERS_SHOWN).join(', ')
  const which = shown === '' ? '' : ` (${shown}${numbers.length > NUMBERS_SHOWN ? ', ...' : ''})`
  return [`${count} ${what}${which}`]
}
