import type { Identity } from '../batch/sender-identity.ts'
import type { Authenticator, AuthRequest } from '../plugin/authenticator.ts'
import { type Clock, systemClock } from '../plugin/clock.ts'
import type { PluginContext } from '../plugin/component.ts'
import { PipelineError } from '../plugin/pipeline-error.ts'
import { RepeatedLog } from '../telemetry/repeated-log.ts'
import { AttemptLimit } from './attempt-limit.ts'

/** Why somebody was not let in; a label of the metric. */
export type DenialReason =
  | 'missing'
  | 'ambiguous'
  | 'invalid'
  | 'expired'
  | 'not_allowed'
  | 'rate_limited'
  | 'unavailable'

/** A refusal. `detail` is for our log only, and MUST NOT hold a secret. */
export interface Denial {
  readonly denied: DenialReason
  readonly detail?: string
  /** For `rate_limited`. */
  readonly retryAfterMs?: number
}

export type Verdict = Identity | Denial

export interface AuthGateOptions {
  /** For WWW-Authenticate. */
  readonly challenge: string
  /** Where credentials belong, for a sender who has none: `send them as ...`. */
  readonly hint: string
  readonly verify: (request: AuthRequest) => Verdict | Promise<Verdict>
  readonly clock?: Clock
}

const MESSAGES: Readonly<Record<DenialReason, string>> = {
  missing: 'no credentials',
  ambiguous: 'more than one set of credentials',
  invalid: 'the credentials are not valid',
  expired: 'the credentials have expired',
  not_allowed: 'the credentials do not allow this',
  rate_limited: 'more requests than these credentials may send',
  unavailable: 'credentials cannot be checked at the moment',
}

/**
 * What every authenticator does with a verdict: refusals are counted and logged by reason, never
 * with what was presented, and a client that is wrong too often has to wait. The sender hears no
 * more than the reason.
 */
export class AuthGate implements Authenticator {
  readonly challenge: string
  readonly #options: AuthGateOptions
  readonly #context: PluginContext
  readonly #log: RepeatedLog
  readonly #limit: AttemptLimit

  constructor(context: PluginContext, options: AuthGateOptions) {
    this.challenge = options.challenge
    this.#options = options
    this.#context = context
    this.#log = new RepeatedLog(context.logger)
    this.#limit = new AttemptLimit(options.clock ?? systemClock)
  }

  authenticate(request: AuthRequest): Identity | Promise<Identity> {
    const waitMs = this.#limit.waitMs(request.client)
    if (waitMs > 0) throw this.#tooManyAttempts(request, waitMs)
    const verdict = this.#options.verify(request)
    if (verdict instanceof Promise) return verdict.then(later => this.#judge(request, later))
    return this.#judge(request, verdict)
  }

  #judge(request: AuthRequest, verdict: Verdict): Identity {
    if (!('denied' in verdict)) return verdict
    const { denied: reason, retryAfterMs } = verdict
    if (reason === 'invalid') this.#limit.failed(request.client)
    this.#tell(request, verdict)
    const message =
      reason === 'missing' ? `no credentials: ${this.#options.hint}` : MESSAGES[reason]
    if (reason === 'rate_limited') {
      throw PipelineError.retryable(message, {
        code: 'resource_exhausted',
        reason,
        ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
      })
    }
    if (reason === 'unavailable') throw PipelineError.retryable(message, { reason })
    const code = reason === 'not_allowed' ? 'permission_denied' : 'unauthenticated'
    throw PipelineError.permanent(message, { code, reason })
  }

  #tooManyAttempts(request: AuthRequest, retryAfterMs: number): PipelineError {
    this.#tell(request, { denied: 'rate_limited', detail: 'too many failed attempts' })
    const message = 'too many failed attempts to authenticate'
    const reason = 'rate_limited'
    return PipelineError.retryable(message, { code: 'resource_exhausted', reason, retryAfterMs })
  }

  #tell({ client }: AuthRequest, { denied: reason, detail }: Denial): void {
    const { id, metrics } = this.#context
    metrics.authFailures.labels({ extension: id, reason }).inc()
    const fields = { client, reason, ...(detail === undefined ? {} : { detail }) }
    this.#log.log('warn', reason, fields, 'refused a request because of who sent it')
  }
}
