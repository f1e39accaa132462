import { readdirSync } from 'node:fs'
import test from 'ava'
import { plugins } from '../../plugins/index.ts'
import { loadConfig } from '../../src/config/load.ts'
import { renderProblems } from '../../src/config/render-problem.ts'

const samples = readdirSync('plugins', { recursive: true, encoding: 'utf8' })
  .filter(name => name.endsWith('sample.yaml'))
  .map(name => `plugins/${name}`)
const configs = readdirSync('config').map(name => `config/${name}`)

test('every plugin has a sample', t => {
  t.deepEqual(
    samples.sort(),
    plugins.map(({ kind, type }) => `plugins/${kind}s/${type}/sample.yaml`).sort(),
  )
})

/** A sample is one section only; what it lacks to be a whole config is no mistake of its. */
for (const sample of samples) {
  test(`${sample} is valid as it stands`, async t => {
    const { problems, effective } = await loadConfig({ sources: [sample], plugins, env: {} })
    const own = problems.filter(({ path }) => !path.startsWith('service'))
    t.is(renderProblems(own), '')
    t.is(effective.entries.size, 1)
  })
}

for (const config of configs) {
  test(`${config} is valid without any environment`, async t => {
    const loaded = await loadConfig({ sources: [config], plugins, env: {} })
    t.is(renderProblems(loaded.problems), '')
    t.truthy(loaded.config)
  })
}
