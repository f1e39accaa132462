import { readFileSync } from 'node:fs'
import { totalmem } from 'node:os'
import { dirname, join } from 'node:path'

const CGROUP_ROOT = '/sys/fs/cgroup'

/** Undefined when there is no such file. */
export type ReadText = (path: string) => string | undefined

/**
 * Bytes of memory this process may use: the machine's, or less when a cgroup (v2 or v1: a container,
 * a systemd unit) says so. A cgroup's limit also binds the groups inside it, so every level counts.
 */
export function totalMemoryBytes(read: ReadText = readText, machineBytes = totalmem()): number {
  let least = machineBytes
  for (const file of limitFiles(read('/proc/self/cgroup') ?? '')) {
    const text = read(file)?.trim()
    if (text === undefined || !/^\d+$/.test(text)) continue
    const bytes = Number(text)
    if (bytes > 0) least = Math.min(least, bytes)
  }
  return least
}

/** From the process' own group up to the root; `cgroups` is the text of /proc/self/cgroup. */
function limitFiles(cgroups: string): string[] {
  const files: string[] = []
  for (const line of cgroups.split('\n')) {
    const [, controllers, path] = /^\d+:([^:]*):(\/.*)$/.exec(line) ?? []
    if (path === undefined) continue
    const isV2 = controllers === ''
    if (!isV2 && !controllers!.split(',').includes('memory')) continue
    const root = isV2 ? CGROUP_ROOT : join(CGROUP_ROOT, 'memory')
    const name = isV2 ? 'memory.max' : 'memory.limit_in_bytes'
    for (let group = path; ; group = dirname(group)) {
      files.push(join(root, group, name))
      if (group === '/') break
    }
  }
  return files
}

function readText(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    // Not Linux, or no such controller: then the machine's memory is the bound.
    return undefined
  }
}
