import test from 'ava'
import { damageText, queueText, verificationText } from '../../src/cli/queue-text.ts'

test("an empty queue in nobody's hands", t => {
  const report = {
    queueId: '0123456789abcdef',
    segments: [],
    inFlight: { lots: 0, batches: 0, logRecords: 0 },
    waiting: { batches: 0, logRecords: 0, bytes: 0 },
    troubles: ['the cursor files cannot be read'],
  }
  t.is(
    queueText(report, undefined, 'q'),
    `q  queue 0123456789abcdef, open by nobody
waiting    0 batches, 0 log records, 0 B
in flight  0 lots of 0 batches, 0 log records
TROUBLE    the cursor files cannot be read

state    begun                     first      batches   records    size       file
`,
  )
})

test('sizes are for people', t => {
  const text = (bytes: number): string =>
    verificationText({ batches: 1, logRecords: 2, bytes, damages: [] })
  t.is(text(1023), '1 batch, 2 log records, 1023 B: intact\n')
  t.is(text(1024), '1 batch, 2 log records, 1.0 KiB: intact\n')
  t.is(text(5.5 * 1024 ** 3), '1 batch, 2 log records, 5.5 GiB: intact\n')
})

test('damage names file, place and loss', t => {
  const damage = { segment: 1, file: 'f', offset: 64, bytes: 80, batches: 2, nextSequence: 3 }
  t.is(damageText(damage), 'DAMAGED f at byte 64, 80 bytes: 2 batches')
  t.is(
    damageText({ ...damage, batches: 0 }),
    'DAMAGED f at byte 64, 80 bytes: the header of the segment',
  )
})
