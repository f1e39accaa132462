import { createServer } from 'node:http'

// A bare node:http server that reads the body and answers 200: also a discarding OTLP/HTTP sink.
// Usage: node bare-http.js PORT
createServer((request, response) => {
  request.on('data', () => {})
  request.on('end', () => {
    response.setHeader('content-type', 'application/x-protobuf')
    response.end()
  })
}).listen(Number(process.argv[2]), '127.0.0.1')
