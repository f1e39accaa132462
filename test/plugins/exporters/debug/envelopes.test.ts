import test from 'ava'
import { batchText } from '../../../../plugins/exporters/debug/batch-text.ts'
import { countResources, entityRefs } from '../../../../plugins/exporters/debug/envelopes.ts'
import { buildLogs } from '../../../../src/otlp/build-logs.ts'
import { decodeLogs } from '../../../../src/otlp/decode-logs.ts'
import { Writer } from '../../../../src/wire/writer.ts'

test('only resources with a selected record are counted', t => {
  const parts = [{ records: [{}, {}] }, { records: [] }, { records: [{}] }]
  const batch = buildLogs(parts, { requestId: 'r' })
  t.is(countResources(batch), 2)
  t.is(countResources(batch.slice(0, 2)), 1)
  t.is(countResources(batch.slice(0, 0)), 0)
})

test('the entities that a resource refers to are read and shown', t => {
  const out = new Writer(256)
  out.message(0x0a, () => {
    out.message(0x0a, () => {
      out.message(0x1a, () => {
        out.string(0x12, 'service')
        out.string(0x1a, 'service.name')
        out.string(0x1a, 'service.instance.id')
        out.string(0x22, 'service.version')
        out.string(0x0a, 'https://schema/1')
        out.varint(0x78)
        out.varint(1)
      })
      out.message(0x1a, () => out.string(0x12, 'host'))
    })
    out.message(0x12, () => out.message(0x12, () => out.string(0x1a, 'INFO')))
  })
  const { batch } = decodeLogs(Buffer.from(out.finish()), { requestId: 'r' })
  t.deepEqual(entityRefs(batch.cursor().seek(0)), [
    {
      schemaUrl: 'https://schema/1',
      type: 'service',
      idKeys: ['service.name', 'service.instance.id'],
      descriptionKeys: ['service.version'],
    },
    { schemaUrl: '', type: 'host', idKeys: [], descriptionKeys: [] },
  ])
  t.true(
    batchText(batch, 'detailed').includes(`Resource entity refs:
     -> Entity ref #0:
          -> Type: service
          -> Schema URL: https://schema/1
          -> ID keys:
               -> service.name
               -> service.instance.id
          -> Description keys:
               -> service.version
     -> Entity ref #1:
          -> Type: host
ScopeLogs #0`),
  )
})
