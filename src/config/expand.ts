import { parseYaml } from './parse.ts'
import { Problems } from './problem.ts'
import { readTextFile } from './read.ts'
import { parseReference, type Reference, splitReferences } from './references.ts'
import { type Place, SourceText } from './source-text.ts'
import { nearest } from './suggest.ts'
import type { ConfigNode, MapEntry, Path, ScalarNode } from './tree.ts'

const DEPTH_MAX = 50
const EXPANSIONS_MAX = 1000
const EXPANDED_CHARS_MAX = 4 * 1024 * 1024
const SCHEMES = ['env', 'file', 'yaml']
const VARIABLE = /^[a-zA-Z_][a-zA-Z0-9_]*$/

/**
 * Replaces every `${...}` in the values of a tree. A value that is one reference takes whatever
 * YAML it yields and keeps the exact text as `raw`; a reference inside a longer text stays text.
 * `onFile` hears of every file that is referred to.
 */
export async function expandTree(
  tree: ConfigNode,
  env: NodeJS.ProcessEnv,
  problems: Problems,
  onFile: (path: string) => void = () => undefined,
): Promise<ConfigNode> {
  return await new Expander(env, problems, onFile).node(tree, [], 0)
}

/** What a reference yields. */
interface Found {
  readonly text: string
  /** Set for files, whose own lines can be shown. */
  readonly file?: SourceText
  /** Text of the config's author, where `$$` means `$`; a value from outside is taken as it is. */
  readonly authored?: boolean
}

interface Where {
  readonly place: Place
  readonly path: Path
  readonly depth: number
}

class Expander {
  readonly #env: NodeJS.ProcessEnv
  readonly #problems: Problems
  readonly #onFile: (path: string) => void
  #expansions = 0
  #chars = 0

  constructor(env: NodeJS.ProcessEnv, problems: Problems, onFile: (path: string) => void) {
    this.#env = env
    this.#problems = problems
    this.#onFile = onFile
  }

  async node(node: ConfigNode, path: Path, depth: number): Promise<ConfigNode> {
    if (node.kind === 'list') {
      const items: ConfigNode[] = []
      for (const [i, item] of node.items.entries()) {
        items.push(await this.node(item, [...path, i], depth))
      }
      return { ...node, items }
    }
    if (node.kind === 'map') {
      const entries = new Map<string, MapEntry>()
      for (const [key, entry] of node.entries) {
        entries.set(key, { ...entry, node: await this.node(entry.node, [...path, key], depth) })
      }
      return { ...node, entries }
    }
    if (typeof node.value !== 'string' || !node.value.includes('$')) return node
    return await this.#value(node.value, { place: node.place, path, depth })
  }

  async #value(value: string, where: Where): Promise<ConfigNode> {
    const { segments } = splitReferences(value)
    const [only] = segments
    if (segments.length === 1 && only && 'reference' in only) {
      return await this.#whole(only.reference, where)
    }
    return { kind: 'scalar', value: await this.#inline(value, where), place: where.place }
  }

