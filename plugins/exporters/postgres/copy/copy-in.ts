import copyStreams from 'pg-copy-streams'
import type { Session } from '../connections.ts'

/**
 * Runs `COPY ... FROM STDIN` with these chunks and resolves when the server has taken all of them.
 * Rejects with the server's error, or the connection's; then the chunks may still be read.
 */
export async function copyIn(
  session: Session,
  sql: string,
  chunks: Iterable<Buffer>,
): Promise<void> {
  const stream = session.query(copyStreams.from(sql))
  let fail: (error: Error) => void = () => {}
  const failed = new Promise<never>((_resolve, reject) => {
    fail = reject
  })
  // Nobody may be waiting for it yet, or any more.
  failed.catch(() => {})
  stream.on('error', error => fail(error))
  for (const chunk of chunks) {
    await Promise.race([failed, new Promise<void>(resolve => stream.write(chunk, () => resolve()))])
  }
  await Promise.race([failed, new Promise<void>(resolve => stream.end(() => resolve()))])
}
