import cluster from 'node:cluster'
import type { Server, Socket } from 'node:net'

/**
 * Refuses connections beyond `max` (0 = no bound) and calls `onRefused` for each. In a worker
 * process Node would offer what one refuses to the next, and in a circle while all are full: there a
 * connection is taken and closed.
 */
export function limitConnections(
  server: Server,
  max: number,
  onRefused: () => void,
  isWorker: boolean = cluster.isWorker,
): void {
  if (max === 0) return
  if (!isWorker) {
    server.maxConnections = max
    server.on('drop', onRefused)
    return
  }
  let open = 0
  server.on('connection', (socket: Socket) => {
    open++
    socket.once('close', () => open--)
    if (open <= max) return
    socket.destroy()
    onRefused()
  })
}
