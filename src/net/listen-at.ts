import { lstatSync, unlinkSync } from 'node:fs'
import { connect, type Server } from 'node:net'
import { type HostPort, listen } from './listen.ts'

export type BoundAddress = HostPort | { readonly path: string }

/**
 * Binds a server to `host:port`, or to a Unix socket when `endpoint` is `unix:///path` or transport
 * is `unix`. `key` is where the endpoint was configured.
 * @throws an Error that names endpoint, key and cure when the address cannot be had.
 */
export async function listenAt(
  server: Server,
  endpoint: string,
  transport: string,
  key: string,
): Promise<BoundAddress> {
  const path = unixPath(endpoint, transport)
  if (path === undefined) return listen(server, endpoint, key)
  if (await isStale(path)) unlinkSync(path)
  await new Promise<void>((resolve, reject) => {
    const fail = (cause: NodeJS.ErrnoException): void => {
      const reason =
        cause.code === 'EADDRINUSE' ? 'another process listens there already' : cause.message
      reject(new Error(`cannot listen on ${endpoint} (${key}): ${reason}`, { cause }))
    }
    server.once('error', fail)
    server.listen({ path }, () => {
      server.off('error', fail)
      resolve()
    })
  })
  return { path }
}

function unixPath(endpoint: string, transport: string): string | undefined {
  const match = /^unix:(?:\/\/(?=\/))?(.+)$/.exec(endpoint)
  if (match !== null) return match[1]
  return transport === 'unix' ? endpoint : undefined
}

/** A socket file that nobody answers at: left over by a process that was killed. */
async function isStale(path: string): Promise<boolean> {
  if (lstatSync(path, { throwIfNoEntry: false })?.isSocket() !== true) return false
  return new Promise(resolve => {
    const probe = connect({ path })
    probe.on('error', (error: NodeJS.ErrnoException) => resolve(error.code === 'ECONNREFUSED'))
    probe.on('connect', () => {
      probe.destroy()
      resolve(false)
    })
  })
}
