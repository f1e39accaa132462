import { readFileSync } from 'node:fs'
import test from 'ava'
import { ingest, startIngest } from '../../../helpers/ingest.ts'

/** The curl commands of the README that post to /ingest: headers and body. */
const examples = [
  ...readFileSync('README.md', 'utf8').matchAll(
    /curl (?:-i )?http:\/\/localhost:8080\/ingest ((?:-H '[^']+' ?)+)\\?\s*(?:-d|--data-binary) '([^']+)'/g,
  ),
].map(([, headers = '', body = '']) => ({
  headers: Object.fromEntries(
    [...headers.matchAll(/'([^:]+): ([^']+)'/g)].map(([, name, value]) => [name!, value!]),
  ),
  body,
}))

test('the README has examples for one, many and half-wrong records', t => {
  t.is(examples.length, 3)
})

for (const [index, status, bodies] of [
  [0, 200, ['payment failed']],
  [1, 200, ['order 4711 paid', 'queue is half full']],
  [2, 207, ['fine']],
] as const) {
  test(`example ${index + 1} is answered with ${status}, as the README says`, async t => {
    const { origin, sink } = await startIngest(t)
    const { headers, body } = examples[index]!
    const answer = await ingest(origin, { type: '', headers, body })
    t.is(answer.status, status)
    t.deepEqual([...sink.bodies].sort(), [...bodies].sort())
    if (status === 207) t.true(readFileSync('README.md', 'utf8').includes(answer.text))
  })
}
