import test from 'ava'
import { checkDeadLetters } from '../../src/config/check-dead-letters.ts'
import { Problems } from '../../src/config/problem.ts'
import type { NameAt, PipelineSection } from '../../src/config/service-section.ts'
import { SourceText } from '../../src/config/source-text.ts'

/*
 * The single mistakes are in the golden table of load.test.ts; here are shapes of graphs.
 */

const { top } = new SourceText('config.yaml', '', false)
const at = (name: string): NameAt => ({ name, place: top })

/** `exporter,exporter>dead letter` for each pipeline. */
const check = test.macro((t, pipelines: readonly string[], expected: readonly RegExp[]) => {
  const problems = new Problems()
  const sections = pipelines.map((text, i): PipelineSection => {
    const [exporters, deadLetter] = text.split('>')
    return {
      id: `logs/${i}`,
      key: top,
      receivers: [],
      processors: [],
      exporters: exporters!.split(',').map(at),
      ...(deadLetter === undefined ? {} : { deadLetter: at(deadLetter) }),
    }
  })
  checkDeadLetters(sections, id => id.startsWith('forward'), problems)
  const messages = problems.finish().map(({ path, message }) => `${path}: ${message}`)
  t.is(messages.length, expected.length, messages.join('\n'))
  for (const [i, pattern] of expected.entries()) t.regex(messages[i]!, pattern)
})

test('one dead letter for all', check, ['a,b>d', 'c>d', 'a>d'], [])
test('a dead letter that is an exporter of the pipeline, too', check, ['a,d>d'], [])
test('a chain of dead letters', check, ['a>b', 'b>c'], [])
test('none for an exporter that another pipeline has one for', check, ['a>d', 'a'], [])
test('a pipeline with a connector beside an exporter', check, ['forward,a>d'], [])
test(
  'two for one exporter',
  check,
  ['a>d', 'b>e', 'a,c>e'],
  [/^service::pipelines::logs\/2::dead_letter: exporter "a" has its dead letter in "d" already/],
)
test('a circle of three is told once', check, ['a>b', 'b>c', 'c>a'], [/a -> b -> c -> a/])
test('the way into a circle is no part of it', check, ['x>a', 'a>b', 'b>a'], [/: a -> b -> a/])
