import type { Socket } from 'node:net'

/** What every HTTP/2 client sends first (RFC 9113, section 3.4). */
const PREFACE_BYTES = 24
const PREFACE_MS = 10_000

/**
 * Closes an HTTP/2 connection whose client has not even said hello in time. It would be held for
 * hours else, until the first ping is due: the cheapest of all ways to use up a server's sockets.
 */
export function closeIfSilent(socket: Socket, prefaceMs = PREFACE_MS): void {
  const timer = setTimeout(() => {
    if (socket.bytesRead < PREFACE_BYTES) socket.destroy()
  }, prefaceMs).unref()
  socket.once('close', () => clearTimeout(timer))
}
