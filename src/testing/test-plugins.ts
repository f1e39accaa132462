import { z } from 'zod'
import { exportChainFields } from '../export/config.ts'
import type { Consumer } from '../plugin/consumer.ts'
import {
  definePlugin,
  type ExporterPlugin,
  type Plugin,
  type ReceiverPlugin,
} from '../plugin/define-plugin.ts'
import { LogSink } from './log-sink.ts'

/** Both ends of the pipelines under test, by component id. */
export interface TestEnds {
  readonly plugins: readonly Plugin[]
  /** What the `test` receivers send to. */
  readonly entries: Map<string, Consumer>
  /** What the `sink` and `queued_sink` exporters have got. */
  readonly sinks: Map<string, LogSink>
}

/**
 * Plugins for tests: the receiver `test`, through which a test sends; the exporters `sink`, which
 * has no export chain, so that the sender hears of everything, and `queued_sink`, which has one.
 */
export function createTestEnds(): TestEnds {
  const entries = new Map<string, Consumer>()
  const sinks = new Map<string, LogSink>()
  const createSink: ExporterPlugin['create'] = (_config, { id }) => {
    const sink = new LogSink()
    sinks.set(id, sink)
    return sink
  }
  const receiver: ReceiverPlugin = {
    kind: 'receiver',
    type: 'test',
    stability: 'stable',
    summary: 'Sends what a test gives it.',
    config: z.strictObject({}),
    create: (_config, { id }, next) => {
      entries.set(id, next)
      return {}
    },
  }
  const sink = definePlugin({
    kind: 'exporter',
    type: 'sink',
    stability: 'stable',
    summary: 'Keeps what it gets, for a test to look at.',
    config: z.strictObject({}),
    create: createSink,
  })
  const queuedSink = definePlugin({
    kind: 'exporter',
    type: 'queued_sink',
    stability: 'stable',
    summary: 'The same behind an export chain.',
    config: z.strictObject(exportChainFields('5s')),
    create: createSink,
  })
  return { plugins: [receiver, sink, queuedSink], entries, sinks }
}
