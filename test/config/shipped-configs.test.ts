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

/** What README.md promises of environment variables. */
const ENV = {
  LOG_LEVEL: 'debug',
  WORKER_COUNT: '3',
  PORT: '9999',
  KAFKA_BROKERS: 'kafka-1:9092,kafka-2:9092',
  KAFKA_TOPIC: 'other_logs',
  KAFKA_GROUP_INSTANCE_ID: 'consumer-7',
  BATCH_SIZE: '77',
  BATCH_TIMEOUT: '77ms',
  QUEUE_SIZE: '77MiB',
}

interface Sending {
  readonly sending_queue: {
    readonly enabled: boolean
    readonly queue_size: number
    readonly batch: { readonly flush_timeout: number; readonly min_size: number }
  }
}

for (const name of configs) {
  test(`${name} takes the variables of the README`, async t => {
    const { config } = await loadConfig({ sources: [name], plugins, env: ENV })
    t.is(config?.telemetry.logs.level, 'debug')
    t.is(config?.workers.count, name.includes('standalone') ? 1 : 3)
    t.like(config?.receivers.get('ingest')?.config, { endpoint: 'localhost:9999' })
    const queues = [...(config?.exporters.values() ?? [])]
      .map(({ config }) => (config as Sending).sending_queue)
      .filter(({ enabled }) => enabled)
    t.is(queues.length, 1)
    t.like(queues[0], {
      queue_size: 77 * 1024 ** 2,
      batch: { flush_timeout: 77, min_size: 77 },
    })
    const kafka = config?.exporters.get('kafka')?.config
    if (kafka === undefined) return
    t.like(kafka, { brokers: ['kafka-1:9092', 'kafka-2:9092'], logs: { topic: 'other_logs' } })
    t.like(config?.receivers.get('kafka')?.config, {
      brokers: ['kafka-1:9092', 'kafka-2:9092'],
      logs: { topics: ['other_logs'] },
      group_instance_id: 'consumer-7',
    })
  })
}
