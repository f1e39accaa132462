import test from 'ava'
import { recordsOf } from '../../src/dead-letter/letter-records.ts'
import { metadataOf } from '../../src/dead-letter/metadata.ts'
import { bodiesOf, sampleLogs } from '../../src/testing/index.ts'
import { letterOf } from '../helpers/dead-letters.ts'

test('records come back as the batch that was sent: identity, request and time included', t => {
  const records = sampleLogs(['a', 'b'], { requestId: 'r-7', receivedAtUnixMs: 1000 })
  const letter = letterOf([], { records, origin: 'q/1#0' })
  const batch = recordsOf({ metadata: metadataOf(letter), logs: records.bytes })
  t.deepEqual(bodiesOf(batch), ['a', 'b'])
  t.is(batch.origin, 'q/1#0')
  t.deepEqual(batch.context, { requestId: 'r-7', receivedAtUnixMs: 1000 })
})

test('a record that cannot be read is an error, not left out', t => {
  const record = Buffer.from([0x12, 0x03, 0x2a, 0x7f, 0x00])
  const scope = Buffer.concat([Buffer.from([0x12, record.length]), record])
  const logs = Buffer.concat([Buffer.from([0x0a, scope.length]), scope])
  t.throws(() => recordsOf({ metadata: metadataOf(letterOf(['a'])), logs }), {
    message: /^1 records cannot be read: /,
  })
})
