import type { ChildProcess } from 'node:child_process'

/** What Node sends with a new connection (lib/internal/cluster), and how the worker answers. */
interface ClusterMessage {
  readonly cmd?: string
  readonly act?: string
  readonly seq?: number
  readonly ack?: number
}

interface Handle {
  close(): void
}

/**
 * Closes the connections that were on their way to a worker when it ended. Node forgets them, open:
 * their clients would wait until their own timeout.
 */
export function closeHandedConnections(child: ChildProcess): void {
  const handed = new Map<number, Handle>()
  const send = child.send.bind(child) as (...args: unknown[]) => boolean
  child.send = (...args: unknown[]): boolean => {
    const [message, handle] = args as [ClusterMessage, Handle | undefined]
    if (message.act === 'newconn' && message.seq !== undefined && handle !== undefined) {
      handed.set(message.seq, handle)
    }
    return send(...args)
  }
  child.on('internalMessage', ({ cmd, ack }: ClusterMessage) => {
    if (cmd === 'NODE_CLUSTER' && ack !== undefined) handed.delete(ack)
  })
  child.once('exit', () => {
    // One that the worker did not want, and another one has got, is not in here any more.
    for (const handle of handed.values()) handle.close()
    handed.clear()
  })
}
