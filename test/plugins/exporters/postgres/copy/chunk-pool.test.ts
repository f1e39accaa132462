import test from 'ava'
import {
  CHUNK_BYTES,
  ChunkPool,
} from '../../../../../plugins/exporters/postgres/copy/chunk-pool.ts'

test('a chunk that was given back is used again, one that has grown is not', t => {
  const pool = new ChunkPool()
  const chunk = pool.take()
  t.is(chunk.length, CHUNK_BYTES)
  pool.release([chunk, Buffer.alloc(CHUNK_BYTES * 2)])
  t.is(pool.take(), chunk)
  t.not(pool.take(), chunk)
})

test('no more than 64 MiB wait for use', t => {
  const pool = new ChunkPool()
  const chunk = pool.take()
  pool.release(Array.from({ length: 200 }, () => chunk))
  let kept = 0
  while (pool.take() === chunk) kept++
  t.is(kept, 128)
})
