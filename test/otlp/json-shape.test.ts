import test from 'ava'
import { JsonShape } from '../../src/otlp/json-shape.ts'

const shape = new JsonShape({
  timeUnixNano: { number: 1, kind: 'fixed64' },
  name: { number: 20, kind: 'string' },
  item: { number: 3, kind: 'string' },
})

const finds = test.macro({
  exec(t, key: string, expected: string | undefined) {
    const bytes = Buffer.from(`{"${key}":1}`)
    t.is(shape.find(bytes, 2, 2 + key.length)?.name, expected)
  },
  title: (_, key: string, expected: string | undefined) =>
    `${key || 'no key'} is ${expected ?? 'unknown'}`,
})

test(finds, 'timeUnixNano', 'timeUnixNano')
test(finds, 'time_unix_nano', 'timeUnixNano')
test(finds, 'TimeUnixNano', undefined)
test(finds, 'timeUnixNan', undefined)
test(finds, 'name', 'name')
test(finds, 'item', 'item')
test(finds, 'iteM', undefined)
test(finds, '', undefined)

test('tags are number and wire type', t => {
  t.deepEqual(
    shape.fields.map(({ tag, index }) => [index, tag]),
    [
      [0, 0x09],
      [1, 0xa2],
      [2, 0x1a],
    ],
  )
  t.is(shape.byNumber[20]?.name, 'name')
  t.is(shape.byNumber[2], undefined)
})
