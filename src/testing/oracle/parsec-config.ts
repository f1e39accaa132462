import { stringify } from 'yaml'
import type { Destination } from './destinations/destination.ts'
import type { RunPlan } from './plan.ts'

/** How records come in: the protocols of OTLP, or plain JSON. */
export const INTAKES = ['otlp', 'ingest'] as const
export type Intake = (typeof INTAKES)[number]

export const QUEUES = ['file', 'memory', 'wait', 'none'] as const
/** On disk; in memory; acknowledged by the destination through a queue, or without one. */
export type QueueMode = (typeof QUEUES)[number]

/** What is broken on purpose, so that the oracle has to find it. */
export const BREAKS = [
  'ack-before-sync',
  'commit-before-store',
  'no-dedup',
  'no-transactions',
] as const
export type Break = (typeof BREAKS)[number]

const REQUEST_MIB_MAX = 64
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

export interface WorkersSetting {
  readonly count: number
  /** For gRPC and HTTP: when all workers have died, free ports would be others than before. */
  readonly ports?: readonly number[] | undefined
}

/** YAML of the config that is under test in this run. */
export function parsecConfig(
  { limits }: Pick<RunPlan, 'limits'>,
  setting: QueueSetting,
  destination: Pick<Destination, 'exporter'>,
  intake: Intake = 'otlp',
  { count: workers, ports }: WorkersSetting = { count: 1 },
): string {
  const { type } = destination.exporter
  const { extensions, ...queue } = queuePart(limits, setting)
  return stringify({
    receivers: { [intake]: intake === 'otlp' ? otlpReceiver(ports) : ingestReceiver() },
    exporters: { [type]: { ...destinationPart(destination, setting.broken), ...queue } },
    ...(extensions === undefined ? {} : { extensions }),
    service: {
      ...(extensions === undefined ? {} : { extensions: Object.keys(extensions) }),
      workers,
      telemetry: { metrics: LISTEN },
      pipelines: { logs: { receivers: [intake], exporters: [type] } },
    },
  })
}

/** On a port of its own, for requests of any size that is sent. */
export const LISTEN = { endpoint: '127.0.0.1:0' }

export function otlpReceiver([grpc, http]: readonly number[] = [0, 0]): object {
  return {
    protocols: {
      grpc: { endpoint: `127.0.0.1:${grpc}`, max_recv_msg_size_mib: REQUEST_MIB_MAX },
      http: { endpoint: `127.0.0.1:${http}`, max_request_body_size: REQUEST_MIB_MAX * 1024 ** 2 },
    },
  }
}

function ingestReceiver(): object {
  return { ...LISTEN, max_request_body_size: REQUEST_MIB_MAX * 1024 ** 2 }
}

/** The keys of the exporter that writes to the destination, but for its queue. */
export function destinationPart(
  { exporter }: Pick<Destination, 'exporter'>,
  broken: Break | undefined,
): object {
  return {
    ...exporter.keys,
    ...(broken === 'no-dedup' ? { dedup_window: 0 } : {}),
    ...ATTEMPTS,
  }
}

/** Every exporter's: it is soon tried again, since runs are short. */
export const ATTEMPTS = {
  timeout: `${TIMEOUT_MS}ms`,
  retry_on_failure: { initial_interval: '50ms', max_interval: '1s' },
}

/** The `sending_queue`, and the extension it may need. */
export function queuePart(
  limits: RunPlan['limits'],
  { queue, broken, directory }: QueueSetting,
): { readonly sending_queue: object; readonly extensions?: Readonly<Record<string, object>> } {
  const own = sendingQueue(limits, queue, directory)
  if (broken !== 'ack-before-sync') return { sending_queue: own }
  return {
    sending_queue: { ...own, storage: 'file_storage', directory: undefined },
    extensions: { file_storage: { directory, fsync: false } },
  }
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
