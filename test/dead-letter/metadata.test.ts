import test from 'ava'
import { letterMetadata, metadataOf, partialNote } from '../../src/dead-letter/metadata.ts'
import { letterOf } from '../helpers/dead-letters.ts'

test('everything known of a letter is written down, and read again', t => {
  const metadata = metadataOf(letterOf(['a', 'b'], { rejectedCount: 1 }))
  t.deepEqual(metadata, {
    time: '2026-11-26T12:00:00.000Z',
    destination: 'clickhouse',
    pipelines: ['logs'],
    reason: 'rejected',
    code: 'invalid_argument',
    message: 'no good',
    origin: 'q/a+b',
    request_id: 'r-1',
    records: 2,
    rejected: 1,
  })
  t.deepEqual(letterMetadata.parse(JSON.parse(JSON.stringify(metadata))), metadata)
})

test('only a letter of which nobody knows which records were refused has a note', t => {
  t.is(partialNote(metadataOf(letterOf(['a']))), undefined)
  t.is(
    partialNote(metadataOf(letterOf(['a', 'b'], { rejectedCount: 1 }))),
    'rejected 1 of 2, the destination did not say which',
  )
})
