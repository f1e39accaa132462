import test from 'ava'
import {
  beginOf,
  dayOf,
  dayOfPartition,
  defaultName,
  partitionName,
} from '../../../../../plugins/exporters/postgres/partitions/day.ts'

test('days are those of UTC', t => {
  const day = dayOf(Date.parse('2026-11-26T23:59:59.999Z'))
  t.is(beginOf(day), '2026-11-26 00:00:00+00')
  t.is(beginOf(dayOf(Date.parse('2026-11-27T00:00:00Z'))), '2026-11-27 00:00:00+00')
  t.is(partitionName('l', day), 'l_p20261126')
  t.is(dayOfPartition('l', 'l_p20261126'), day)
  t.is(defaultName('l'), 'l_default')
})

test('any other name is not ours', t => {
  for (const name of ['l_default', 'l_p2026', 'l_p20260631', 'l_p20261126x', 'k_p20261126', 'l']) {
    t.is(dayOfPartition('l', name), undefined, name)
  }
})
