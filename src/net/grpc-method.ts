import type {
  handleBidiStreamingCall,
  handleServerStreamingCall,
  handleUnaryCall,
  Server,
} from '@grpc/grpc-js'

interface Handlers {
  readonly unary: handleUnaryCall<Buffer, Buffer>
  readonly serverStream: handleServerStreamingCall<Buffer, Buffer>
  readonly bidi: handleBidiStreamingCall<Buffer, Buffer>
}

const identity = (bytes: Buffer): Buffer => bytes

/** Registers a method whose messages stay bytes. `path` is `/package.Service/Method`. */
export function addMethod<Kind extends keyof Handlers>(
  server: Server,
  path: string,
  kind: Kind,
  handler: Handlers[Kind],
): void {
  server.addService(
    {
      [path]: {
        path,
        requestStream: kind === 'bidi',
        responseStream: kind !== 'unary',
        requestSerialize: identity,
        requestDeserialize: identity,
        responseSerialize: identity,
        responseDeserialize: identity,
      },
    },
    { [path]: handler },
  )
}
