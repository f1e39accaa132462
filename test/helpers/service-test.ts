import test, { type ExecutionContext } from 'ava'

/**
 * A test that needs a program which the machine may not have; `missing` says which, and what to do.
 * Then it is skipped, loudly, on a developer's machine and fails in CI.
 */
export function serviceTest(
  missing: string | undefined,
  title: string,
  run: (t: ExecutionContext) => Promise<void> | void,
): void {
  if (missing === undefined) test(title, run)
  else if (process.env['CI'] !== undefined) test(title, t => t.fail(missing))
  else {
    console.error(`SKIPPED: ${title}: ${missing}`)
    test.skip(title, run)
  }
}
