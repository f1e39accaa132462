import {
  create,
  type DescFile,
  type DescService,
  fromBinary,
  type MessageInitShape,
  toBinary,
} from '@bufbuild/protobuf'
import { nestedTypes } from '@bufbuild/protobuf/reflect'
import { FileDescriptorProtoSchema } from '@bufbuild/protobuf/wkt'
import { type Server, type ServerDuplexStream, status } from '@grpc/grpc-js'
import { Health } from '../gen/grpc/health/v1/health_pb.ts'
import {
  ServerReflection,
  type ServerReflectionRequest,
  ServerReflectionRequestSchema,
  ServerReflectionResponseSchema,
} from '../gen/grpc/reflection/v1/reflection_pb.ts'
import { LogsService } from '../gen/opentelemetry/proto/collector/logs/v1/logs_service_pb.ts'
import { MetricsService } from '../gen/opentelemetry/proto/collector/metrics/v1/metrics_service_pb.ts'
import { TraceService } from '../gen/opentelemetry/proto/collector/trace/v1/trace_service_pb.ts'
import { addMethod } from './grpc-method.ts'

/** The services whose descriptions are compiled in. */
const KNOWN: readonly DescService[] = [
  LogsService,
  TraceService,
  MetricsService,
  Health,
  ServerReflection,
]
/** The same messages under the name that older tools ask for. */
const V1ALPHA = 'grpc.reflection.v1alpha.ServerReflection'

type Answer = NonNullable<
  MessageInitShape<typeof ServerReflectionResponseSchema>['messageResponse']
>

/** Server reflection, v1 and v1alpha, so that grpcurl and others can list, describe and call. */
export class GrpcReflection {
  readonly #services = new Set([Health.typeName, ServerReflection.typeName, V1ALPHA])
  readonly #files = new Map<string, DescFile>()
  readonly #symbols = new Map<string, DescFile>()

  addTo(server: Server): void {
    for (const service of [ServerReflection.typeName, V1ALPHA]) {
      addMethod(server, `/${service}/ServerReflectionInfo`, 'bidi', this.#serve)
    }
    this.add(Health.typeName)
    this.add(ServerReflection.typeName)
  }

  /** Lists a service by its full name; describes it, too, if its description is compiled in. */
  add(service: string): void {
    this.#services.add(service)
    const known = KNOWN.find(({ typeName }) => typeName === service)
    if (known !== undefined) this.#addFile(known.file)
  }

  #addFile(file: DescFile): void {
    if (this.#files.has(file.proto.name)) return
    this.#files.set(file.proto.name, file)
    for (const { typeName } of nestedTypes(file)) this.#symbols.set(typeName, file)
    for (const dependency of file.dependencies) this.#addFile(dependency)
  }

  readonly #serve = (call: ServerDuplexStream<Buffer, Buffer>): void => {
    call.on('error', () => {})
    call.on('end', () => call.end())
    call.on('data', (bytes: Buffer) => {
      try {
        const request = fromBinary(ServerReflectionRequestSchema, bytes)
        const response = create(ServerReflectionResponseSchema, {
          validHost: request.host,
          originalRequest: request,
          messageResponse: this.#answer(request),
        })
        call.write(Buffer.from(toBinary(ServerReflectionResponseSchema, response)))
      } catch {
        call.emit('error', { code: status.INVALID_ARGUMENT, details: 'broken request' })
      }
    })
  }

  #answer({ messageRequest: asked }: ServerReflectionRequest): Answer {
    switch (asked.case) {
      case 'listServices': {
        const service = [...this.#services].sort().map(name => ({ name }))
        return { case: 'listServicesResponse', value: { service } }
      }
      case 'fileByFilename':
        return answerFile(this.#files.get(asked.value), asked.value)
      case 'fileContainingSymbol':
        return answerFile(this.#fileOf(asked.value), asked.value)
      case 'allExtensionNumbersOfType':
        if (this.#fileOf(asked.value) === undefined) return answerFile(undefined, asked.value)
        return { case: 'allExtensionNumbersResponse', value: { baseTypeName: asked.value } }
      case 'fileContainingExtension':
        return answerFile(undefined, `an extension of ${asked.value.containingType}`)
      case undefined:
        return failed(status.INVALID_ARGUMENT, 'the request asks for nothing')
    }
  }

  /** A symbol may also be a method, a field or an enum value: a name inside one that is known. */
  #fileOf(symbol: string): DescFile | undefined {
    const parent = symbol.slice(0, Math.max(0, symbol.lastIndexOf('.')))
    return this.#symbols.get(symbol) ?? this.#symbols.get(parent)
  }
}

function answerFile(file: DescFile | undefined, name: string): Answer {
  if (file === undefined) return failed(status.NOT_FOUND, `not found: ${name}`)
  const files = new Set<DescFile>()
  collect(file, files)
  const fileDescriptorProto = [...files].map(({ proto }) =>
    toBinary(FileDescriptorProtoSchema, proto),
  )
  return { case: 'fileDescriptorResponse', value: { fileDescriptorProto } }
}

/** The file and all it imports: some tools do not ask for imports by themselves. */
function collect(file: DescFile, into: Set<DescFile>): void {
  if (into.has(file)) return
  into.add(file)
  for (const dependency of file.dependencies) collect(dependency, into)
}

function failed(errorCode: number, errorMessage: string): Answer {
  return { case: 'errorResponse', value: { errorCode, errorMessage } }
}
