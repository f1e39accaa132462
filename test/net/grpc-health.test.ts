import { create, fromBinary, toBinary } from '@bufbuild/protobuf'
import { Client, credentials, type ServiceError, status } from '@grpc/grpc-js'
import test, { type ExecutionContext } from 'ava'
import { z } from 'zod'
import {
  HealthCheckRequestSchema,
  HealthCheckResponseSchema,
  HealthCheckResponse_ServingStatus as ServingStatus,
} from '../../src/gen/grpc/health/v1/health_pb.ts'
import { GrpcServer } from '../../src/net/grpc-server.ts'
import { grpcServerFields } from '../../src/net/grpc-server-config.ts'
import { createTestContext } from '../../src/testing/test-context.ts'

async function serve(t: ExecutionContext): Promise<{ server: GrpcServer; client: Client }> {
  const { logger } = createTestContext('receiver', 'test')
  const config = z.strictObject(grpcServerFields('127.0.0.1:0')).parse({})
  const server = new GrpcServer(config, { key: 'x', logger })
  server.unary('/test.Echo/Echo', call => Promise.resolve(call.message))
  await server.start()
  const client = new Client(server.url.replace('grpc://', ''), credentials.createInsecure())
  t.teardown(async () => {
    client.close()
    await server.stop(AbortSignal.abort())
  })
  return { server, client }
}

const request = (service: string): Buffer =>
  Buffer.from(toBinary(HealthCheckRequestSchema, create(HealthCheckRequestSchema, { service })))
const statusOf = (bytes: Buffer): ServingStatus =>
  fromBinary(HealthCheckResponseSchema, bytes).status
const identity = (bytes: Buffer): Buffer => bytes

function check(client: Client, message: Buffer): Promise<ServingStatus> {
  return new Promise((resolve, reject) => {
    const path = '/grpc.health.v1.Health/Check'
    client.makeUnaryRequest(path, identity, statusOf, message, (error, value) => {
      // oxlint-disable-next-line typescript/prefer-promise-reject-errors -- a ServiceError is one
      if (error) reject(error)
      else resolve(value!)
    })
  })
}

test('the server and its services are SERVING, others are NOT_FOUND', async t => {
  const { client } = await serve(t)
  t.is(await check(client, request('')), ServingStatus.SERVING)
  t.is(await check(client, request('test.Echo')), ServingStatus.SERVING)
  const error = await t.throwsAsync<ServiceError>(check(client, request('test.Other')))
  t.is(error?.code, status.NOT_FOUND)
  const broken = await t.throwsAsync<ServiceError>(check(client, Buffer.from([0xff])))
  t.is(broken?.code, status.INVALID_ARGUMENT)
})

test('a watcher hears of the stop, and does not hold it', async t => {
  const { server, client } = await serve(t)
  const path = '/grpc.health.v1.Health/Watch'
  const stream = client.makeServerStreamRequest(path, identity, statusOf, request(''))
  stream.on('error', () => {})
  const heard: ServingStatus[] = []
  const ended = new Promise(resolve => stream.on('end', resolve))
  await new Promise<void>(resolve =>
    stream.on('data', (serving: ServingStatus) => {
      heard.push(serving)
      resolve()
    }),
  )
  await server.stop(new AbortController().signal)
  await ended
  t.deepEqual(heard, [ServingStatus.SERVING, ServingStatus.NOT_SERVING])
})
