import test from 'ava'
import { parseYaml } from '../../src/config/parse.ts'
import { Problems } from '../../src/config/problem.ts'
import { readService, type ServiceSection } from '../../src/config/service-section.ts'
import { SourceText } from '../../src/config/source-text.ts'
import type { MapNode } from '../../src/config/tree.ts'

function read(text: string): { service: ServiceSection; messages: string[] } {
  const problems = new Problems()
  const tree = parseYaml(new SourceText('a', text), problems) as MapNode
  const service = readService(tree, problems)
  return { service, messages: problems.finish().map(({ message }) => message) }
}

test('one name alone is a list of one, and nothing is an empty list', t => {
  const { service, messages } = read(
    'service: {pipelines: {logs: {receivers: a, exporters: [b, c]}}}',
  )
  t.deepEqual(messages, [])
  const [pipeline] = service.pipelines
  t.deepEqual(
    pipeline?.receivers.map(({ name }) => name),
    ['a'],
  )
  t.deepEqual(pipeline?.processors, [])
  t.deepEqual(
    pipeline?.exporters.map(({ name }) => name),
    ['b', 'c'],
  )
})

test('what has the wrong form is told and left out, the rest is kept', t => {
  const { service, messages } = read(
    'service: {extensions: {a: 1}, pipelines: {logs: {receivers: [a, {b: 1}]}, logs/: , logs/b: 5}}',
  )
  t.deepEqual(
    service.pipelines.map(({ id }) => id),
    ['logs', 'logs/b'],
  )
  t.deepEqual(
    service.pipelines[0]?.receivers.map(({ name }) => name),
    ['a'],
  )
  t.deepEqual(messages, [
    'expected a list of names, got a map',
    'expected a name, got a map',
    '"logs/" is no pipeline id: the part behind "/" is empty',
    'expected a map, got the number 5',
  ])
})

test('telemetry has its defaults without being there', t => {
  t.is(read('service: {pipelines: {logs: }}').service.telemetry?.metrics.endpoint, 'localhost:8888')
})
