import test from 'ava'
import { z } from 'zod'
import { queryStore, StoreChoiceError, storeDdl } from '../../src/cli/stores.ts'
import type { ServiceConfig } from '../../src/config/service-config.ts'
import { definePlugin, type ExporterPlugin } from '../../src/plugin/define-plugin.ts'

const base = {
  kind: 'exporter',
  stability: 'beta',
  summary: 'A store.',
  config: z.strictObject({ table: z.string() }),
  create: () => ({ consume: async () => {} }),
} as const
const store = definePlugin({
  ...base,
  type: 'store',
  ddl: ({ table }) => `CREATE TABLE ${table};\n`,
  query: async ({ table }, { sql }) => Buffer.from(`${table}: ${sql}`),
})
const blind = definePlugin({ ...base, type: 'blind' })

function configWith(...ids: readonly string[]): ServiceConfig {
  const exporters = ids.map(id => {
    const plugin = (id.startsWith('store') ? store : blind) as ExporterPlugin
    return [id, { id, plugin, config: { table: `t_${id.replace('/', '_')}` } }] as const
  })
  return { exporters: new Map(exporters) } as unknown as ServiceConfig
}

const query = { sql: 'SELECT 1', timeoutMs: 1000, resultBytesMax: 1000 }
const ask = async (config: ServiceConfig, id?: string): Promise<string> =>
  Buffer.from(await queryStore(config, id, query, AbortSignal.timeout(1000))).toString()

test('the only store is asked without being named', async t => {
  t.is(await ask(configWith('blind', 'store')), 't_store: SELECT 1')
})

test('one of several stores is asked by its id', async t => {
  t.is(await ask(configWith('store', 'store/b'), 'store/b'), 't_store_b: SELECT 1')
})

const refused = test.macro<[ids: readonly string[], id: string | undefined, message: RegExp]>(
  async (t, ids, id, message) => {
    await t.throwsAsync(ask(configWith(...ids), id), { instanceOf: StoreChoiceError, message })
  },
)

test(
  'several stores: one must be named',
  refused,
  ['store', 'store/b'],
  undefined,
  /store, store\/b/,
)
test('no store at all', refused, ['blind'], undefined, /no exporter of the config can be queried/)
test('an id that is not there', refused, ['store'], 'store/x', /store\/x is not in the config/)
test(
  'an exporter that stores nothing',
  refused,
  ['store', 'blind'],
  'blind',
  /blind cannot be queried/,
)

test('statements are printed for every store, or for the one named', t => {
  const config = configWith('store', 'blind', 'store/b')
  const of = (id: string, table: string): string => `-- exporter ${id}\nCREATE TABLE ${table};\n`
  t.is(storeDdl(config, undefined), `${of('store', 't_store')}\n${of('store/b', 't_store_b')}`)
  t.is(storeDdl(config, 'store/b'), of('store/b', 't_store_b'))
  t.throws(() => storeDdl(configWith('blind'), undefined), { instanceOf: StoreChoiceError })
})
