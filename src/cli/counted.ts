/** `1 batch`, `2 batches`. */
export function counted(count: number, noun: string): string {
  if (count === 1) return `1 ${noun}`
  return `${count} ${noun}${noun.endsWith('ch') ? 'es' : 's'}`
}
