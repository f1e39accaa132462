import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import test from 'ava'
import { parse } from 'yaml'
import { Metrics } from '../src/telemetry/metrics.ts'

/*
 * docker-compose.yml and deploy/: what compose itself does not know. Whether compose takes the file is
 * asked by `npm run check:compose`, in CI always.
 */

interface Compose {
  readonly services: Readonly<
    Record<
      string,
      {
        readonly command?: string | string[]
        readonly image?: string
        readonly volumes?: string[]
        readonly depends_on?: string[] | Record<string, object>
      }
    >
  >
  readonly volumes: Readonly<Record<string, unknown>>
}

const compose = parse(readFileSync('docker-compose.yml', 'utf8'), { merge: true }) as Compose

test('the compose file runs every part of a cluster', t => {
  const names = Object.keys(compose.services)
  for (const name of ['collector', 'consumer-1', 'consumer-2', 'kafka', 'clickhouse', 'grafana']) {
    t.true(names.includes(name), name)
  }
  for (const [name, { image, depends_on: needs = [], volumes = [] }] of Object.entries(
    compose.services,
  )) {
    t.truthy(image, name)
    const needed = Array.isArray(needs) ? needs : Object.keys(needs)
    t.deepEqual(
      needed.filter(other => !names.includes(other)),
      [],
      name,
    )
    for (const [source = ''] of volumes.map(volume => volume.split(':'))) {
      t.true(source.startsWith('./') ? existsSync(source) : source in compose.volumes, source)
    }
  }
})

test('its Parsecs run configs that exist, in roles that these have', t => {
  const parsecs = Object.values(compose.services).filter(({ image }) => image === 'parsec')
  t.is(parsecs.length, 3)
  for (const { command } of parsecs) {
    const [, , file = '', , role = ''] = command as string[]
    const { service } = parse(readFileSync(file, 'utf8')) as { service: { roles: object } }
    t.true(role in service.roles)
  }
})

test('the dashboard asks for metrics that there are', async t => {
  const folder = 'deploy/grafana/dashboards'
  const names = new Set((await new Metrics().registry.getMetricsAsJSON()).map(({ name }) => name))
  for (const file of readdirSync(folder)) {
    const text = readFileSync(join(folder, file), 'utf8')
    const { panels } = JSON.parse(text) as { panels: { targets: { expr: string }[] }[] }
    const asked = panels.flatMap(({ targets }) =>
      targets.flatMap(({ expr }) => expr.match(/(?:otelcol|parsec)_\w+/g) ?? []),
    )
    t.true(asked.length > 5)
    t.deepEqual(
      asked.filter(name => !names.has(name)),
      [],
    )
  }
})
