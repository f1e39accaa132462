import test from 'ava'
import { CommandExit, EXIT, UsageError } from '../../src/cli/exit-codes.ts'

test('exit codes are part of the interface and do not change', t => {
  t.deepEqual({ ...EXIT }, { ok: 0, failure: 1, usage: 2, config: 78 })
})

test('a command can end with any of them', t => {
  t.is(new CommandExit(EXIT.config).exitCode, 78)
  t.true(new UsageError('x') instanceof Error)
})
