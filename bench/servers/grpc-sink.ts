import { createServer } from 'node:http2'

// A discarding OTLP/gRPC sink with wide flow-control windows, so that it is never the slow side.
// Usage: node grpc-sink.js PORT
const WINDOW_BYTES = 16 * 1024 ** 2
const emptyMessage = Buffer.alloc(5)
const server = createServer({
  settings: { initialWindowSize: WINDOW_BYTES, maxConcurrentStreams: 1000 },
  maxSessionMemory: 1000,
})
server.on('session', session => session.setLocalWindowSize(WINDOW_BYTES))
server.on('stream', stream => {
  stream.on('data', () => {})
  stream.on('error', () => {})
  stream.on('end', () => {
    stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': '0' }))
    stream.respond(
      { ':status': 200, 'content-type': 'application/grpc' },
      { waitForTrailers: true },
    )
    stream.end(emptyMessage)
  })
})
server.listen(Number(process.argv[2]), '127.0.0.1')
