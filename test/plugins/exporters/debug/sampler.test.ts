import test from 'ava'
import { Sampler } from '../../../../plugins/exporters/debug/sampler.ts'

const takes = test.macro({
  exec(t, initial: number, thereafter: number, expected: string) {
    let now = 0
    const sampler = new Sampler(initial, thereafter, () => now)
    const taken = (): string =>
      Array.from({ length: 8 }, () => (sampler.take() ? 'x' : '-')).join('')
    t.is(taken(), expected)
    now += 999
    t.false(taken() === expected && expected.includes('-') && initial > 0)
    now += 1
    t.is(taken(), expected)
  },
  title: (_, initial: number, thereafter: number) => `${initial} a second, then 1 of ${thereafter}`,
})

test(takes, 2, 1, 'xxxxxxxx')
test(takes, 2, 0, 'xx------')
test(takes, 2, 3, 'xx--x--x')
test(takes, 0, 4, '---x---x')
