import assert from 'node:assert/strict'
import type { LogBatch } from '../batch/log-batch.ts'
import type { Component } from '../plugin/component.ts'
import type { Consumer } from '../plugin/consumer.ts'
import type { ExporterPlugin, ProcessorPlugin } from '../plugin/define-plugin.ts'
import { PipelineError } from '../plugin/pipeline-error.ts'
import { LogSink } from './log-sink.ts'
import { sampleLogs } from './sample-logs.ts'
import { createTestContext } from './test-context.ts'

/** One promise of the plugin contract. `check` rejects with what is broken. */
export interface ContractCase {
  /** A sentence, for the title of a test. */
  readonly title: string
  readonly check: () => Promise<void>
}

export interface ProcessorContractOptions {
  /** The plugin's keys, before its schema. It MUST let at least one sample record pass. */
  readonly config?: unknown
  /** A batch the processor passes on, wholly or in part; a fresh one for each call. */
  readonly batch?: () => LogBatch
}

export interface ExporterContractOptions {
  readonly config?: unknown
  readonly batch?: () => LogBatch
}

/** A check that takes longer has hung. */
const CHECK_MS_MAX = 10_000

/** What every processor must keep; run each case as a test. */
export function processorContract(
  plugin: ProcessorPlugin,
  options: ProcessorContractOptions = {},
): ContractCase[] {
  const sample = options.batch ?? ((): LogBatch => sampleLogs(['a', 'b', 'c']))
  const create = (): { processor: Component & Consumer; sink: LogSink } => {
    const sink = new LogSink()
    const config = plugin.config.parse(options.config ?? {})
    const context = createTestContext('processor', plugin.type)
    return { processor: plugin.create(config, context, sink), sink }
  }
  const verdict = (error: PipelineError, title: string): ContractCase => ({
    title,
    check: async () => {
      const { processor, sink } = create()
      sink.before = () => Promise.reject(error)
      await processor.start?.()
      const told = await refusal(processor.consume(sample(), never()))
      await processor.stop?.(never())
      assert.equal(told.retryable, error.retryable, 'the verdict changed between retryable and not')
      assert.equal(told.code, error.code, 'the code of the verdict changed')
    },
  })
  return limited([
    ...lifecycle(() => create().processor),
    {
      title: 'an accepted batch has reached the next stage',
      check: async () => {
        const { processor, sink } = create()
        await processor.start?.()
        await processor.consume(sample(), never())
        assert.ok(sink.count > 0, 'the batch was acknowledged and is nowhere')
        await processor.stop?.(never())
      },
    },
    verdict(PipelineError.retryable('full'), 'a retryable refusal of the next stage is passed on'),
    verdict(PipelineError.permanent('bad'), 'a refusal for good of the next stage is passed on'),
    {
      title: 'a sender that leaves does not have to wait',
      check: async () => {
        const { processor, sink } = create()
        // A stage that honours its signal, and never answers otherwise.
        sink.before = (_batch, signal) => untilAborted(signal)
        await processor.start?.()
        const sender = new AbortController()
        const consumed = processor.consume(sample(), sender.signal)
        setTimeout(() => sender.abort(), 10)
        const error = await refusal(consumed)
        assert.ok(error.retryable, 'a cancelled batch was refused for good')
        await processor.stop?.(AbortSignal.timeout(100))
      },
    },
    {
      title: 'what is held when stop is called is flushed or refused, not lost',
      check: async () => {
        const { processor, sink } = create()
        await processor.start?.()
        const consumed = processor.consume(sample(), never()).then(
          () => true,
          () => false,
        )
        await processor.stop?.(never())
        const accepted = await consumed
        assert.equal(sink.count > 0, accepted, 'the verdict and the sink disagree')
      },
    },
  ])
}

/** What every exporter must keep, also when its destination is down. */
export function exporterContract(
  plugin: ExporterPlugin,
  options: ExporterContractOptions = {},
): ContractCase[] {
  const sample = options.batch ?? ((): LogBatch => sampleLogs(['a', 'b', 'c']))
  const create = (): Component & Consumer =>
    plugin.create(
      plugin.config.parse(options.config ?? {}),
      createTestContext('exporter', plugin.type),
    )
  return limited([
    ...lifecycle(create),
    {
      title: 'a batch whose signal has aborted settles, and is refused retryably if at all',
      check: async () => {
        const exporter = create()
        await exporter.start?.()
        const outcome = await settled(exporter.consume(sample(), AbortSignal.abort()))
        await exporter.stop?.(AbortSignal.timeout(1000))
        assertRetryable(outcome)
      },
    },
    {
      title: 'a batch after stop is refused retryably, or still delivered',
      check: async () => {
        const exporter = create()
        await exporter.start?.()
        await exporter.stop?.(AbortSignal.timeout(1000))
        assertRetryable(await settled(exporter.consume(sample(), AbortSignal.timeout(2000))))
      },
    },
  ])
}

function lifecycle(create: () => Component): ContractCase[] {
  return [
    {
      title: 'starts and stops',
      check: async () => {
        const component = create()
        await component.start?.()
        await component.stop?.(AbortSignal.timeout(5000))
      },
    },
    {
      title: 'stops without having been started',
      check: async () => {
        await create().stop?.(AbortSignal.timeout(5000))
      },
    },
    {
      title: 'stops when the deadline has already passed',
      check: async () => {
        const component = create()
        await component.start?.()
        await component.stop?.(AbortSignal.abort())
      },
    },
  ]
}

function limited(cases: readonly ContractCase[]): ContractCase[] {
  return cases.map(({ title, check }) => ({ title, check: () => within(check()) }))
}

async function within(work: Promise<void>): Promise<void> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_resolve, reject) => {
    const error = new assert.AssertionError({ message: `did not settle in ${CHECK_MS_MAX} ms` })
    timer = setTimeout(() => reject(error), CHECK_MS_MAX)
  })
  try {
    await Promise.race([work, late])
  } finally {
    clearTimeout(timer)
  }
}

async function settled(work: Promise<void>): Promise<unknown> {
  return await work.then(
    () => undefined,
    (error: unknown) => error,
  )
}

async function refusal(work: Promise<void>): Promise<PipelineError> {
  const error = await settled(work)
  assert.ok(error !== undefined, 'the batch was acknowledged although the next stage refused it')
  return PipelineError.from(error)
}

function assertRetryable(error: unknown): void {
  if (error !== undefined) assert.ok(PipelineError.from(error).retryable, 'refused for good')
}

function untilAborted(signal: AbortSignal): Promise<never> {
  return new Promise((_resolve, reject) => {
    const abort = (): void => reject(PipelineError.retryable('cancelled', { code: 'cancelled' }))
    if (signal.aborted) abort()
    else signal.addEventListener('abort', abort)
  })
}

function never(): AbortSignal {
  return new AbortController().signal
}
