import type { ServerHttp2Stream } from 'node:http2'
import {
  type Metadata,
  ServerInterceptingCall,
  type ServerInterceptingCallInterface,
  type ServerInterceptor,
} from '@grpc/grpc-js'
import { PipelineError } from '../plugin/pipeline-error.ts'
import { clientName } from './client-name.ts'
import type { FairBudget, Lease } from './fair-budget.ts'
import { PREFIX_BYTES } from './grpc-frame.ts'
import { statusObject } from './grpc-status.ts'

/**
 * Admission of gRPC calls. grpc-js hands a call over when its message is whole and unpacked; here
 * it is asked for when the stream begins, when the length in front of the message is known, and for
 * every frame that arrives, so that a message which cannot be taken is refused and not gathered.
 *
 * The frames are seen on the HTTP/2 stream, which grpc-js has in a private field. Should a later
 * version hide it, calls are still refused at their start and when their message is there.
 */
export class GrpcAdmission {
  readonly #budget: FairBudget
  readonly #messageBytesMax: number
  readonly #paths = new Set<string>()
  readonly #leases = new WeakMap<Metadata, Lease>()

  constructor(budget: FairBudget, messageBytesMax: number) {
    this.#budget = budget
    this.#messageBytesMax = messageBytesMax
  }

  /** Calls of this method need admission; all others, such as health checks, do not. */
  guard(path: string): void {
    this.#paths.add(path)
  }

  readonly interceptor: ServerInterceptor = ({ path }, call) => {
    if (!this.#paths.has(path)) return new ServerInterceptingCall(call)
    const lease = this.#budget.lease(clientName(call.getConnectionInfo().remoteAddress))
    this.#admit(call, lease)
    return new ServerInterceptingCall(call, {
      start: next =>
        next({
          onReceiveMetadata: (metadata, go) => {
            this.#leases.set(metadata, lease)
            go(metadata)
          },
        }),
    })
  }

  /** The lease of a call whose message has arrived, by the metadata of the call. */
  arrived(metadata: Metadata): Lease {
    const lease = this.#leases.get(metadata) ?? this.#budget.lease('unknown')
    lease.arrived()
    return lease
  }

  #admit(call: ServerInterceptingCallInterface, lease: Lease): void {
    const stream = streamOf(call)
    const refuse = (error: PipelineError): void => {
      stream?.off('data', onFrame)
      lease.release()
      call.sendStatus(statusObject(error))
    }
    const frames = new Frames(lease, this.#messageBytesMax)
    const onFrame = (frame: Buffer): void => attempt(() => frames.add(frame), refuse)
    lease.arriving(refuse)
    // In front of the listener of grpc-js, which then does not gather what has been refused.
    stream?.prependListener('data', onFrame)
    stream?.once('close', () => {
      if (lease.isArriving) lease.release()
    })
    attempt(() => lease.check(0), refuse)
  }
}

/** Takes for each frame what it brings, and looks at the length in front of the message. */
class Frames {
  readonly #lease: Lease
  readonly #messageBytesMax: number
  #isFirst = true

  constructor(lease: Lease, messageBytesMax: number) {
    this.#lease = lease
    this.#messageBytesMax = messageBytesMax
  }

  /** @throws PipelineError when there is no room. */
  add(frame: Buffer): void {
    if (this.#isFirst && frame.length >= PREFIX_BYTES) {
      this.#isFirst = false
      const bytes = frame.readUInt32BE(1)
      // A message over its own limit is refused for good by grpc-js.
      if (bytes > frame.length && bytes <= this.#messageBytesMax) this.#lease.check(bytes)
    }
    this.#lease.take(frame.length)
  }
}

function attempt(work: () => void, refuse: (error: PipelineError) => void): void {
  try {
    work()
  } catch (thrown) {
    refuse(PipelineError.from(thrown))
  }
}

function streamOf(call: ServerInterceptingCallInterface): ServerHttp2Stream | undefined {
  const { stream } = call as unknown as { readonly stream?: Partial<ServerHttp2Stream> }
  return typeof stream?.prependListener === 'function' ? (stream as ServerHttp2Stream) : undefined
}
