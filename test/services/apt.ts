import { spawnSync } from 'node:child_process'
import { isOnPath } from './path.ts'

/** Installs Debian packages where that is possible without asking: as root, with apt-get. */
export function aptInstall(packages: readonly string[]): void {
  if (process.getuid?.() !== 0 || !isOnPath('apt-get')) return
  console.error(`Installing ${packages.join(' ')} (apt-get) ...`)
  const args = ['install', '-y', '--no-install-recommends', ...packages]
  if (aptGet(args)) return
  aptGet(['update'])
  aptGet(args)
}

function aptGet(args: readonly string[]): boolean {
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' }
  return spawnSync('apt-get', ['-q', ...args], { stdio: ['ignore', 2, 2], env }).status === 0
}
