import test from 'ava'
import fc from 'fast-check'
import type { Codec } from '../../src/kafka/codec.ts'

const LIMIT = 10_000_000

/** Lines of words, some more usual than others, which pack better the longer they are looked at. */
export function lines(count: number): Buffer {
  let state = 1
  const next = (below: number): number => {
    state = (state * 48_271) % 2_147_483_647
    return state % below
  }
  const word = (): string => String.fromCharCode(...Array.from({ length: 6 }, () => 97 + next(26)))
  const words = Array.from({ length: 600 }, word)
  const line = (): string => Array.from({ length: 6 }, () => words[next(next(600) + 1)]).join(' ')
  return Buffer.from(Array.from({ length: count }, line).join('\n'))
}

/** What every codec must keep, as tests. */
export function checkCodec(name: string, codec: Codec): void {
  test(`${name} gives back what it was given`, async t => {
    const bytes = fc.oneof(
      fc.uint8Array({ maxLength: 5000 }),
      fc.nat(300_000).map(length => new Uint8Array(length).fill(7)),
    )
    await fc.assert(
      fc.asyncProperty(bytes, async given => {
        const packed = await codec.compress(Buffer.from(given))
        t.deepEqual(await codec.decompress(packed, LIMIT), Buffer.from(given))
      }),
      { numRuns: 50 },
    )
  })

  test(`${name} refuses what unpacks to over the limit`, async t => {
    const bomb = await codec.compress(Buffer.alloc(5_000_000))
    const error = await t.throwsAsync(codec.decompress(bomb, 100_000))
    t.is(error.message, `${name}: a record batch of over 100000 bytes unpacked is refused`)
  })

  test(`${name} rejects what is cut short or changed, or gives something, and never crashes`, async t => {
    const packed = await codec.compress(Buffer.from('some text, some text, some text'))
    await fc.assert(
      fc.asyncProperty(fc.nat(packed.length - 1), fc.nat(255), async (at, byte) => {
        const changed = Buffer.from(packed)
        changed[at] = byte
        await codec.decompress(changed, LIMIT).catch(() => undefined)
        await codec.decompress(packed.subarray(0, at), LIMIT).catch(() => undefined)
      }),
    )
    t.pass()
  })
}
