import test from 'ava'
import { deadLetterSchema } from '../../src/config/dead-letter-section.ts'

test('a directory is enough; sizes are bytes in the code', t => {
  t.deepEqual(deadLetterSchema.parse({ directory: '/data' }), {
    directory: '/data',
    sizeBytesMax: 1024 ** 3,
  })
  t.like(deadLetterSchema.parse({ directory: '/data', max_size: '2KiB' }), { sizeBytesMax: 2048 })
})

test('nothing but what is known', t => {
  t.false(deadLetterSchema.safeParse({}).success)
  t.false(deadLetterSchema.safeParse({ directory: '' }).success)
  t.false(deadLetterSchema.safeParse({ directory: '/data', maximum: 1 }).success)
})
