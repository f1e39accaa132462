import {
  type Attributes,
  ProxyTracerProvider,
  type Span,
  SpanStatusCode,
  type Tracer,
  trace,
} from '@opentelemetry/api'
import { version } from './version.ts'

/**
 * The tracer of the process. Whoever wants spans loads an OpenTelemetry SDK before Parsec (such as
 * by `node --import`); without one every call here is a no-op.
 */
export function tracer(): Tracer {
  return trace.getTracer('parsec', version)
}

/** Has an SDK been set up? Without one nobody will ever record a span. */
export function isTracing(): boolean {
  const provider = trace.getTracerProvider()
  if (!(provider instanceof ProxyTracerProvider)) return true
  return provider.getDelegateTracer('parsec') !== undefined
}

/**
 * Runs `run` inside a span and passes on its outcome; a rejection marks the span. `attributes` is
 * only called when somebody records, so that it may be costly. One span a batch, never a record.
 */
export async function traced<T>(
  name: string,
  attributes: () => Attributes,
  run: (span: Span) => Promise<T>,
): Promise<T> {
  return await tracer().startActiveSpan(name, async span => {
    if (!span.isRecording()) return await run(span)
    span.setAttributes(attributes())
    try {
      return await run(span)
    } catch (thrown) {
      const error = thrown instanceof Error ? thrown : new Error(String(thrown))
      span.recordException(error)
      span.setStatus({ code: SpanStatusCode.ERROR, message: error.message })
      throw thrown
    } finally {
      span.end()
    }
  })
}
