import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test from 'ava'
import { expandTree } from '../../src/config/expand.ts'
import { parseYaml } from '../../src/config/parse.ts'
import { Problems } from '../../src/config/problem.ts'
import { SourceText } from '../../src/config/source-text.ts'
import { type ConfigNode, plainOf } from '../../src/config/tree.ts'

const env = {
  TEXT: 'hello',
  NUMBER: '8080',
  OCTAL: '0123',
  LIST: '[a, b]',
  MAP: '{a: {b: "${env:TEXT}"}}',
  EMPTY: '',
  DOLLARS: 'a$$b$c',
  NO_YAML: '@{x',
  NESTED: '<${env:TEXT}>',
  NAME: 'TEXT',
}

async function expand(value: string): Promise<{ node: ConfigNode; messages: string[] }> {
  const problems = new Problems()
  const tree = parseYaml(new SourceText('a.yaml', JSON.stringify({ key: value })), problems)
  const node = await expandTree(tree!, env, problems)
  const inner = node.kind === 'map' ? node.entries.get('key')!.node : node
  return { node: inner, messages: problems.finish().map(({ message }) => message) }
}

const expands = test.macro(async (t, value: string, expected: unknown, raw?: string) => {
  const { node, messages } = await expand(value)
  t.deepEqual(plainOf(node), expected)
  t.is(node.raw, raw)
  t.deepEqual(messages, [])
})
test('text without a reference stays', expands, 'plain', 'plain')
test('a whole text', expands, '${env:TEXT}', 'hello', 'hello')
test('env is the scheme unless told', expands, '${TEXT}', 'hello', 'hello')
test('a whole number is a number that keeps its text', expands, '${env:OCTAL}', 123, '0123')
test('a number inside a text stays text', expands, 'localhost:${env:NUMBER}', 'localhost:8080')
test('an octal inside a text keeps its zero', expands, 'x${env:OCTAL}', 'x0123')
test('a whole list', expands, '${env:LIST}', ['a', 'b'], '[a, b]')
test('a whole map, expanded inside', expands, '${env:MAP}', { a: { b: 'hello' } }, env.MAP)
test('an empty variable is null with an empty text', expands, '${env:EMPTY}', null, '')
test('a default for a variable that is not set', expands, '${env:NOPE:-x}', 'x', 'x')
test('a default keeps its type', expands, '${env:NOPE:-true}', true, 'true')
test('an empty default', expands, '${env:NOPE:-}', null, '')
test('no default for a variable that is set but empty', expands, '${env:EMPTY:-x}', null, '')
test('a default that is a reference', expands, '${env:NOPE:-${env:NUMBER}}', 8080, '8080')
test('a default that holds a reference', expands, '${env:NOPE:-a${env:TEXT}}', 'ahello', 'ahello')
test(
  'a default that is not needed is not looked at',
  expands,
  '${TEXT:-${env:NOPE}}',
  'hello',
  'hello',
)
test('a doubled dollar in a default', expands, '${env:NOPE:-a$$b}', 'a$b', 'a$b')
test('a doubled dollar', expands, 'pa$$word', 'pa$word')
test('a doubled dollar is no reference', expands, '$${env:TEXT}', '${env:TEXT}')
test('dollars of a variable are its own', expands, '${env:DOLLARS}', 'a$$b$c', 'a$$b$c')
test('a variable that holds a reference', expands, '${env:NESTED}', '<hello>', '<hello>')
test('a name that is a reference', expands, '${env:${env:NAME}}', 'hello', 'hello')
test('text that is no YAML is taken as it is', expands, '${env:NO_YAML}', '@{x', '@{x')
test('YAML in place', expands, '${yaml:{a: 1}}', { a: 1 }, '{a: 1}')
test('two references side by side', expands, '${TEXT}${NUMBER}', 'hello8080')

const complains = test.macro(async (t, value: string, expected: unknown, message: RegExp) => {
  const { node, messages } = await expand(value)
  t.deepEqual(plainOf(node), expected)
  t.is(messages.length, 1)
  t.regex(messages[0]!, message)
})
test('a whole variable that is not set is null', complains, '${NOPE}', null, /NOPE is not set/)
test('in a text it is empty', complains, 'a${NOPE}b', 'ab', /NOPE is not set/)
test('a name that cannot be one', complains, '${a-b}', null, /cannot name an environment variable/)
test('a scheme that is not known', complains, '${http://x}', null, /cannot expand "http:"/)
test('a file that is not there', complains, '${file:/no/such}', null, /cannot read.*no such file/)
test('an open reference', complains, '${env:TEXT', '${env:TEXT', /is kept as text/)

test('a file gives its text without the last line break, or its YAML', async t => {
  const folder = await mkdtemp(join(tmpdir(), 'parsec-expand-'))
  t.teardown(() => rm(folder, { recursive: true }))
  await writeFile(join(folder, 'password'), '0a: $b\n')
  await writeFile(join(folder, 'secret'), 'hunter2\n')
  await writeFile(join(folder, 'part.yaml'), 'a: 1\nb: ${env:TEXT}\n')
  t.is(plainOf((await expand(`\${file:${folder}/secret}`)).node), 'hunter2')
  t.is((await expand(`\${file:${folder}/password}`)).node.raw, '0a: $b')
  const { node } = await expand(`\${file:${folder}/part.yaml}`)
  t.deepEqual(plainOf(node), { a: 1, b: 'hello' })
  const place = node.kind === 'map' ? node.entries.get('b')!.key : node.place
  t.is(place.source.name, join(folder, 'part.yaml'))
  t.deepEqual(place.source.position(place.start), { line: 2, column: 1 })
})
