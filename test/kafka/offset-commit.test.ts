import test from 'ava'
import { instanceOffsetCommit } from '../../src/kafka/offset-commit.ts'

// What a broker says to it: static-membership.test.ts.
test('it is the bytes of version 7', async t => {
  const { request } = instanceOffsetCommit({
    groupId: 'g',
    groupGenerationId: 2,
    memberId: 'm',
    groupInstanceId: 'i',
    topics: [
      {
        topic: 't',
        partitions: [
          { partition: 3, offset: '5000000000', metadata: 'x' },
          { partition: 4, offset: '0' },
        ],
      },
    ],
  })
  t.like(request, { apiKey: 8, apiVersion: 7 })
  const { buffer } = (await request.encode()) as unknown as { buffer: Buffer }
  t.is(
    buffer.toString('hex'),
    [
      '000167', // group
      '00000002', // generation
      '00016d', // member
      '000169', // instance
      '00000001000174', // topics
      '00000002', // partitions
      '00000003000000012a05f200ffffffff000178',
      '000000040000000000000000ffffffffffff',
    ].join(''),
  )
})

test('an error of a partition is thrown', async t => {
  const { response } = instanceOffsetCommit({
    groupId: 'g',
    groupGenerationId: 2,
    memberId: 'm',
    groupInstanceId: 'i',
    topics: [],
  })
  const payload = Buffer.from('00000000000000010001740000000100000003' + '0052', 'hex')
  const decoded = await response.decode(payload)
  await t.throwsAsync(async () => await response.parse(decoded), { message: /static consumer/ })
})
