import test from 'ava'
import { z } from 'zod'
import { loadConfig } from '../../src/config/load.ts'
import { headline } from '../../src/config/problem.ts'
import { definePlugin } from '../../src/plugin/define-plugin.ts'
import { fakePlugins } from '../helpers/fake-plugins.ts'

const alone = definePlugin({
  kind: 'exporter',
  type: 'alone',
  stability: 'beta',
  summary: 'Cannot share.',
  config: z.strictObject({
    shares: z.boolean().default(false).meta({ description: 'Can it?' }),
  }),
  oneProcess: ({ shares }) => (shares ? undefined : 'holds a file of its own'),
  create: () => {
    throw new Error('not for running')
  },
})

async function load(workers: number, exporters: string, pipeline = '') {
  const text = `{receivers: {otlp: }, exporters: {${exporters}, debug: }, service: {workers: ${workers}, pipelines: {logs: {receivers: [otlp], exporters: [debug] ${pipeline}}}}}`
  const { config, problems } = await loadConfig({
    sources: [`yaml:${text}`],
    plugins: [...fakePlugins, alone],
  })
  const said = problems.map(headline).filter(line => line.includes('service::workers'))
  return { workers: config?.workers, said }
}

const WHY = 'exporter alone holds a file of its own'

test('what cannot be shared makes it one process, and the config says so', async t => {
  const { workers, said } = await load(4, 'alone: ', ', dead_letter: alone')
  t.deepEqual(workers, { count: 1, oneProcess: WHY })
  t.is(said.length, 1)
  t.regex(said[0]!, /warning: service::workers: 1 worker runs instead of 4: exporter alone holds/)
})

test('what is not used, or can be shared, does not matter', async t => {
  t.deepEqual(await load(4, 'alone: '), { workers: { count: 4 }, said: [] })
  const shared = await load(4, 'alone: {shares: true}', ', dead_letter: alone')
  t.deepEqual(shared, { workers: { count: 4 }, said: [] })
})

test('one process is nothing to speak of', async t => {
  t.deepEqual(await load(1, 'alone: ', ', dead_letter: alone'), { workers: { count: 1 }, said: [] })
})
