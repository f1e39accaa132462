import { create, fromBinary, type MessageInitShape, toBinary } from '@bufbuild/protobuf'
import { FileDescriptorProtoSchema } from '@bufbuild/protobuf/wkt'
import { Client, credentials } from '@grpc/grpc-js'
import test, { type ExecutionContext } from 'ava'
import { z } from 'zod'
import {
  ServerReflectionRequestSchema,
  type ServerReflectionResponse,
  ServerReflectionResponseSchema,
} from '../../src/gen/grpc/reflection/v1/reflection_pb.ts'
import { GrpcServer } from '../../src/net/grpc-server.ts'
import { grpcServerFields } from '../../src/net/grpc-server-config.ts'
import { createTestContext } from '../../src/testing/test-context.ts'

const LOGS = 'opentelemetry.proto.collector.logs.v1.LogsService'
const V1 = 'grpc.reflection.v1.ServerReflection'
const V1ALPHA = 'grpc.reflection.v1alpha.ServerReflection'
type Asked = MessageInitShape<typeof ServerReflectionRequestSchema>['messageRequest']

async function ask(
  t: ExecutionContext,
  messageRequest: Asked,
  version = V1,
): Promise<ServerReflectionResponse['messageResponse']> {
  const { logger } = createTestContext('receiver', 'test')
  const config = z.strictObject(grpcServerFields('127.0.0.1:0')).parse({})
  const server = new GrpcServer(config, { key: 'x', logger })
  server.unary(`/${LOGS}/Export`, call => Promise.resolve(call.message))
  server.unary('/test.Hidden/X', call => Promise.resolve(call.message), { listed: false })
  await server.start()
  const client = new Client(server.url.replace('grpc://', ''), credentials.createInsecure())
  t.teardown(async () => {
    client.close()
    await server.stop(AbortSignal.abort())
  })
  const identity = (bytes: Buffer): Buffer => bytes
  const path = `/${version}/ServerReflectionInfo`
  const stream = client.makeBidiStreamRequest(path, identity, identity)
  const request = create(ServerReflectionRequestSchema, messageRequest ? { messageRequest } : {})
  stream.write(Buffer.from(toBinary(ServerReflectionRequestSchema, request)))
  stream.end()
  const answer = await new Promise<Buffer>((resolve, reject) => {
    stream.on('data', resolve)
    stream.on('error', reject)
  })
  return fromBinary(ServerReflectionResponseSchema, answer).messageResponse
}

for (const version of [V1, V1ALPHA]) {
  test(`${version} lists the services that are served`, async t => {
    const answer = await ask(t, { case: 'listServices', value: '' }, version)
    t.is(answer.case, 'listServicesResponse')
    const names = (answer.value as { service: { name: string }[] }).service.map(s => s.name)
    t.deepEqual(names, ['grpc.health.v1.Health', V1, V1ALPHA, LOGS])
  })
}

const describes = test.macro(async (t, symbol: string, file: string) => {
  const answer = await ask(t, { case: 'fileContainingSymbol', value: symbol })
  t.is(answer.case, 'fileDescriptorResponse')
  const { fileDescriptorProto } = answer.value as { fileDescriptorProto: Uint8Array[] }
  const files = fileDescriptorProto.map(bytes => fromBinary(FileDescriptorProtoSchema, bytes))
  t.is(files[0]?.name, file)
  const names = new Set(files.map(({ name }) => name))
  for (const { dependency } of files) for (const name of dependency) t.true(names.has(name), name)
})
const SERVICE_FILE = 'opentelemetry/proto/collector/logs/v1/logs_service.proto'
test('a service comes with all its imports', describes, LOGS, SERVICE_FILE)
test('so does a method', describes, `${LOGS}.Export`, SERVICE_FILE)
const RECORD = 'opentelemetry.proto.logs.v1.LogRecord'
test('so does a message', describes, RECORD, 'opentelemetry/proto/logs/v1/logs.proto')

test('a file is found by its name', async t => {
  const answer = await ask(t, { case: 'fileByFilename', value: SERVICE_FILE })
  t.is(answer.case, 'fileDescriptorResponse')
})

const fails = test.macro(async (t, asked: Asked, code: number) => {
  const answer = await ask(t, asked)
  t.is(answer.case, 'errorResponse')
  t.like(answer.value, { errorCode: code })
})
test('an unknown symbol', fails, { case: 'fileContainingSymbol', value: 'no.Such' }, 5)
test('an unknown file', fails, { case: 'fileByFilename', value: 'no.proto' }, 5)
test('an extension of an unknown type', fails, { case: 'allExtensionNumbersOfType', value: 'x' }, 5)
test('a request for nothing', fails, undefined, 3)
