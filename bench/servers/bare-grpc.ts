import { Server, ServerCredentials } from '@grpc/grpc-js'

// A bare @grpc/grpc-js server that takes the message as bytes and answers an empty one.
// Usage: node bare-grpc.js PORT
const identity = (bytes: Buffer): Buffer => bytes
const empty = Buffer.alloc(0)
const server = new Server({ 'grpc.max_receive_message_length': 64 * 1024 ** 2 })
server.addService(
  {
    export: {
      path: '/opentelemetry.proto.collector.logs.v1.LogsService/Export',
      requestStream: false,
      responseStream: false,
      requestSerialize: identity,
      requestDeserialize: identity,
      responseSerialize: identity,
      responseDeserialize: identity,
    },
  },
  { export: (_call: unknown, done: (error: null, answer: Buffer) => void) => done(null, empty) },
)
server.bindAsync(`127.0.0.1:${process.argv[2]}`, ServerCredentials.createInsecure(), error => {
  if (error) throw error
})
