import { PassThrough, Readable, Writable } from 'node:stream'
import { runCli } from '../../src/cli/program.ts'
import type { Plugin } from '../../src/plugin/define-plugin.ts'
import { fakePlugins } from './fake-plugins.ts'

export interface CliRun {
  readonly exitCode: number
  readonly stdout: string
  readonly stderr: string
}

/** Runs one command line within this process, with the fake plugins unless others are given. */
export async function runFakeCli(
  args: readonly string[],
  env = {},
  plugins: readonly Plugin[] = fakePlugins,
): Promise<CliRun> {
  const out: string[] = []
  const err: string[] = []
  const exitCode = await runCli(args, {
    plugins,
    env,
    stdin: Readable.from([]).pipe(new PassThrough()),
    stdout: collector(out),
    stderr: collector(err),
  })
  return { exitCode, stdout: out.join(''), stderr: err.join('') }
}

function collector(chunks: string[]): Writable {
  return new Writable({
    write(chunk: Buffer, _encoding, done): void {
      chunks.push(chunk.toString())
      done()
    },
  })
}
