import test from 'ava'
import { MessageBuffer } from '../../../../plugins/receivers/kafka/message-buffer.ts'
import { kafkaMessage } from '../../../helpers/kafka-message.ts'

const { signal } = new AbortController()

function create(options: Partial<ConstructorParameters<typeof MessageBuffer>[0]> = {}): {
  buffer: MessageBuffer
  wanted: boolean[]
} {
  const wanted: boolean[] = []
  const buffer = new MessageBuffer({
    batchBytesMax: 250,
    bytesMax: 500,
    flushMs: 10,
    onWanted: is => wanted.push(is),
    ...options,
  })
  return { buffer, wanted }
}

/** Each counts as 101 bytes. */
const messages = (...offsets: number[]): ReturnType<typeof kafkaMessage>[] =>
  offsets.map(offset => kafkaMessage(offset, 'x'))

test('a batch is taken when it is full, and the rest stays', async t => {
  const { buffer } = create({ flushMs: 1e6 })
  buffer.add(messages(0, 1, 2))
  const range = await buffer.take(undefined, signal)
  t.deepEqual(
    range?.messages.map(({ offset }) => offset),
    [0, 1],
  )
  t.is(range?.end, 2)
  t.is(buffer.takeFull(), undefined)
})

test('what is not full is taken after a while', async t => {
  const { buffer } = create()
  const taken = buffer.take(undefined, signal)
  buffer.add(messages(7))
  t.is((await taken)?.end, 8)
})

test('a replay takes what it reached, no more, however large', async t => {
  const { buffer, wanted } = create({ bytesMax: 150 })
  const taken = buffer.take(5, signal)
  buffer.add(messages(0, 1))
  buffer.add(messages(2, 3))
  t.deepEqual(wanted, [])
  buffer.add(messages(4, 5, 6))
  const range = await taken
  t.deepEqual(
    range?.messages.map(({ offset }) => offset),
    [0, 1, 2, 3, 4],
  )
  t.is(range?.end, 5)
  t.deepEqual(wanted, [false])
})

test('a replay whose last messages are gone ends with the next that comes', async t => {
  const { buffer } = create()
  buffer.add(messages(0, 9))
  const range = await buffer.take(5, signal)
  t.deepEqual(
    range?.messages.map(({ offset }) => offset),
    [0],
  )
  t.is(range?.end, 5)
})

test('beyond the bound no more is wanted, until what was taken is done', async t => {
  const { buffer, wanted } = create()
  buffer.add(messages(0, 1, 2, 3, 4))
  t.deepEqual(wanted, [false])
  await buffer.take(undefined, signal)
  t.is(buffer.bytes, 505)
  buffer.done()
  t.deepEqual(wanted, [false, true])
  t.is(buffer.bytes, 303)
})

test('headers count, each of a list too', t => {
  const { buffer, wanted } = create({ bytesMax: 1e6 })
  const one = Buffer.alloc(5000)
  buffer.add([kafkaMessage(0, 'x', { single: one, 'in a list': [one, one] })])
  t.true(buffer.bytes > 15_000)
  buffer.add([kafkaMessage(1, 'x', { huge: Buffer.alloc(1e6) })])
  t.deepEqual(wanted, [false])
})

test('waiting ends when the signal aborts', async t => {
  const { buffer } = create()
  const controller = new AbortController()
  const taken = buffer.take(undefined, controller.signal)
  controller.abort()
  t.is(await taken, undefined)
})

test('a message larger than a batch is a batch', async t => {
  const { buffer } = create({ batchBytesMax: 50 })
  buffer.add(messages(0, 1))
  t.is((await buffer.take(undefined, signal))?.messages.length, 1)
})
