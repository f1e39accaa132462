import test from 'ava'
import { configForWorker, configOfPrimary } from '../../src/config/worker-config.ts'
import type { ExporterPlugin, ExtensionPlugin } from '../../src/plugin/define-plugin.ts'
import { emptyConfig } from '../helpers/fake-service.ts'

const exporter = {
  kind: 'exporter',
  type: 'file',
  forWorker: (config: object, { index }: { index: number }) => ({ ...config, index }),
} as unknown as ExporterPlugin
const plain = { kind: 'exporter', type: 'nop' } as unknown as ExporterPlugin
const extension = (wholeService: boolean): ExtensionPlugin =>
  ({ kind: 'extension', type: 'a', wholeService }) as unknown as ExtensionPlugin

const config = emptyConfig({
  exporters: new Map([
    ['file', { id: 'file', plugin: exporter, config: { path: 'a' } }],
    ['nop', { id: 'nop', plugin: plain, config: {} }],
  ]),
  extensions: new Map([
    ['health', { id: 'health', plugin: extension(true), config: {} }],
    ['auth', { id: 'auth', plugin: extension(false), config: {} }],
  ]),
  serviceExtensions: ['health', 'auth'],
})

test('a worker has what must be its own, and not what speaks for all', t => {
  const worker = { index: 1, count: 2 }
  const own = configForWorker(config, worker)
  t.deepEqual(own.worker, worker)
  t.deepEqual(own.exporters.get('file')?.config, { path: 'a', index: 1 })
  t.is(own.exporters.get('nop'), config.exporters.get('nop'))
  t.deepEqual(own.serviceExtensions, ['auth'])
})

test('the process above has only that', t => {
  t.deepEqual(configOfPrimary(config).serviceExtensions, ['health'])
})
