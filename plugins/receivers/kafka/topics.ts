/** What to subscribe to: the names of the config, and the patterns, without what is excluded. */
export function subscriptionOf(
  topics: readonly string[],
  excluded: readonly string[],
): (string | RegExp)[] {
  const without = excluded.map(name => (isPattern(name) ? name.slice(1) : `${escaped(name)}$`))
  const guard = without.length === 0 ? '' : `(?!${without.map(part => `(?:${part})`).join('|')})`
  return topics.map(name => (isPattern(name) ? new RegExp(`^${guard}${name.slice(1)}`) : name))
}

function isPattern(name: string): boolean {
  return name.startsWith('^')
}

function escaped(name: string): string {
  return name.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&')
}
