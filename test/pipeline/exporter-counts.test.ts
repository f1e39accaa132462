import test from 'ava'
import { addCounts, type ExporterCounts, handedOver } from '../../src/pipeline/exporter-counts.ts'

const before: ExporterCounts = {
  sent: 5,
  failed: 1,
  dropped: 1,
  dead_lettered: 0,
  ledger: {
    in: 8,
    recovered: 2,
    sent: 5,
    dead_lettered: 0,
    dropped: 1,
    returned: 1,
    queued: 3,
    difference: 0,
  },
}
const after: ExporterCounts = {
  sent: 4,
  failed: 0,
  dropped: 0,
  dead_lettered: 1,
  ledger: {
    in: 2,
    recovered: 3,
    sent: 4,
    dead_lettered: 1,
    dropped: 0,
    returned: 0,
    queued: 0,
    difference: 0,
  },
}

test('what one chain left on disk and the next found is counted once', t => {
  t.deepEqual(addCounts(handedOver(before), after), {
    sent: 9,
    failed: 1,
    dropped: 1,
    dead_lettered: 1,
    ledger: {
      in: 10,
      recovered: 2,
      sent: 9,
      dead_lettered: 1,
      dropped: 1,
      returned: 1,
      queued: 0,
      difference: 0,
    },
  })
})

test('what nobody has found stays queued', t => {
  t.like(addCounts(before, after).ledger, { recovered: 5, queued: 3, difference: 0 })
})
