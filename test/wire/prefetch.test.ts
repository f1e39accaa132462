import test from 'ava'
import { prefetch } from '../../src/wire/prefetch.ts'

/** Bytes that note where they are read. */
function watched(length: number): { bytes: Uint8Array; reads: number[] } {
  const reads: number[] = []
  const bytes = new Proxy(new Uint8Array(length), {
    get: (target, key) => {
      reads.push(Number(key))
      return target[Number(key)]
    },
  })
  return { bytes, reads }
}

test('a byte of every cache line is read, and nothing outside the range', t => {
  const { bytes, reads } = watched(300)
  prefetch(bytes, 10, 203)
  t.deepEqual(reads, [10, 74, 138, 202])
})

test('of an empty range nothing is read', t => {
  const { bytes, reads } = watched(300)
  prefetch(bytes, 20, 20)
  t.deepEqual(reads, [])
})
