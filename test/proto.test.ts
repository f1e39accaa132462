import { execFile } from 'node:child_process'
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { promisify } from 'node:util'
import test, { type ExecutionContext } from 'ava'

const run = promisify(execFile)
const bin = join('node_modules', '.bin')
const env = { ...process.env, PATH: `${bin}${delimiter}${process.env['PATH']}` }

/**
 * Runs buf. Where its binary cannot run (a platform that it is not built for) the test says so and
 * goes on; in CI that is a failure.
 */
async function buf(t: ExecutionContext, ...args: string[]): Promise<boolean> {
  try {
    await run(join(bin, 'buf'), ['--version'], { env, timeout: 30_000 })
  } catch (error) {
    if (process.env['CI'] !== undefined) throw error
    t.log(`NOT CHECKED: buf does not run here: ${String(error)}`)
    t.pass()
    return false
  }
  try {
    await run(join(bin, 'buf'), args, { env, timeout: 180_000 })
    return true
  } catch (error) {
    const { stdout, stderr } = error as { stdout?: string; stderr?: string }
    t.fail(`buf ${args.join(' ')}: ${stdout ?? ''}${stderr ?? ''}`)
    return false
  }
}

async function filesUnder(folder: string): Promise<Record<string, string>> {
  const names = await readdir(folder, { recursive: true, encoding: 'utf8' })
  const files = names.filter(name => name.endsWith('.ts')).sort()
  const texts = files.map(name => readFile(join(folder, name), 'utf8'))
  return Object.fromEntries((await Promise.all(texts)).map((text, i) => [files[i]!, text]))
}

test('the .proto files pass buf lint', async t => {
  if (await buf(t, 'lint')) t.pass()
})

test('src/gen is what `npm run generate` makes of the .proto files', async t => {
  const folder = await mkdtemp(join(tmpdir(), 'parsec-gen-'))
  t.teardown(() => rm(folder, { recursive: true, force: true }))
  if (!(await buf(t, 'generate', '--output', folder))) return
  const expected = await filesUnder(join(folder, 'src', 'gen'))
  t.true(Object.keys(expected).length >= 10)
  t.deepEqual(await filesUnder(join('src', 'gen')), expected)
})
