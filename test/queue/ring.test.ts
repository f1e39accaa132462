import test from 'ava'
import fc from 'fast-check'
import { Ring } from '../../src/queue/ring.ts'

test('an empty ring has nothing to see and nothing to give', t => {
  const ring = new Ring<string>()
  t.is(ring.length, 0)
  t.is(ring.peek(), undefined)
  t.is(ring.shift(), undefined)
  t.is(ring.length, 0)
})

test('peek leaves the oldest value where it is', t => {
  const ring = new Ring<string>()
  ring.push('a')
  ring.push('b')
  t.is(ring.peek(), 'a')
  t.is(ring.peek(), 'a')
  t.is(ring.length, 2)
})

const keepsOrder = test.macro((t, shiftedBefore: number, pushed: number) => {
  const ring = new Ring<number>()
  for (let i = 0; i < shiftedBefore; i++) {
    ring.push(-1)
    ring.shift()
  }
  for (let i = 0; i < pushed; i++) ring.push(i)
  t.is(ring.length, pushed)
  for (let i = 0; i < pushed; i++) t.is(ring.shift(), i)
  t.is(ring.shift(), undefined)
})
test('values come out in order, as many as the first slots hold', keepsOrder, 0, 16)
test('order is kept when the ring grows once', keepsOrder, 0, 17)
test('order is kept when the ring grows while its values wrap around', keepsOrder, 11, 17)
test('order is kept over many growths', keepsOrder, 5, 5000)

test('a ring does what an array does, for any pushes and shifts', t => {
  const pushes = fc.array(fc.integer({ min: -20, max: 20 }), { maxLength: 40 })
  fc.assert(
    fc.property(pushes, changes => {
      const ring = new Ring<number>()
      const model: number[] = []
      let next = 0
      for (const change of changes) {
        for (let i = 0; i < change; i++) {
          ring.push(next)
          model.push(next++)
        }
        for (let i = 0; i > change; i--) t.is(ring.shift(), model.shift())
        t.is(ring.length, model.length)
        t.is(ring.peek(), model[0])
      }
    }),
  )
})
