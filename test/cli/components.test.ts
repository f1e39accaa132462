import test from 'ava'
import { parse } from 'yaml'
import { runFakeCli } from '../helpers/run-cli.ts'

test('all components are listed by kind, in order of their type', async t => {
  const { stdout, exitCode } = await runFakeCli(['components'])
  t.is(exitCode, 0)
  const list = parse(stdout) as Record<string, { type: string }[]>
  t.deepEqual(Object.keys(list), [
    'receivers',
    'processors',
    'exporters',
    'connectors',
    'extensions',
  ])
  t.deepEqual(
    list['processors']?.map(({ type }) => type),
    ['attributes', 'batch'],
  )
  t.deepEqual(list['exporters']?.[1] as unknown, {
    type: 'store',
    kind: 'exporter',
    aliases: ['storage'],
    stability: 'beta',
    summary: 'Stores.',
  })
})

test('one kind alone', async t => {
  const { stdout } = await runFakeCli(['components', 'connectors'])
  t.deepEqual(Object.keys(parse(stdout) as object), ['connectors'])
})

test('a kind that is not there names those that are', async t => {
  const { stderr, exitCode } = await runFakeCli(['components', 'sinks'])
  t.is(exitCode, 2)
  t.regex(stderr, /unknown kind "sinks"; known are receivers, processors/)
})
