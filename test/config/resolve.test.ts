import test from 'ava'
import { parseYaml } from '../../src/config/parse.ts'
import { Problems } from '../../src/config/problem.ts'
import { resolveComponents } from '../../src/config/resolve.ts'
import { SourceText } from '../../src/config/source-text.ts'
import type { MapNode } from '../../src/config/tree.ts'
import { fakePlugins } from '../helpers/fake-plugins.ts'

test('an id keeps its name while an old type finds its plugin', t => {
  const problems = new Problems()
  const text =
    'receivers: {otlp/in: , otlp: {port: 5}}\nexporters: {storage/a: {endpoint: "http://x"}}'
  const tree = parseYaml(new SourceText('a', text), problems) as MapNode
  const { receiver, exporter, processor } = resolveComponents(tree, fakePlugins, problems)
  t.deepEqual([...receiver.keys()], ['otlp/in', 'otlp'])
  t.like(receiver.get('otlp')?.config, { port: 5 })
  t.is(exporter.get('storage/a')?.plugin?.type, 'store')
  t.is(processor.size, 0)
  t.deepEqual(
    problems.finish().map(({ severity }) => severity),
    ['warning'],
  )
})

test('what may still change says so', t => {
  const problems = new Problems()
  const young = fakePlugins.map(plugin => ({ ...plugin, stability: 'alpha' }) as const)
  const tree = parseYaml(new SourceText('a', 'receivers: {otlp: }'), problems) as MapNode
  resolveComponents(tree, young, problems)
  t.deepEqual(
    problems.finish().map(({ severity, message }) => [severity, message]),
    [['warning', 'its stability is alpha: its keys may change']],
  )
})

test('a component with errors is still there, so that references to it are no mistakes', t => {
  const problems = new Problems()
  const tree = parseYaml(new SourceText('a', 'receivers: {otlp: {x: 1}, y: }'), problems) as MapNode
  const { receiver } = resolveComponents(tree, fakePlugins, problems)
  t.true(receiver.has('otlp') && receiver.has('y'))
  t.is(receiver.get('otlp')?.config, undefined)
  t.is(receiver.get('y')?.plugin, undefined)
  t.is(problems.finish().length, 2)
})
