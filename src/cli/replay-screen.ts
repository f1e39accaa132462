import type { ReplayStep } from '../plugin/source-replay.ts'
import type { ReplayReport } from '../service/replay-source.ts'
import type { ReplayedRange } from '../service/replay-state.ts'
import type { CliContext } from './context.ts'
import { counted } from './counted.ts'

const PROGRESS_MS = 5000

export interface ScreenOptions {
  readonly topic: string
  readonly name: string
  readonly state?: string
  readonly filter?: { readonly source: string }
  readonly dryRun: boolean
}

/** Progress on stderr, the counts at the end on stdout. */
export class ReplayScreen {
  readonly #context: CliContext
  readonly #options: ScreenOptions
  #ranges: readonly ReplayedRange[] = []
  #shownMs = performance.now()

  constructor(context: CliContext, options: ScreenOptions) {
    this.#context = context
    this.#options = options
  }

  plan(ranges: readonly ReplayedRange[]): void {
    this.#ranges = ranges
    const { topic, dryRun } = this.#options
    for (const { partition, from, to, done, note } of ranges) {
      const already = done > from ? `, done up to ${done}` : ''
      const why = note === undefined ? '' : `; ${note}`
      this.#say(`${topic}/${partition}: offsets ${from} up to ${to}${already}${why}`)
    }
    if (!dryRun) return
    const offsets = ranges.reduce((sum, { done, to }) => sum + to - done, 0)
    const where = counted(ranges.length, 'partition')
    this.#context.stdout.write(
      offsets === 0
        ? 'nothing to replay\n'
        : `would replay ${counted(offsets, 'offset')} of ${where}\n`,
    )
  }

  step({ partition, done, counts }: ReplayStep): void {
    const nowMs = performance.now()
    if (nowMs - this.#shownMs < PROGRESS_MS) return
    this.#shownMs = nowMs
    const { to } = this.#ranges.find(range => range.partition === partition)!
    const { topic } = this.#options
    this.#say(
      `${topic}/${partition}: ${done} of ${to}, ${counted(counts.records, 'record')} so far`,
    )
  }

  trouble(detail: string | undefined): void {
    this.#say(detail === undefined ? 'goes on' : `waits: ${detail}`)
  }

  end({ ranges, counts, unmatched, exporters, error }: ReplayReport, isInterrupted: boolean): void {
    const { stdout } = this.#context
    if (this.#options.dryRun) return
    const { messages, records, deadLettered, dropped } = counts
    const others = this.#options.filter === undefined ? '' : `, ${unmatched} left out by the filter`
    if (messages === 0 && error === undefined) {
      stdout.write('nothing to replay\n')
      return
    }
    stdout.write(
      `replayed ${counted(messages, 'message')} with ${counted(records, 'record')}${others}, ${deadLettered} set aside, ${dropped} dropped\n`,
    )
    for (const { id, sent, dead_lettered: letters, dropped: lost } of exporters) {
      stdout.write(`${id}: ${sent} sent, ${letters} dead-lettered, ${lost} dropped\n`)
    }
    if (error === undefined) return
    this.#say(isInterrupted ? 'interrupted' : `gave up: ${error.message}`)
    this.#sayHowToGoOn(ranges)
  }

  #sayHowToGoOn(ranges: readonly ReplayedRange[]): void {
    const { state, name, filter } = this.#options
    if (state !== undefined) {
      this.#say('the same command goes on from there')
      return
    }
    const named = name === 'default' ? '' : ` --name ${name}`
    const filtered = filter === undefined ? '' : ` --filter ${shellQuoted(filter.source)}`
    for (const { partition, done, to } of ranges) {
      if (done < to)
        this.#say(`left: --partition ${partition} --from ${done} --to ${to}${named}${filtered}`)
    }
  }

  #say(text: string): void {
    this.#context.stderr.write(`${text.replace(/\p{Cc}/gu, '?')}\n`)
  }
}

/** As an argument of a shell. */
function shellQuoted(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`
}
