import test from 'ava'
import { expandTree } from '../../src/config/expand.ts'
import { packTree, unpackTree } from '../../src/config/packed-tree.ts'
import { parseYaml } from '../../src/config/parse.ts'
import { Problems } from '../../src/config/problem.ts'
import { SourceText } from '../../src/config/source-text.ts'
import { type MapNode, nodeAt, plainOf } from '../../src/config/tree.ts'

const YAML = `
exporters:
  a: {ids: [1, two, null], on: true, nested: [{deep: 1}], password: '\${env:PASSWORD}'}
  b:
`

test('a config is the same on the other side, also as what texts were expanded to', async t => {
  const problems = new Problems()
  const parsed = parseYaml(new SourceText('a.yaml', YAML), problems)
  const tree = (await expandTree(parsed!, { PASSWORD: '0123' }, problems)) as MapNode
  const sent = JSON.parse(JSON.stringify(packTree(tree))) as ReturnType<typeof packTree>
  const got = unpackTree(sent, 'the config')
  t.deepEqual(plainOf(got), plainOf(tree))
  t.is(nodeAt(got, ['exporters', 'a', 'password'])?.raw, '0123')
  t.is(nodeAt(got, ['exporters', 'a', 'password'])?.place.source.name, 'the config')
})
