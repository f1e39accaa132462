import type { Command } from 'commander'
import type { Plugin } from '../plugin/define-plugin.ts'

/** What a command may use of the world; tests give their own. */
export interface CliContext {
  readonly plugins: readonly Plugin[]
  readonly env: NodeJS.ProcessEnv
  readonly stdin: NodeJS.ReadableStream
  /** Results only, so that they can be piped. */
  readonly stdout: NodeJS.WritableStream
  /** Errors, warnings, progress. */
  readonly stderr: NodeJS.WritableStream
}

/**
 * Makes one command. Its action resolves for exit code 0 and throws for others: ConfigError,
 * UsageError, CommandExit, or any error for 1.
 */
export type CommandFactory = (context: CliContext) => Command
