// `npm test` runs ava through this. A file in which something failed is run once more, by itself: what
// fails again is broken; what passes then leans on time or on a busy machine, and the last lines name
// it, so that it gets mended and does not hide. Nothing is forgiven when many files fail.
import { spawn } from 'node:child_process'
import { readdirSync } from 'node:fs'
import { dirname, join, sep } from 'node:path'
import { fileURLToPath } from 'node:url'

const AGAIN_MAX = 4
const root = join(dirname(fileURLToPath(import.meta.url)), '..')
const cli = join(root, 'node_modules', 'ava', 'entrypoints', 'cli.mjs')
const testFiles = readdirSync(join(root, 'test'), { recursive: true })
  .map(name => `test/${name.replaceAll(sep, '/')}`)
  .filter(name => name.endsWith('.test.ts'))

const first = await runAva(process.argv.slice(2))
process.exitCode = first.status === 0 ? 0 : await judge(first)

async function judge({ status, output }) {
  const files = failedFiles(output)
  if (files.length === 0 || files.length > AGAIN_MAX) {
    say('FAILED', files)
    return status
  }
  say('ONCE MORE, by themselves', files)
  const second = await runAva(['--concurrency=1', ...files])
  if (second.status !== 0) {
    say('FAILED TWICE, of these', files)
    return second.status
  }
  say('FLAKY: failed among all the others, passed by themselves. Mend them', files)
  return 0
}

/** Runs ava and shows what it prints. Resolves with that and its exit status. */
async function runAva(args) {
  const ava = spawn(process.execPath, [cli, ...args], {
    cwd: root,
    stdio: ['inherit', 'pipe', 'pipe'],
  })
  const chunks = []
  for (const [from, to] of [
    [ava.stdout, process.stdout],
    [ava.stderr, process.stderr],
  ]) {
    from.on('data', chunk => {
      chunks.push(chunk)
      to.write(chunk)
    })
  }
  const status = await new Promise(resolve => ava.once('close', code => resolve(code ?? 1)))
  return { status, output: Buffer.concat(chunks).toString() }
}

/** The test files that ava's report names: by the title of a test, or by their path. */
function failedFiles(output) {
  const files = new Set()
  for (const line of output.split('\n')) {
    const failed = /✘ \[fail\]: (.+)/.exec(line)
    if (failed !== null) for (const file of filesOfTitle(failed[1])) files.add(file)
    const troubled = /(?:✘|exception in|rejection in|pending in) +(\S+\.test\.[jt]s)/.exec(line)
    if (troubled !== null) for (const file of filesOfPath(troubled[1])) files.add(file)
  }
  return [...files]
}

/** `service › signals › a process ...` is of test/service/signals.test.ts. */
function filesOfTitle(title) {
  const parts = title.split(' › ')
  for (let count = parts.length - 1; count > 0; count--) {
    // What all files have in common is not part of a title.
    const end = `/${parts.slice(0, count).join('/')}.test.ts`
    const files = testFiles.filter(file => file.endsWith(end))
    if (files.length > 0) return files
  }
  return []
}

function filesOfPath(path) {
  const source = path.replace(/^dist\//, '').replace(/\.js$/, '.ts')
  return testFiles.filter(file => file === source)
}

function say(what, files) {
  console.error(`\n--- ${what}:\n${files.map(file => `    ${file}`).join('\n')}\n`)
}
