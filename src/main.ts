import { plugins } from '../plugins/index.ts'
import { runCli } from './cli/program.ts'

/*
 * The composition root: the only file that sees src/ and plugins/.
 */

// `parsec components | head` closes our stdout; that is no failure.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error
})

const { env, stdin, stdout, stderr } = process
process.exitCode = await runCli(process.argv.slice(2), { plugins, env, stdin, stdout, stderr })
