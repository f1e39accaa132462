import test from 'ava'
import { z } from 'zod'
import type { Consumer } from '../../src/plugin/consumer.ts'
import type { ExporterPlugin, ProcessorPlugin } from '../../src/plugin/define-plugin.ts'
import { PipelineError } from '../../src/plugin/pipeline-error.ts'
import { type ContractCase, exporterContract, processorContract } from '../../src/testing/index.ts'

const base = { stability: 'stable', summary: 'Test.', config: z.strictObject({}) } as const

function processor(consume: (next: Consumer) => Consumer['consume']): ProcessorPlugin {
  return {
    ...base,
    kind: 'processor',
    type: 'subject',
    create: (_config, _context, next) => ({ consume: consume(next) }),
  }
}

function exporter(consume: Consumer['consume']): ExporterPlugin {
  return { ...base, kind: 'exporter', type: 'subject', create: () => ({ consume }) }
}

/** Titles of the cases that the plugin breaks. */
async function broken(cases: readonly ContractCase[]): Promise<string[]> {
  const results = await Promise.allSettled(cases.map(({ check }) => check()))
  return cases.filter((_case, i) => results[i]?.status === 'rejected').map(({ title }) => title)
}

test('a processor that keeps the contract breaks nothing', async t => {
  const honest = processor(next => (batch, signal) => next.consume(batch, signal))
  t.deepEqual(await broken(processorContract(honest)), [])
})

test('one that acknowledges early is found out', async t => {
  const early = processor(next => async (batch, signal) => {
    next.consume(batch, signal).catch(() => {})
  })
  t.deepEqual(await broken(processorContract(early)), [
    'a retryable refusal of the next stage is passed on',
    'a refusal for good of the next stage is passed on',
    'a sender that leaves does not have to wait',
  ])
})

test('one that makes every refusal final is found out', async t => {
  const harsh = processor(next => async (batch, signal) => {
    try {
      await next.consume(batch, signal)
    } catch {
      throw PipelineError.permanent('no')
    }
  })
  t.true(
    (await broken(processorContract(harsh))).includes(
      'a retryable refusal of the next stage is passed on',
    ),
  )
})

test('one that loses batches is found out', async t => {
  const lossy = processor(() => async () => {})
  t.true(
    (await broken(processorContract(lossy))).includes(
      'an accepted batch has reached the next stage',
    ),
  )
})

test('an exporter that keeps the contract breaks nothing', async t => {
  t.deepEqual(await broken(exporterContract(exporter(async () => {}))), [])
})

test('one that calls an aborted batch lost is found out', async t => {
  const harsh = exporter(async (_batch, signal) => {
    if (signal.aborted) throw PipelineError.permanent('aborted')
  })
  t.deepEqual(await broken(exporterContract(harsh)), [
    'a batch whose signal has aborted settles, and is refused retryably if at all',
  ])
})
