/** Major and minor version of a server, such as 26.2. */
export interface ServerVersion {
  readonly major: number
  readonly minor: number
}

/** Reads the answer to `SELECT version()`; undefined when it is none. */
export function parseServerVersion(text: string): ServerVersion | undefined {
  const match = /^(\d+)\.(\d+)/.exec(text)
  return match ? { major: Number(match[1]), minor: Number(match[2]) } : undefined
}

export function isAtLeast(version: ServerVersion, major: number, minor: number): boolean {
  return version.major > major || (version.major === major && version.minor >= minor)
}
