import { createWriteStream } from 'node:fs'
import type { Writable } from 'node:stream'
import type { Logger } from 'pino'

/** What may wait for a slow terminal or disk; beyond it, output is left out. */
const WAITING_BYTES_MAX = 4 * 1024 * 1024

/** Where text goes; it never throws and never holds more than a bound. */
export interface Output {
  write(text: string): void
  /** Resolves when everything is written, or cannot be. */
  close(): Promise<void>
}

/** Opens `stdout`, `stderr` or a file to append to. What goes wrong later is logged, not thrown. */
export function openOutput(path: string, logger: Logger): Output {
  const standard = { stdout: process.stdout, stderr: process.stderr }[path]
  const stream: Writable = standard ?? createWriteStream(path, { flags: 'a' })
  let skipped = 0
  let failed = false
  const onError = (error: Error): void => {
    failed = true
    logger.warn({ err: error, path }, 'debug output failed; nothing more is written there')
  }
  stream.on('error', onError)
  return {
    write(text) {
      if (failed) return
      if (stream.writableLength > WAITING_BYTES_MAX) {
        skipped++
        return
      }
      if (skipped > 0) stream.write(`... ${skipped} batches not shown: ${path} is too slow\n`)
      skipped = 0
      stream.write(text)
    },
    close: () =>
      new Promise(resolve => {
        if (failed) resolve()
        else if (standard === undefined) {
          stream.once('close', resolve)
          stream.end()
        } else {
          stream.write('', () => {
            stream.off('error', onError)
            resolve()
          })
        }
      }),
  }
}
