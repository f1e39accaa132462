import { create, fromBinary, toBinary } from '@bufbuild/protobuf'
import {
  type Server,
  type ServerUnaryCall,
  type ServerWritableStream,
  type sendUnaryData,
  status,
} from '@grpc/grpc-js'
import {
  Health,
  HealthCheckRequestSchema,
  HealthCheckResponseSchema,
  HealthCheckResponse_ServingStatus as ServingStatus,
} from '../gen/grpc/health/v1/health_pb.ts'
import { addMethod } from './grpc-method.ts'

type Watcher = ServerWritableStream<Buffer, Buffer>

const WATCHERS_MAX = 1000

/**
 * grpc.health.v1: load balancers ask it whether to send. Everything is SERVING from the start and
 * NOT_SERVING once the server stops.
 */
export class GrpcHealth {
  readonly #services = new Set([''])
  readonly #watchers = new Map<Watcher, string>()
  #serving = true

  addTo(server: Server): void {
    addMethod(server, `/${Health.typeName}/Check`, 'unary', this.#check)
    addMethod(server, `/${Health.typeName}/Watch`, 'serverStream', this.#watch)
  }

  /** A full service name that may be asked for; '' is the server as a whole. */
  add(service: string): void {
    this.#services.add(service)
  }

  /** Tells watchers that no more calls should come, and ends their streams. */
  stop(): void {
    this.#serving = false
    for (const [watcher, service] of this.#watchers) {
      watcher.write(this.#answer(service))
      watcher.end()
    }
    this.#watchers.clear()
  }

  readonly #check = (call: ServerUnaryCall<Buffer, Buffer>, done: sendUnaryData<Buffer>): void => {
    const service = serviceOf(call.request)
    if (service === undefined) done({ code: status.INVALID_ARGUMENT, details: 'broken request' })
    else if (this.#services.has(service)) done(null, this.#answer(service))
    else done({ code: status.NOT_FOUND, details: `unknown service "${service}"` })
  }

  readonly #watch = (call: Watcher): void => {
    const service = serviceOf(call.request)
    if (service === undefined || this.#watchers.size >= WATCHERS_MAX) {
      const code = service === undefined ? status.INVALID_ARGUMENT : status.RESOURCE_EXHAUSTED
      const details = service === undefined ? 'broken request' : 'too many watchers'
      call.emit('error', { code, details })
      return
    }
    this.#watchers.set(call, service)
    call.on('cancelled', () => this.#watchers.delete(call))
    call.write(this.#answer(service))
  }

  #answer(service: string): Buffer {
    const known = this.#services.has(service)
    const serving = this.#serving ? ServingStatus.SERVING : ServingStatus.NOT_SERVING
    const answer = create(HealthCheckResponseSchema, {
      status: known ? serving : ServingStatus.SERVICE_UNKNOWN,
    })
    return Buffer.from(toBinary(HealthCheckResponseSchema, answer))
  }
}

function serviceOf(request: Buffer): string | undefined {
  try {
    return fromBinary(HealthCheckRequestSchema, request).service
  } catch {
    return undefined
  }
}
