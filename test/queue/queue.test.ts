import test from 'ava'
import { queueSize, type Sizer } from '../../src/queue/queue.ts'
import { sampleLogs } from '../../src/testing/sample-logs.ts'

const three = sampleLogs(['a', 'b', 'c'])

const takes = test.macro((t, sizer: Sizer, batch: typeof three, size: number) => {
  t.is(queueSize(batch, sizer), size)
})
test('by requests every batch counts one', takes, 'requests', three, 1)
test('by items a batch counts its records', takes, 'items', three, 3)
test('by items only selected records count', takes, 'items', three.slice(1, 3), 2)
test('by bytes a batch counts the memory it holds', takes, 'bytes', three, three.memoryBytes)

test('by bytes a part of a batch counts all memory that it keeps alive', t => {
  t.true(queueSize(three.slice(0, 1), 'bytes') > three.bytes.length)
})
