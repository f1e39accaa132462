import { parse } from 'node:path'
import type { WorkerPlace } from '#core'

/**
 * Two processes that write and rotate one file would cut each other's lines: the first worker has the
 * path as it is, the next `logs.worker-1.json`.
 */
export function workerPath(path: string, { index }: WorkerPlace): string {
  if (index === 0) return path
  const { base, name, ext } = parse(path)
  return `${path.slice(0, path.length - base.length)}${name}.worker-${index}${ext}`
}
