import fc from 'fast-check'

type Edit = (bytes: Buffer) => Buffer

const at = fc.nat()

/** Somewhere in bytes of any length, the end included. */
function place(bytes: Buffer, position: number): number {
  return position % (bytes.length + 1)
}

const flipBit: fc.Arbitrary<Edit> = fc.tuple(at, fc.nat(7)).map(([position, bit]) => bytes => {
  if (bytes.length === 0) return bytes
  const copy = Buffer.from(bytes)
  copy[position % bytes.length]! ^= 1 << bit
  return copy
})
const setByte: fc.Arbitrary<Edit> = fc
  .tuple(at, fc.constantFrom(0, 1, 0x0a, 0x12, 0x7f, 0x80, 0xff))
  .map(([position, value]) => bytes => {
    if (bytes.length === 0) return bytes
    const copy = Buffer.from(bytes)
    copy[position % bytes.length] = value
    return copy
  })
const truncate: fc.Arbitrary<Edit> = at.map(
  position => bytes => bytes.subarray(0, place(bytes, position)),
)
const remove: fc.Arbitrary<Edit> = fc
  .tuple(at, fc.integer({ min: 1, max: 8 }))
  .map(([position, count]) => bytes => {
    const from = place(bytes, position)
    return Buffer.concat([bytes.subarray(0, from), bytes.subarray(from + count)])
  })
const insert: fc.Arbitrary<Edit> = fc
  .tuple(at, fc.uint8Array({ minLength: 1, maxLength: 8 }))
  .map(([position, inserted]) => bytes => {
    const from = place(bytes, position)
    return Buffer.concat([bytes.subarray(0, from), inserted, bytes.subarray(from)])
  })
const repeat: fc.Arbitrary<Edit> = fc.tuple(at, at, at).map(([first, second, third]) => bytes => {
  const [from, to] = [place(bytes, first), place(bytes, second)].sort((a, b) => a - b) as [
    number,
    number,
  ]
  const target = place(bytes, third)
  const piece = bytes.subarray(from, to)
  return Buffer.concat([bytes.subarray(0, target), piece, bytes.subarray(target)])
})

const edit = fc.oneof(
  { weight: 4, arbitrary: flipBit },
  { weight: 3, arbitrary: setByte },
  { weight: 1, arbitrary: truncate },
  { weight: 2, arbitrary: remove },
  { weight: 2, arbitrary: insert },
  { weight: 1, arbitrary: repeat },
)

/** Bytes with one to four faults, and now and then the head of one and the tail of another. */
export function mutated(source: fc.Arbitrary<Buffer>): fc.Arbitrary<Buffer> {
  const edited = fc
    .tuple(source, fc.array(edit, { minLength: 1, maxLength: 4 }))
    .map(([bytes, edits]) => edits.reduce((done, change) => change(done), bytes))
  const spliced = fc
    .tuple(source, source, at, at)
    .map(([a, b, cutA, cutB]) =>
      Buffer.concat([a.subarray(0, place(a, cutA)), b.subarray(place(b, cutB))]),
    )
  return fc.oneof({ weight: 9, arbitrary: edited }, { weight: 1, arbitrary: spliced })
}
