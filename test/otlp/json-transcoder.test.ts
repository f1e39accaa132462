import test from 'ava'
import { JsonShape } from '../../src/otlp/json-shape.ts'
import { JsonTranscoder } from '../../src/otlp/json-transcoder.ts'
import { JsonError } from '../../src/wire/json-error.ts'
import { int, len } from '../helpers/wire.ts'

const item: JsonShape = new JsonShape({
  n: { number: 1, kind: 'int64' },
  tags: { number: 2, kind: 'string', repeated: true },
  inner: { number: 3, kind: 'message', shape: () => item },
})
const list = new JsonShape({
  items: { number: 1, kind: 'message', repeated: true, isRecord: true, shape: () => item },
  title: { number: 2, kind: 'string' },
})
const root = new JsonShape({
  lists: { number: 1, kind: 'message', repeated: true, shape: () => list },
})

const writes = test.macro({
  exec(t, json: string, expected: Buffer) {
    const transcoder = new JsonTranscoder(Buffer.from(json))
    t.is(transcoder.transcode(list).toString('hex'), expected.toString('hex'))
    t.is(transcoder.rejectedCount, 0)
  },
  title: (_, json: string) => `${json} is rewritten`,
})

test(writes, '{}', Buffer.alloc(0))
test(writes, ' { "items" : [ ] } ', Buffer.alloc(0))
test(writes, '{"items":[{"n":1},{}]}', Buffer.concat([len(1, int(1, 1)), len(1, [])]))
test(writes, '{"items":[{"tags":["a","b"]}]}', len(1, [len(2, 'a'), len(2, 'b')]))
test(writes, '{"items":null,"title":null}', Buffer.alloc(0))
test(writes, '{"other":{"deep":[1,{"n":2}]},"title":"t"}', len(2, 't'))
test(writes, '{"\\u0074itle":"t"}', len(2, 't'))
test(writes, '{"title":"a","title":"b"}', Buffer.concat([len(2, 'a'), len(2, 'b')]))
test(writes, '{"items":[{"inner":{"inner":{"n":1}}}]}', len(1, len(3, len(3, int(1, 1)))))

test('a bad record is left out, counted, and named by its full path', t => {
  const json = `{"lists":[{},{"items":[{"n":1},{"inner":{"tags":["x",5]}},{"n":2},{"n":"y"},7]}]}`
  const transcoder = new JsonTranscoder(Buffer.from(json))
  const good = [len(1, int(1, 1)), len(1, int(1, 2))]
  t.is(
    transcoder.transcode(root).toString('hex'),
    Buffer.concat([len(1, []), len(1, good)]).toString('hex'),
  )
  t.is(transcoder.rejectedCount, 3)
  t.is(
    transcoder.rejectedReason,
    'lists[1].items[1].inner.tags[1]: is a number, must be a string at byte 53',
  )
})

const refuses = test.macro({
  exec(t, json: string, message: string, isSyntax: boolean) {
    const transcoder = new JsonTranscoder(Buffer.from(json))
    const error = t.throws(() => transcoder.transcode(root), { instanceOf: JsonError, message })
    t.is(error?.isSyntax, isSyntax)
  },
  title: (_, json: string) => `${json} is refused`,
})

test(refuses, '[]', 'is an array, must be an object at byte 0', false)
test(refuses, '{"lists":{}}', 'lists: is an object, must be an array at byte 9', false)
test(refuses, '{"lists":[1]}', 'lists[0]: is a number, must be an object at byte 10', false)
test(refuses, '{"lists":[null]}', 'lists[0]: is null, must be an object at byte 10', false)
test(
  refuses,
  '{"lists":[{"title":1}]}',
  'lists[0].title: is a number, must be a string at byte 19',
  false,
)
test(
  refuses,
  '{"lists":[{"items":5}]}',
  'lists[0].items: is a number, must be an array at byte 19',
  false,
)
test(
  'broken text inside a bad record',
  refuses,
  '{"lists":[{"items":[{"n":"x","m":}]}]}',
  "not JSON: '}' stands where a value must come (line 1 column 34) at byte 33",
  true,
)
test(
  refuses,
  '{"lists":[]}{',
  "not JSON: '{' stands where the end of the text must come (line 1 column 13) at byte 12",
  true,
)
