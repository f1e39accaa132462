import { availableParallelism } from 'node:os'
import test from 'ava'
import { loadConfig } from '../../src/config/load.ts'
import { headline } from '../../src/config/problem.ts'
import { workersSchema } from '../../src/config/workers-section.ts'
import { fakePlugins } from '../helpers/fake-plugins.ts'

test('it is one process unless told', t => {
  t.deepEqual(workersSchema.parse({}), { workers: 1 })
  t.deepEqual(workersSchema.parse({ workers: 4 }), { workers: 4 })
  t.deepEqual(workersSchema.parse({ workers: 'auto' }), { workers: availableParallelism() })
})

const load = async (workers: string, env: NodeJS.ProcessEnv = {}) => {
  const text = `{receivers: {otlp: }, exporters: {debug: }, service: {workers: ${workers}, pipelines: {logs: {receivers: [otlp], exporters: [debug]}}}}`
  return await loadConfig({ sources: [`yaml:${text}`], plugins: fakePlugins, env })
}

const counts = test.macro(async (t, text: string, env: NodeJS.ProcessEnv, count: number) => {
  const { config, problems } = await load(text, env)
  t.deepEqual(problems.map(headline), [])
  t.deepEqual(config?.workers, { count })
})
test('a number', counts, '3', {}, 3)
test('an environment variable', counts, '"${env:WORKERS:-1}"', { WORKERS: '2' }, 2)
test('its default', counts, '"${env:WORKERS:-1}"', {}, 1)
test('auto in it', counts, '"${env:WORKERS:-1}"', { WORKERS: 'auto' }, availableParallelism())

const refuses = test.macro(async (t, text: string, message: RegExp) => {
  t.regex((await load(text)).problems.map(headline).join('\n'), message)
})
test('none is too few', refuses, '0', /service::workers/)
test('a thousand are a slip of the pen', refuses, '1000', /service::workers/)
test('a word', refuses, 'many', /service::workers.*a number or auto/)
test('half a process', refuses, '1.5', /service::workers/)
