import { createHash } from 'node:crypto'
import { chmod, rm } from 'node:fs/promises'
import {
  createServer,
  type IncomingMessage,
  request,
  type Server,
  type ServerResponse,
} from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PipelineError } from '#core'
import type { ReadQuery } from '../transport.ts'

/*
 * Only one process can have an embedded store open, so the one that has it answers the questions of
 * others: HTTP on a Unix socket beside the store that nobody but the owner may open.
 */

/** Unix socket paths end at 108 bytes on Linux, 104 on macOS. */
const SOCKET_PATH_BYTES_MAX = 100
const REQUEST_BYTES_MAX = 1024 * 1024
/** The query's own timeout is the engine's; this is for an owner that hangs. */
const ANSWER_GRACE_MS = 5000

/** Sockets of this process: a second exporter on the same store needs none of its own. */
const served = new Set<string>()

/** Where the owner of the store at `storePath` listens. */
export function socketPath(storePath: string): string {
  const path = `${storePath}.sock`
  if (Buffer.byteLength(path) <= SOCKET_PATH_BYTES_MAX) return path
  const hash = createHash('sha256').update(storePath).digest('hex').slice(0, 16)
  return join(tmpdir(), `parsec-${hash}.sock`)
}

export type AnswerQuery = (query: ReadQuery, signal: AbortSignal) => Promise<Buffer>

/**
 * Answers queries about the store until `close`. Only the store's owner may call this: a socket file
 * that is there already was left by a crash. Undefined when this process answers them already.
 */
export async function serveQueries(
  storePath: string,
  answer: AnswerQuery,
): Promise<(() => Promise<void>) | undefined> {
  const path = socketPath(storePath)
  if (served.has(path)) return undefined
  served.add(path)
  const server = createServer((incoming, response) => void respond(incoming, response, answer))
  server.unref()
  try {
    await rm(path, { force: true })
    await listen(server, path)
    await chmod(path, 0o600)
  } catch (error) {
    served.delete(path)
    server.close()
    throw error
  }
  return async () => {
    served.delete(path)
    server.closeAllConnections()
    await new Promise<void>(resolve => server.close(() => resolve()))
  }
}

/**
 * Asks the owner of the store at `storePath`. Undefined when nobody listens there. Rejects with
 * PipelineError when the query fails.
 */
export async function askOwner(
  storePath: string,
  query: ReadQuery,
  signal: AbortSignal,
): Promise<Buffer | undefined> {
  const timeout = AbortSignal.timeout(query.timeoutMs + ANSWER_GRACE_MS)
  try {
    return await post(socketPath(storePath), query, AbortSignal.any([signal, timeout]))
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'ENOENT' || code === 'ECONNREFUSED') return undefined
    throw error
  }
}

async function respond(
  incoming: IncomingMessage,
  response: ServerResponse,
  answer: AnswerQuery,
): Promise<void> {
  const gone = new AbortController()
  response.on('close', () => gone.abort())
  try {
    const query = JSON.parse((await read(incoming, REQUEST_BYTES_MAX)).toString()) as ReadQuery
    const result = await answer(query, gone.signal)
    response.writeHead(200, { 'content-type': 'application/octet-stream' }).end(result)
  } catch (error) {
    const { message, code, reason, retryable } = PipelineError.from(error)
    response
      .writeHead(400, { 'content-type': 'application/json' })
      .end(JSON.stringify({ message, code, reason, retryable }))
  }
}

function listen(server: Server, path: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(path, () => resolve())
  })
}

function post(path: string, query: ReadQuery, signal: AbortSignal): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const outgoing = request({ socketPath: path, path: '/query', method: 'POST', signal })
    outgoing.on('error', reject)
    outgoing.on('response', response => {
      // The owner has bounded the result; twice that is a fault of the owner.
      read(response, query.resultBytesMax * 2 + REQUEST_BYTES_MAX).then(body => {
        if (response.statusCode === 200) resolve(body)
        else reject(failure(body))
      }, reject)
    })
    outgoing.end(JSON.stringify(query))
  })
}

function failure(body: Buffer): PipelineError {
  const { message, code, reason, retryable } = JSON.parse(body.toString()) as PipelineError
  return new PipelineError(message, { code, reason, retryable })
}

async function read(stream: AsyncIterable<Uint8Array>, bytesMax: number): Promise<Buffer> {
  const chunks: Uint8Array[] = []
  let size = 0
  for await (const chunk of stream) {
    size += chunk.length
    if (size > bytesMax) throw new RangeError(`over ${bytesMax} bytes`)
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}
