/** What the process exits with; part of the interface that scripts and supervisors rely on. */
export const EXIT = {
  /** Done, or stopped as asked. */
  ok: 0,
  /** Something failed while running: an address in use, a destination that cannot be asked. */
  failure: 1,
  /** The command line itself is wrong. */
  usage: 2,
  /** The config has errors; EX_CONFIG of sysexits.h. Restarting does not help. */
  config: 78,
} as const

/** Ends a command with an exit code when everything there is to say has been said. */
export class CommandExit extends Error {
  override readonly name = 'CommandExit'
  readonly exitCode: number

  constructor(exitCode: number) {
    super(`exit ${exitCode}`)
    this.exitCode = exitCode
  }
}

/** A mistake on the command line that only a command itself can see. Exits with 2. */
export class UsageError extends Error {
  override readonly name = 'UsageError'
}
