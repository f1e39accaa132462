/** The hash of each user's password. */
export type Users = ReadonlyMap<string, string>

/** Reads lines of `user:hash`; empty ones and those that begin with # count for nothing. */
export function parseHtpasswd(text: string): Users {
  const users = new Map<string, string>()
  for (const [index, raw] of text.split('\n').entries()) {
    const line = raw.trim()
    if (line === '' || line.startsWith('#')) continue
    const colon = line.indexOf(':')
    // The line is not repeated: it may be a password.
    if (colon <= 0 || colon === line.length - 1)
      throw new Error(`line ${index + 1} is not user:hash`)
    const user = line.slice(0, colon)
    if (users.has(user)) throw new Error(`line ${index + 1}: user "${user}" is there twice`)
    users.set(user, line.slice(colon + 1))
  }
  return users
}
