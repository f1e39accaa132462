import { setTimeout } from 'node:timers/promises'
import fc from 'fast-check'
import { sharedController } from '../../src/plugin/abort.ts'
import type { Consumer } from '../../src/plugin/consumer.ts'
import { PipelineError } from '../../src/plugin/pipeline-error.ts'
import { bodiesOf, LogSink, sampleLogs } from '../../src/testing/index.ts'

/*
 * What must hold however batches are joined and cut: every sender hears the worst verdict on its own
 * records, and no record arrives twice, is lost, or overtakes another of the same sender.
 */

/** One sender's batch: how many records, and which of them the destination refuses and how. */
export interface Sender {
  readonly count: number
  readonly refused: 'no' | 'retryable' | 'permanent'
}

export const senders: fc.Arbitrary<Sender[]> = fc.array(
  fc.record({
    count: fc.integer({ min: 1, max: 12 }),
    refused: fc.constantFrom('no', 'no', 'no', 'retryable', 'permanent'),
  }),
  { minLength: 1, maxLength: 25 },
)

/** Refuses every batch that holds a record whose body asks for it; the rest is kept. */
export class PickySink extends LogSink {
  /** Bodies of each batch that came, with the verdict it got. */
  readonly tries: { readonly bodies: string[]; readonly verdict: string }[] = []

  override before = async (batch: Parameters<Consumer['consume']>[0]): Promise<void> => {
    const bodies = bodiesOf(batch)
    const verdict = verdictOn(bodies)
    this.tries.push({ bodies, verdict })
    await setTimeout(0)
    if (verdict !== 'ok') throw errorOf(verdict)
  }
}

function verdictOn(bodies: readonly string[]): string {
  if (bodies.some(body => body.includes('retryable'))) return 'retryable'
  return bodies.some(body => body.includes('permanent')) ? 'permanent' : 'ok'
}

function errorOf(verdict: string): PipelineError {
  return verdict === 'retryable' ? PipelineError.retryable('r') : PipelineError.permanent('p')
}

/** Sends all at once; what each sender sent and what it heard. */
export async function sendAll(
  plan: readonly Sender[],
  consumer: Consumer,
): Promise<{ readonly bodies: string[]; readonly heard: string }[]> {
  const never = sharedController().signal
  return await Promise.all(
    plan.map(async ({ count, refused }, sender) => {
      const mark = refused === 'no' ? '' : `-${refused}`
      const bodies = Array.from({ length: count }, (_, i) => `${sender}-${i}${mark}`)
      const heard = await consumer.consume(sampleLogs(bodies), never).then(
        () => 'ok',
        (error: unknown) => (PipelineError.from(error).retryable ? 'retryable' : 'permanent'),
      )
      return { bodies, heard }
    }),
  )
}

/** What is wrong with the outcome; undefined when nothing is. */
export function wrongWith(
  sent: readonly { readonly bodies: string[]; readonly heard: string }[],
  sink: PickySink,
): string | undefined {
  const tried = sink.tries.flatMap(({ bodies }) => bodies)
  if (new Set(tried).size < tried.length) return 'a record came twice'
  const wanted = sent.flatMap(({ bodies }) => bodies)
  if (wanted.length !== tried.length) return `${tried.length} of ${wanted.length} records came`
  const position = new Map(tried.map((body, i) => [body, i]))
  for (const { bodies, heard } of sent) {
    const places = bodies.map(body => position.get(body) ?? -1)
    if (places.some((place, i) => i > 0 && place < places[i - 1]!)) return 'out of order'
    const verdicts = sink.tries.filter(tried => tried.bodies.some(body => bodies.includes(body)))
    const worst = ['retryable', 'permanent', 'ok'].find(verdict =>
      verdicts.some(tried => tried.verdict === verdict),
    )
    if (heard !== worst) return `a sender heard ${heard}, its records got ${worst}`
  }
  return undefined
}
