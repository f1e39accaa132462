import { readdir, readFile, stat } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import type { Problems } from './problem.ts'
import { SourceText } from './source-text.ts'
import { nearest } from './suggest.ts'

const FILE_BYTES_MAX = 4 * 1024 * 1024
const READ_TIMEOUT_MS = 10_000

/**
 * Fetches the text of one `--config` value: a path, `file:path`, `env:NAME` or `yaml:text`.
 * Undefined, with a problem told, when there is none. `onFile` hears of a path before it is read.
 */
export async function readSource(
  uri: string,
  env: NodeJS.ProcessEnv,
  problems: Problems,
  onFile: (path: string) => void = () => undefined,
): Promise<SourceText | undefined> {
  const scheme = /^([A-Za-z][A-Za-z0-9+.-]+):/.exec(uri)?.[1]
  const rest = scheme === undefined ? uri : uri.slice(scheme.length + 1)
  const fail = (message: string, suggestion?: string): undefined => {
    problems.error(new SourceText(uri, '', false).top, [], message, suggestion)
    return undefined
  }
  if (scheme === 'yaml') return new SourceText('yaml:', rest.trimStart())
  if (scheme === 'env') {
    const text = env[rest]
    if (text !== undefined) return new SourceText(uri, text)
    return fail('the environment variable is not set', nearest(rest, Object.keys(env)))
  }
  if (scheme === 'http' || scheme === 'https') {
    return fail('a config over HTTP is not supported; download it and give its path')
  }
  const path = scheme === 'file' ? rest : uri
  onFile(path)
  const read = await readTextFile(path)
  if ('text' in read) return new SourceText(path, read.text)
  return fail(`cannot read the file: ${read.reason}`, await similarFile(path))
}

/** Reads a UTF-8 file of at most 4 MiB, within 10 s, or says why not. */
export async function readTextFile(path: string): Promise<{ text: string } | { reason: string }> {
  try {
    const { size } = await stat(path)
    if (size > FILE_BYTES_MAX) {
      return { reason: `it has ${size} bytes, the limit is ${FILE_BYTES_MAX}` }
    }
    const signal = AbortSignal.timeout(READ_TIMEOUT_MS)
    return { text: await readFile(path, { encoding: 'utf8', signal }) }
  } catch (error) {
    return { reason: reasonOf(error) }
  }
}

const REASONS: Readonly<Record<string, string>> = {
  ENOENT: 'no such file',
  EISDIR: 'it is a directory',
  EACCES: 'no permission',
  ENOTDIR: 'a part of the path is not a directory',
}

function reasonOf(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException
  return REASONS[code ?? ''] ?? message
}

/** A file beside the missing one whose name is near. */
async function similarFile(path: string): Promise<string | undefined> {
  try {
    const name = nearest(basename(path), await readdir(dirname(path)))
    return name === undefined ? undefined : join(dirname(path), name)
  } catch {
    return undefined
  }
}
