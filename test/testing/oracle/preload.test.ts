import { spawn } from 'node:child_process'
import { once } from 'node:events'
import test, { type ExecutionContext } from 'ava'

const PRELOAD = new URL('../../../src/testing/oracle/preload.js', import.meta.url).href
const YEAR_MS = 365 * 24 * 3_600_000

/** A program with the preload that prints its idea of the time whenever it is asked to. */
function start(t: ExecutionContext, offsetMs: number) {
  // The preload's channel keeps no process alive; a server would.
  const program = `
    setInterval(() => undefined, 60_000)
    process.on('message', () => setImmediate(() => process.send({
      now: Date.now(), date: new Date().getTime(), fixed: new Date(2000, 0).getFullYear(),
      parsed: Date.parse('2001-01-01T00:00:00Z'), isDate: new Date() instanceof Date,
    })))`
  const child = spawn(process.execPath, ['--import', PRELOAD, '-e', program], {
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    env: { ...process.env, ORACLE_CLOCK_OFFSET_MS: String(offsetMs) },
  })
  t.teardown(() => child.kill('SIGKILL'))
  const ask = async (order: object): Promise<Record<string, number>> => {
    const answer = once(child, 'message')
    child.send(order)
    return ((await answer) as [Record<string, number>])[0]
  }
  return { child, ask }
}

/** The processes start seconds apart at most; a jump is a year. */
const isAbout = (value: number | undefined, wanted: number): boolean =>
  Math.abs((value ?? 0) - wanted) < YEAR_MS / 2

test('the clock of the process begins where it is told to, and jumps', async t => {
  const { ask } = start(t, YEAR_MS)
  const first = await ask({})
  t.true(isAbout(first['now'], Date.now() + YEAR_MS))
  t.true(isAbout(first['date'], Date.now() + YEAR_MS))
  const second = await ask({ clockOffsetMs: -2 * YEAR_MS })
  t.true(isAbout(second['now'], Date.now() - 2 * YEAR_MS))
  t.like(second, { fixed: 2000, parsed: 978_307_200_000, isDate: true })
})

test('the process ends with the oracle', async t => {
  const { child, ask } = start(t, 0)
  await ask({})
  const exited = once(child, 'exit')
  child.disconnect()
  t.deepEqual(await exited, [null, 'SIGKILL'])
})