  async #inline(value: string, where: Where): Promise<string> {
    const { segments, unclosed } = splitReferences(value)
    if (unclosed) {
      this.#problems.warn(
        where.place,
        where.path,
        '"${" without "}" is kept as text; write "$${" if that is meant',
      )
    }
    let result = ''
    for (const segment of segments) {
      result += 'text' in segment ? segment.text : await this.#text(segment.reference, where)
    }
    return result
  }

  /** The text of a reference inside a longer value. */
  async #text(inner: string, where: Where): Promise<string> {
    const found = await this.#lookUp(inner, where)
    if (!found) return ''
    if (!mustExpand(found)) return found.text
    return await this.#inline(found.text, { ...where, depth: where.depth + 1 })
  }

  async #whole(inner: string, where: Where): Promise<ConfigNode> {
    const found = await this.#lookUp(inner, where)
    if (!found) return { kind: 'scalar', value: null, raw: '', place: where.place }
    const { text, file } = found
    const deeper = { ...where, depth: where.depth + 1 }
    const tree = parseQuietly(file ?? new SourceText(where.place.source.name, text))
    if (tree === undefined || tree.kind === 'scalar') {
      return mustExpand(found)
        ? await this.#nested(text, deeper)
        : scalarOf(text, tree, where.place)
    }
    const placed = file ? tree : replaced(tree, where.place)
    return { ...(await this.node(placed, where.path, deeper.depth)), raw: text }
  }

  /** A value that holds references itself. */
  async #nested(text: string, where: Where): Promise<ConfigNode> {
    const { segments } = splitReferences(text)
    const [only] = segments
    if (segments.length === 1 && only && 'reference' in only) {
      return await this.#whole(only.reference, where)
    }
    const full = await this.#inline(text, where)
    const tree = parseQuietly(new SourceText(where.place.source.name, full))
    return scalarOf(full, tree?.kind === 'scalar' ? tree : undefined, where.place)
  }

  async #lookUp(inner: string, where: Where): Promise<Found | undefined> {
    const { place, path, depth } = where
    if (
      depth > DEPTH_MAX ||
      ++this.#expansions > EXPANSIONS_MAX ||
      this.#chars > EXPANDED_CHARS_MAX
    ) {
      if (this.#expansions <= EXPANSIONS_MAX + 1) this.#tooMany(where)
      return undefined
    }
    const reference = parseReference(inner)
    const target = reference.target.includes('$')
      ? await this.#inline(reference.target, { ...where, depth: depth + 1 })
      : reference.target
    const found = await this.#resolve({ ...reference, target }, where)
    this.#chars += found?.text.length ?? 0
    if (found === undefined && !SCHEMES.includes(reference.scheme)) {
      this.#problems.error(
        place,
        path,
        `cannot expand "${reference.scheme}:"; known are ${SCHEMES.join(', ')}`,
        nearest(reference.scheme, SCHEMES),
      )
    }
    return found
  }

  async #resolve(
    { scheme, target, fallback }: Reference,
    where: Where,
  ): Promise<Found | undefined> {
    if (scheme === 'yaml') return { text: target }
    if (scheme === 'file') return await this.#file(target, where)
    if (scheme !== 'env') return undefined
    const { place, path } = where
    if (!VARIABLE.test(target)) {
      const rule = 'letters, digits and "_", not starting with a digit'
      this.#problems.error(place, path, `"${target}" cannot name an environment variable: ${rule}`)
      return undefined
    }
    const text = this.#env[target]
    if (text !== undefined) return { text }
    if (fallback !== undefined) return { text: fallback, authored: true }
    this.#problems.warn(
      place,
      path,
      `the environment variable ${target} is not set; write \${env:${target}:-default} to do without`,
      nearest(target, Object.keys(this.#env)),
    )
    return undefined
  }

  async #file(target: string, where: Where): Promise<Found | undefined> {
    this.#onFile(target)
    const read = await readTextFile(target)
    if ('reason' in read) {
      this.#problems.error(where.place, where.path, `cannot read "${target}": ${read.reason}`)
      return undefined
    }
    const text = read.text.replace(/[\r\n]+$/, '')
    return { text, file: new SourceText(target, read.text) }
  }

  #tooMany({ place, path }: Where): void {
    const limit = `more than ${DEPTH_MAX} nested or ${EXPANSIONS_MAX} expansions`
    this.#problems.error(place, path, `${limit}: does a value refer to itself?`)
    this.#expansions = EXPANSIONS_MAX + 1
  }
}

function mustExpand({ text, authored }: Found): boolean {
  return text.includes(authored ? '$' : '${')
}

/** Text that is no YAML scalar, such as a password that starts with "@", is taken as it is. */
function scalarOf(text: string, tree: ScalarNode | undefined, place: Place): ScalarNode {
  const isText = tree === undefined ? text !== '' : typeof tree.value === 'string'
  return { kind: 'scalar', value: isText ? text : (tree?.value ?? null), raw: text, place }
}

/** YAML or undefined; text that is no YAML is no mistake in an expansion. */
function parseQuietly(source: SourceText): ConfigNode | undefined {
  const problems = new Problems()
  const tree = parseYaml(source, problems)
  return problems.hasErrors ? undefined : tree
}

function replaced(node: ConfigNode, place: Place): ConfigNode {
  if (node.kind === 'scalar') return { ...node, place }
  if (node.kind === 'list') {
    return { ...node, items: node.items.map(item => replaced(item, place)), place }
  }
  const entries = [...node.entries].map(
    ([key, entry]) => [key, { key: place, node: replaced(entry.node, place) }] as const,
  )
  return { ...node, entries: new Map(entries), place }
}
