/** A component or pipeline id, taken apart. */
export interface ComponentId {
  readonly type: string
  /** Behind the slash; undefined when there is none. */
  readonly name: string | undefined
}

const TYPE = /^[a-zA-Z][0-9a-zA-Z_]{0,62}$/
const NAME_CHARS_MAX = 1024
const NAME = /^[^\p{Z}\p{C}\p{S}]+$/u

/** Reads `type` or `type/name` by the Collector's rules, or says what is wrong with it. */
export function parseComponentId(text: string): ComponentId | { readonly error: string } {
  const slash = text.indexOf('/')
  const type = slash < 0 ? text : text.slice(0, slash)
  const name = slash < 0 ? undefined : text.slice(slash + 1)
  if (!TYPE.test(type)) {
    return {
      error: 'the type must start with a letter and have letters, digits and "_", 63 at most',
    }
  }
  if (name === undefined) return { type, name }
  if (name === '') return { error: 'the part behind "/" is empty' }
  if (name.length > NAME_CHARS_MAX || !NAME.test(name)) {
    const rule = `${NAME_CHARS_MAX} characters at most, no spaces, control characters or symbols`
    return { error: `the name behind "/" may have ${rule}` }
  }
  return { type, name }
}
