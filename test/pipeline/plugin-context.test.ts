import test from 'ava'
import { createPluginContext } from '../../src/pipeline/plugin-context.ts'
import { createTestContext } from '../../src/testing/index.ts'

test('every line names the component, and the pipeline of a processor', t => {
  const { logger, metrics, door, authenticators, lines } = createTestContext('extension', 'outer')
  const statuses: unknown[] = []
  const reportStatus = (...said: unknown[]): unknown => void statuses.push(said)
  const common = { logger, metrics, door, authenticators, reportStatus }
  const exporter = createPluginContext({ ...common, kind: 'exporter', id: 'debug/x' })
  const processor = createPluginContext({
    ...common,
    kind: 'processor',
    id: 'batch',
    pipeline: 'logs/a',
  })
  exporter.logger.info('one')
  processor.logger.info('two')
  exporter.reportStatus('ok', 'fine')
  t.like(lines[0], { component: 'debug/x', kind: 'exporter' })
  t.is(lines[0]?.['pipeline'], undefined)
  t.like(lines[1], { component: 'batch', kind: 'processor', pipeline: 'logs/a' })
  t.deepEqual(statuses, [['ok', 'fine']])
})
