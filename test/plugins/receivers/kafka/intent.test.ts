import test from 'ava'
import fc from 'fast-check'
import { decodeIntent, encodeIntent } from '../../../../plugins/receivers/kafka/intent.ts'

test('what was written is read, when it reaches beyond the committed offset', t => {
  const intent = { end: 12, timestampMs: 1_700_000_000_000 }
  t.deepEqual(decodeIntent(encodeIntent(intent), 5), intent)
  t.is(decodeIntent(encodeIntent(intent), 12), undefined)
})

test('anything else is no intent: the group may have belonged to another program', t => {
  for (const text of ['', 'sarama', '{"e":5}', '{"parsec":1,"e":"5","t":1}', '{"parsec":1,']) {
    t.is(decodeIntent(text, 0), undefined)
  }
  fc.assert(
    fc.property(fc.string(), fc.string(), (a, b) => {
      decodeIntent(a, 0)
      decodeIntent(`{"parsec":1,${b}`, 0)
    }),
  )
})
