import test from 'ava'
import { z } from 'zod'
import { explainIssue } from '../../src/config/explain-issue.ts'
import { parseYaml } from '../../src/config/parse.ts'
import { Problems } from '../../src/config/problem.ts'
import { SourceText } from '../../src/config/source-text.ts'
import { plainOf } from '../../src/config/tree.ts'

/*
 * Most explanations are shown by the golden table of load.test.ts; here are the rare kinds.
 */

const explains = test.macro((t, schema: z.ZodType, yaml: string, expected: string[]) => {
  const root = parseYaml(new SourceText('a', yaml), new Problems())!
  const context = { root, keysAt: () => [], isSecret: () => false, formatAt: () => undefined }
  const { issues } = schema.safeParse(plainOf(root)).error!
  t.deepEqual(
    issues
      .flatMap(issue => explainIssue(issue, context))
      .map(({ path, message }) => `${path.join('.')}: ${message}`),
    expected,
  )
})
test(
  'a message of the schema itself is kept',
  explains,
  z.object({ a: z.string().regex(/x/, 'no x') }),
  'a: b',
  ['a: no x'],
)
test('an address', explains, z.object({ a: z.ipv4() }), 'a: b', ['a: "b" is not a valid ipv4'])
test(
  'a record key that no enum has',
  explains,
  z.partialRecord(z.enum(['a']), z.number()),
  'b: 1',
  [': unknown key "b"'],
)
test('a wrong literal', explains, z.object({ a: z.literal(2) }), 'a: 3', ['a: 3 is not 2'])
test('a missing choice', explains, z.object({ a: z.enum(['x', 'y']) }), '{}', [
  ': "a" is missing: it must be x, y',
])
test('too many entries', explains, z.object({ a: z.array(z.number()).max(1) }), 'a: [1, 2]', [
  'a: the number of entries is above the maximum of 1',
])
test('a very long value is cut', explains, z.object({ a: z.number() }), `a: ${'x'.repeat(500)}`, [
  `a: expected a number, got the string "${'x'.repeat(79)}...`,
])
