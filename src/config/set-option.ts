import { nested } from './merge.ts'
import { parseYaml } from './parse.ts'
import type { Problems } from './problem.ts'
import { SourceText } from './source-text.ts'
import type { ConfigNode, MapNode } from './tree.ts'

/**
 * One `--set a::b::c=value` (or `a.b.c=value`) as a config of its own. The value is YAML. Problems
 * name the key and never the value, which may be a secret.
 */
export function parseSetOption(option: string, problems: Problems): MapNode | undefined {
  const equals = option.indexOf('=')
  const key = (equals < 0 ? option : option.slice(0, equals)).trim()
  const source = new SourceText(`--set ${key}`, equals < 0 ? '' : option.slice(equals + 1), false)
  const path = key.split(key.includes('::') ? '::' : '.')
  if (equals < 0 || path.some(step => step === '')) {
    problems.error(source.top, [], 'write it as --set section::component::key=value')
    return undefined
  }
  const node: ConfigNode = parseYaml(source, problems) ?? {
    kind: 'scalar',
    value: null,
    place: source.top,
  }
  return nested(path, { key: source.top, node })
}
