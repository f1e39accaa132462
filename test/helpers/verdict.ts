import { sharedController } from '../../src/plugin/abort.ts'
import { PipelineError } from '../../src/plugin/pipeline-error.ts'

/** What became of a `consume` or `offer`, small enough to stand in a table. */
export interface Verdict {
  readonly promise: Promise<void>
  /** `pending`, `ok`, or `retryable <reason>` / `permanent <reason>`. */
  readonly text: string
  readonly error: PipelineError | undefined
}

/** Follows a promise without ever rejecting; anything but a PipelineError is a test's failure. */
export function watch(work: Promise<void>): Verdict {
  const verdict = { text: 'pending', error: undefined as PipelineError | undefined }
  const promise = work.then(
    () => void (verdict.text = 'ok'),
    (error: unknown) => {
      if (!(error instanceof PipelineError)) {
        verdict.text = `not a PipelineError: ${String(error)}`
        return
      }
      verdict.text = `${error.retryable ? 'retryable' : 'permanent'} ${error.reason}`
      verdict.error = error
    },
  )
  return Object.assign(verdict, { promise })
}

/** A signal that never aborts, for any number of listeners. */
export const NEVER: AbortSignal = sharedController().signal
