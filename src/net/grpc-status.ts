import { Metadata } from '@grpc/grpc-js'
import { grpcStatus } from '../otlp/status.ts'
import type { PipelineError } from '../plugin/pipeline-error.ts'

/** `error` as grpc-js wants it: its status, with the details (RetryInfo) in the trailers. */
export function statusObject(error: PipelineError): {
  readonly code: number
  readonly details: string
  readonly metadata: Metadata
} {
  const { code, message, details } = grpcStatus(error)
  const metadata = new Metadata()
  if (details !== undefined) metadata.set('grpc-status-details-bin', details)
  return { code, details: message, metadata }
}
