import { stringify } from 'yaml'
import type { Destination } from './destinations/destination.ts'
import type { RunPlan } from './plan.ts'

export const QUEUES = ['file', 'memory', 'wait', 'none'] as const
/** On disk; in memory; acknowledged by the destination through a queue, or without one. */
export type QueueMode = (typeof QUEUES)[number]

/** What is broken on purpose, so that the oracle has to find it. */
export const BREAKS = ['ack-before-sync'] as const
export type Break = (typeof BREAKS)[number]

/** The exporter gives up an attempt after this; a slow destination takes longer now and then. */
const TIMEOUT_MS = 2500
/**
 * Attempts at the same time: what the exporter gives up, the destination still works on, and with
 * many of them a slow machine would never catch up.
 */
const CONSUMERS = 3

export interface QueueSetting {
  readonly queue: QueueMode
  readonly broken: Break | undefined
  /** For a queue on disk. */
  readonly directory: string
}

/** YAML of the config that is under test in this run. */
export function parsecConfig(
  { limits }: Pick<RunPlan, 'limits'>,
  { queue, broken, directory }: QueueSetting,
  { exporter }: Pick<Destination, 'exporter'>,
): string {
  const unsafe = broken === 'ack-before-sync'
  const listen = { endpoint: '127.0.0.1:0' }
  const megabytes = 64
  return stringify({
    receivers: {
      otlp: {
        protocols: {
          grpc: { ...listen, max_recv_msg_size_mib: megabytes },
          http: { ...listen, max_request_body_size: megabytes * 1024 ** 2 },
        },
      },
    },
    exporters: {
      [exporter.type]: {
        ...exporter.keys,
        timeout: `${TIMEOUT_MS}ms`,
        sending_queue: {
          ...sendingQueue(limits, queue, directory),
          ...(unsafe ? { storage: 'file_storage', directory: undefined } : {}),
        },
        retry_on_failure: { initial_interval: '50ms', max_interval: '1s' },
      },
    },
    ...(unsafe ? { extensions: { file_storage: { directory, fsync: false } } } : {}),
    service: {
      ...(unsafe ? { extensions: ['file_storage'] } : {}),
      telemetry: { metrics: listen },
      pipelines: { logs: { receivers: ['otlp'], exporters: [exporter.type] } },
    },
  })
}

function sendingQueue(limits: RunPlan['limits'], queue: QueueMode, directory: string): object {
  if (queue === 'none') return { enabled: false }
  const { batch } = limits
  const common = {
    queue_size: limits.queueBytes,
    num_consumers: CONSUMERS,
    ...(batch === undefined
      ? {}
      : {
          batch: {
            min_size: batch.minSize,
            max_size: batch.maxSize,
            flush_timeout: `${batch.flushMs}ms`,
          },
        }),
  }
  switch (queue) {
    case 'file':
      return {
        ...common,
        storage: 'file',
        directory,
        segment_size: limits.segmentBytes,
        memory_size: limits.memoryBytes,
      }
    case 'wait':
      return { ...common, wait_for_result: true }
    case 'memory':
      return common
  }
}
