import { EventEmitter, once } from 'node:events'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { PassThrough } from 'node:stream'
import test from 'ava'
import type { LoadedConfig } from '../../src/config/load.ts'
import { type RunServiceOptions, runService } from '../../src/service/run-service.ts'
import { emptyConfig, fakePipelines, noChanges } from '../helpers/fake-service.ts'
import { tempFolder } from '../helpers/temp-folder.ts'
import { until } from '../helpers/until.ts'

function subject(change: Partial<RunServiceOptions> = {}) {
  const source = new EventEmitter()
  const stdout = new PassThrough()
  const exits: number[] = []
  let log = ''
  const done = runService({
    config: emptyConfig(),
    load: () => Promise.reject(new Error('not asked for')),
    createPipelines: fakePipelines({
      endpoints: () => [{ label: 'receiver otlp', endpoints: ['http://localhost:4318/v1/logs'] }],
    }),
    shutdownTimeoutMs: 10_000,
    queryCommand: 'npx parsec query "SELECT 1"',
    source,
    exit: code => exits.push(code),
    stdout,
    logDestination: { write: text => void (log += text) },
    ...change,
  })
  return { source, stdout, exits, done, log: () => log }
}

function withLogs(encoding: 'console' | 'json') {
  const config = emptyConfig()
  return {
    ...config,
    telemetry: { ...config.telemetry, logs: { level: 'info', encoding } as const },
  }
}

test('on a console the banner is on stdout, and SIGTERM ends it well', async t => {
  const { source, stdout, done, exits } = subject({ config: withLogs('console') })
  const [chunk] = (await once(stdout, 'data')) as [Buffer]
  t.regex(chunk.toString(), /is ready\.\n.*receiver otlp +http:\/\/localhost:4318\/v1\/logs\n/s)
  t.regex(chunk.toString(), /curl -i .*\nSee it:\n {2}npx parsec query "SELECT 1"\n/s)
  source.emit('SIGTERM', 'SIGTERM')
  t.true(await done)
  t.deepEqual(exits, [])
  t.deepEqual(source.eventNames(), [])
})

test('what a person has to mend is told with the banner, and the service runs', async t => {
  const fake = fakePipelines()
  const { source, stdout, done } = subject({
    config: withLogs('console'),
    createPipelines: (config, options) => {
      options.statusBoard.add('exporter', 'store')('permanent_error', 'the table lacks Body')
      return fake(config, options)
    },
  })
  const [chunk] = (await once(stdout, 'data')) as [Buffer]
  t.regex(chunk.toString(), /records have to wait for:\n {2}exporter store: the table lacks Body\n/)
  source.emit('SIGTERM', 'SIGTERM')
  t.true(await done)
})

test('with JSON logs the same are log lines, and stdout stays empty', async t => {
  const { source, stdout, done, log } = subject({ config: withLogs('json') })
  await until(() => log().includes('See it'))
  source.emit('SIGTERM', 'SIGTERM')
  t.true(await done)
  t.is(stdout.read(), null)
  for (const line of log().trim().split('\n')) {
    t.like(JSON.parse(line), { level: 'info', resource: { 'service.name': 'parsec' } })
  }
})

test('a second signal exits with 1 while the first still drains', async t => {
  const { source, done, exits, stdout } = subject({
    config: withLogs('console'),
    shutdownTimeoutMs: 50,
    createPipelines: fakePipelines({
      stop: deadline => new Promise(resolve => deadline.addEventListener('abort', () => resolve())),
    }),
  })
  await once(stdout, 'data')
  source.emit('SIGTERM', 'SIGTERM')
  t.deepEqual(exits, [])
  source.emit('SIGTERM', 'SIGTERM')
  t.deepEqual(exits, [1])
  t.false(await done)
})

test('a start that fails rejects with the reason and leaves no listener', async t => {
  const { source, done } = subject({
    createPipelines: fakePipelines({ start: () => Promise.reject(new Error('port taken')) }),
  })
  await t.throwsAsync(done, { message: 'port taken' })
  t.deepEqual(source.eventNames(), [])
})

test('a plugin fault is logged and survived, a broken process drains and fails', async t => {
  let stopped = false
  const { source, stdout, done, log } = subject({
    config: withLogs('console'),
    createPipelines: fakePipelines({
      stop: async () => {
        stopped = true
      },
    }),
  })
  await once(stdout, 'data')
  source.emit('uncaughtException', new TypeError('in a plugin'))
  t.regex(log(), /TypeError: in a plugin/)
  t.false(stopped)
  source.emit('uncaughtException', new RangeError('Array buffer allocation failed'))
  t.false(await done)
  t.true(stopped)
})

test('a signal during the start ends it', async t => {
  const starts: (() => void)[] = []
  const { source, done, stdout } = subject({
    createPipelines: fakePipelines({
      start: () => new Promise(resolve => starts.push(resolve)),
    }),
  })
  await until(() => starts.length === 1)
  source.emit('SIGTERM', 'SIGTERM')
  starts[0]?.()
  t.true(await done)
  t.is(stdout.read(), null)
})

test('SIGHUP goes over to the config as it is read then', async t => {
  const reloaded: unknown[] = []
  const next = emptyConfig({ roles: new Map([['edge', []]]) })
  const effective = {} as LoadedConfig['effective']
  const { source, done, log } = subject({
    load: async () => ({ config: next, problems: [], files: [], effective }),
    createPipelines: fakePipelines({
      prepare: async given => {
        reloaded.push(given)
        return { changes: noChanges, apply: async () => ({ drained: Promise.resolve() }) }
      },
    }),
  })
  await until(() => log().includes('is ready'))
  source.emit('SIGHUP', 'SIGHUP')
  await until(() => log().includes('config reloaded'))
  t.deepEqual(reloaded, [next])
  source.emit('SIGTERM', 'SIGTERM')
  t.true(await done)
})

test('a SIGHUP while it stops changes nothing and does not hold it up', async t => {
  const stops: (() => void)[] = []
  const effective = {} as LoadedConfig['effective']
  const { source, done, log } = subject({
    load: async () => ({ config: emptyConfig(), problems: [], files: [], effective }),
    createPipelines: fakePipelines({ stop: () => new Promise(resolve => stops.push(resolve)) }),
  })
  await until(() => log().includes('is ready'))
  source.emit('SIGTERM', 'SIGTERM')
  await until(() => stops.length === 1)
  source.emit('SIGHUP', 'SIGHUP')
  await until(() => log().includes('the service is stopping'))
  stops[0]?.()
  t.true(await done)
})

test('with watch a changed file is read again, also one that an earlier reading added', async t => {
  const path = join(await tempFolder(t), 'included')
  await writeFile(path, 'a')
  let loads = 0
  const effective = {} as LoadedConfig['effective']
  const { source, done, log } = subject({
    watch: [],
    load: async () => {
      loads++
      return { config: emptyConfig(), problems: [], files: [path], effective }
    },
  })
  await until(() => log().includes('is ready'))
  source.emit('SIGHUP', 'SIGHUP')
  while (!log().includes('a config file has changed')) {
    await new Promise(resolve => setTimeout(resolve, 10))
  }
  while (loads < 2) await new Promise(setImmediate)
  source.emit('SIGTERM', 'SIGTERM')
  t.true(await done)
})
