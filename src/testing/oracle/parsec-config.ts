import { stringify } from 'yaml'
import type { Destination } from './destinations/destination.ts'
import type { RunPlan } from './plan.ts'

export const QUEUES = ['file', 'memory', 'wait', 'none'] as const
/** On disk; in memory; acknowledged by the destination through a queue, or without one. */
export type QueueMode = (typeof QUEUES)[number]

/** The exporter gives up an attempt after this; a slow destination takes longer now and then. */
const TIMEOUT_MS = 1000

/** YAML of the config that is under test in this run. */
export function parsecConfig(
  { limits }: Pick<RunPlan, 'limits'>,
  queue: QueueMode,
  { exporter }: Pick<Destination, 'exporter'>,
  queueDirectory: string,
): string {
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
        sending_queue: sendingQueue(limits, queue, queueDirectory),
        retry_on_failure: { initial_interval: '50ms', max_interval: '300ms' },
      },
    },
    service: {
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
      return { ...common, storage: 'file', directory }
    case 'wait':
      return { ...common, wait_for_result: true }
    case 'memory':
      return common
  }
}
