import test from 'ava'
import { ScratchPool } from '../../../../../plugins/exporters/clickhouse/native/scratch-pool.ts'

test('a released buffer is used again, one that is in use never', t => {
  const pool = new ScratchPool()
  const first = pool.take()
  t.not(pool.take(), first)
  pool.release(first)
  t.is(pool.take(), first)
})

test('buffers over the limit are let go', t => {
  const pool = new ScratchPool()
  const large = { block: Buffer.allocUnsafeSlow(65 * 1024 * 1024), values: Buffer.alloc(0) }
  pool.release(large)
  t.not(pool.take(), large)
})
