import test from 'ava'
import { loadConfig } from '../../src/config/load.ts'
import { headline } from '../../src/config/problem.ts'
import { fakePlugins } from '../helpers/fake-plugins.ts'

/*
 * The single mistakes are in the golden table of load.test.ts; here are shapes of graphs.
 */

const graph = test.macro(async (t, pipelines: string, expected: string[]) => {
  const text = `{receivers: {otlp: }, exporters: {debug: }, connectors: {forward: , forward/2: }, service: {pipelines: {${pipelines}}}}`
  const { problems } = await loadConfig({ sources: [`yaml:${text}`], plugins: fakePlugins })
  t.deepEqual(
    problems.map(headline).map(line => line.replace(/^yaml::1:\d+: /, '')),
    expected,
  )
})

test(
  'two ways to one pipeline are no circle',
  graph,
  'logs: {receivers: [otlp], exporters: [forward, forward/2]}, logs/b: {receivers: [forward], exporters: [forward/2]}, logs/c: {receivers: [forward/2], exporters: [debug]}',
  [],
)
test(
  'two circles are told one by one',
  graph,
  'logs: {receivers: [otlp, forward], exporters: [forward]}, logs/b: {receivers: [otlp, forward/2], exporters: [debug, forward/2]}',
  [
    'error: service::pipelines::logs: records would go in a circle: logs -> forward -> logs',
    'error: service::pipelines::logs/b: records would go in a circle: logs/b -> forward/2 -> logs/b',
  ],
)
test(
  'the way into a circle is no part of it',
  graph,
  'logs: {receivers: [otlp], exporters: [forward]}, logs/b: {receivers: [forward, forward/2], exporters: [forward/2, debug]}',
  [
    'error: service::pipelines::logs/b: records would go in a circle: logs/b -> forward/2 -> logs/b',
  ],
)
test(
  'connectors that nothing uses are warnings',
  graph,
  'logs: {receivers: [otlp], exporters: [debug]}',
  [
    'warning: connectors::forward: it is not used in any pipeline',
    'warning: connectors::forward/2: it is not used in any pipeline',
  ],
)

test('a connector must not have the id of an exporter', async t => {
  const text =
    '{receivers: {otlp: }, exporters: {debug: , forward: }, connectors: {forward: }, service: {pipelines: {logs: {receivers: [otlp], exporters: [debug]}}}}'
  const { problems } = await loadConfig({ sources: [`yaml:${text}`], plugins: fakePlugins })
  t.true(
    problems.some(({ message }) =>
      message.startsWith('"forward" is also an exporter; give one of them a name'),
    ),
  )
})
