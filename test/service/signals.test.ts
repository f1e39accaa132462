import { type ChildProcess, spawn } from 'node:child_process'
import { EventEmitter, once } from 'node:events'
import { fileURLToPath } from 'node:url'
import test, { type ExecutionContext } from 'ava'
import { handleSignals } from '../../src/service/signals.ts'
import { createTestContext } from '../../src/testing/test-context.ts'

function subject() {
  const source = new EventEmitter()
  const calls: string[] = []
  const clock = { nowMs: 0 }
  const { logger, lines } = createTestContext('extension', 'x')
  const release = handleSignals({
    source,
    logger,
    shutdownTimeoutMs: 30_000,
    stop: () => calls.push('stop'),
    abandon: () => calls.push('abandon'),
    reload: () => calls.push('reload'),
    now: () => clock.nowMs,
  })
  return { source, calls, clock, lines, release }
}

test('the first signal stops, the second ends at once, whichever they are', t => {
  const { source, calls, clock, lines } = subject()
  source.emit('SIGINT', 'SIGINT')
  t.deepEqual(calls, ['stop'])
  t.regex(String(lines[0]!['msg']), /SIGINT: .* at most 30s; send it again/)
  clock.nowMs = 1000
  source.emit('SIGTERM', 'SIGTERM')
  t.deepEqual(calls, ['stop', 'abandon'])
})

test('one press of Ctrl-C that arrives twice is one', t => {
  const { source, calls, clock } = subject()
  source.emit('SIGINT', 'SIGINT')
  clock.nowMs = 50
  source.emit('SIGINT', 'SIGINT')
  t.deepEqual(calls, ['stop'])
  clock.nowMs = 1000
  source.emit('SIGINT', 'SIGINT')
  t.deepEqual(calls, ['stop', 'abandon'])
})

test('SIGHUP reads the config again, however often', t => {
  const { source, calls } = subject()
  source.emit('SIGHUP', 'SIGHUP')
  source.emit('SIGHUP', 'SIGHUP')
  t.deepEqual(calls, ['reload', 'reload'])
})

test('released, no listener is left', t => {
  const { source, release } = subject()
  release()
  t.deepEqual(source.eventNames(), [])
})

const script = fileURLToPath(new URL('../helpers/service-child.js', import.meta.url))

async function start(t: ExecutionContext, mode: 'drain' | 'hang') {
  const child = spawn(process.execPath, [script, mode], { stdio: ['ignore', 'pipe', 'pipe'] })
  t.teardown(() => child.kill('SIGKILL'))
  let output = ''
  let log = ''
  child.stdout.on('data', (chunk: Buffer) => {
    output += chunk.toString()
  })
  child.stderr.on('data', (chunk: Buffer) => {
    log += chunk.toString()
  })
  const exited = once(child, 'close') as Promise<[number | null, NodeJS.Signals | null]>
  const logged = (text: string) => until(child, () => log.includes(text), `no line "${text}"`)
  await until(child, () => output.includes('ready'), 'never ready')
  return { child, exited, logged, output: () => output }
}

async function until(child: ChildProcess, isTrue: () => boolean, message: string): Promise<void> {
  while (!isTrue()) {
    if (child.exitCode !== null || child.signalCode !== null) throw new Error(message)
    await new Promise(resolve => setTimeout(resolve, 10))
  }
}

test('a process that gets SIGTERM finishes what it has, then exits with 0', async t => {
  const { child, exited, output } = await start(t, 'drain')
  child.kill('SIGTERM')
  t.deepEqual(await exited, [0, null])
  t.regex(output(), /drained/)
})

test('a process that gets a second SIGTERM exits with 1 at once', async t => {
  const { child, exited, logged, output } = await start(t, 'hang')
  child.kill('SIGTERM')
  await logged('SIGTERM: finishing')
  child.kill('SIGTERM')
  t.deepEqual(await exited, [1, null])
  t.notRegex(output(), /drained/)
})

test('a process whose config cannot be read at a SIGHUP goes on', async t => {
  const { child, exited, logged } = await start(t, 'drain')
  child.kill('SIGHUP')
  await logged('no config to read')
  child.kill('SIGINT')
  t.deepEqual(await exited, [0, null])
})
