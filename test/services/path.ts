import { existsSync } from 'node:fs'
import { delimiter, join } from 'node:path'

/** The folders in which programs are looked for. */
export function pathFolders(): string[] {
  return (process.env['PATH'] ?? '').split(delimiter).filter(folder => folder !== '')
}

export function isOnPath(program: string): boolean {
  return pathFolders().some(folder => existsSync(join(folder, program)))
}
