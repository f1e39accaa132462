import { spawnSync } from 'node:child_process'

const OUTPUT_BYTES_MAX = 64 * 1024 * 1024

/** Runs a command to its end. Throws an Error with its output when it is not there or fails. */
export function must(command, args, options = {}) {
  const { status, signal, error, stdout, stderr } = spawnSync(command, args, {
    ...options,
    encoding: 'utf8',
    maxBuffer: OUTPUT_BYTES_MAX,
  })
  if (error?.code === 'ENOENT') throw new Error(`${command} is not installed`)
  if (status === 0) return
  const why = error?.message ?? `ended with ${status ?? signal}`
  throw new Error(`"${command} ${args.join(' ')}": ${why}: ${stdout ?? ''}${stderr ?? ''}`)
}
