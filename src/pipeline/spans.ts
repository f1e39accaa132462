import type { Consumer } from '../plugin/consumer.ts'
import { isTracing, traced } from '../telemetry/tracing.ts'

/**
 * A span around one stage's work on a batch. Without an SDK - which must be set up before the
 * pipelines are built - this is `next` itself and costs nothing.
 */
export function withSpan(next: Consumer, name: string): Consumer {
  if (!isTracing()) return next
  return {
    consume: (batch, signal) =>
      traced(
        name,
        () => ({
          'parsec.records': batch.count,
          'parsec.request_id': batch.context.requestId,
          ...(batch.origin === undefined ? {} : { 'parsec.origin': batch.origin }),
        }),
        () => next.consume(batch, signal),
      ),
  }
}
