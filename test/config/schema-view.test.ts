import test from 'ava'
import { z } from 'zod'
import { secret } from '../../src/config/fields.ts'
import { SchemaView } from '../../src/config/schema-view.ts'

interface Tree {
  readonly name: string
  readonly children?: readonly Tree[] | undefined
}
const tree: z.ZodType<Tree> = z.lazy(() =>
  z.strictObject({ name: secret('x'), children: z.array(tree).optional() }),
)
const view = SchemaView.of(
  z.strictObject({
    plain: z.string().default('x').meta({ description: 'd' }),
    size: z.union([z.number(), z.enum(['small', 'large'])]),
    either: z.union([z.boolean(), z.strictObject({ deep: z.string() })]).optional(),
    headers: z.record(z.string(), secret('h')),
    all: z.record(z.string(), z.number()).meta({ secret: true }),
    list: z.array(z.strictObject({ key: z.string() })),
    free: z.unknown(),
    tree,
  }),
)

test('the keys of a map, those of all its forms', t => {
  t.deepEqual(view.keys.slice(0, 3), ['plain', 'size', 'either'])
  t.deepEqual(view.child('either').keys, ['deep'])
  t.deepEqual(view.child('list').child(3).keys, ['key'])
  t.deepEqual(view.child('nope').keys, [])
  t.deepEqual(view.child('toString').keys, [])
})

test('what may stand there', t => {
  const size = view.child('size')
  t.true(size.accepts('number') && size.accepts('string'))
  t.false(size.accepts('boolean'))
  t.false(view.child('free').known)
  t.true(view.child('plain').isFreeText)
  t.false(size.isFreeText)
})

test('marks are found through defaults and choices', t => {
  t.is(view.child('plain').mark('default'), 'x')
  t.is(view.child('plain').mark('description'), 'd')
  t.is(view.child('size').mark('unused'), undefined)
})

test('a secret is one wherever it is nested, and all below it', t => {
  t.true(view.child('headers').child('any').secret)
  t.false(view.child('headers').secret)
  t.true(view.child('all').child('any').secret)
  t.false(view.child('plain').secret)
})

test('a schema that contains itself is walked as deep as the values go', t => {
  const deep = view.child('tree').child('children').child(0).child('children').child(0)
  t.deepEqual(deep.keys, ['name', 'children'])
  t.true(deep.child('name').secret)
})
