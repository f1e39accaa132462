import { stringify } from 'yaml'
import type { Destination } from '../destinations/destination.ts'
import type { KafkaPlan } from '../kafka-plan.ts'
import {
  ATTEMPTS,
  destinationPart,
  LISTEN,
  otlpReceiver,
  type QueueSetting,
  queuePart,
} from '../parsec-config.ts'
import type { RunPlan } from '../plan.ts'

/** Names the folder of a consumer's own queue. */
export const MEMBER_VARIABLE = 'ORACLE_MEMBER'

export interface ClusterSetting {
  readonly brokers: string
  readonly topic: string
  readonly groupId: string
  /** Of the collectors. */
  readonly collectorQueue: QueueSetting
  /** Where each consumer that has a queue on disk has it, in a folder of its own. */
  readonly consumerQueues: string
}

/** YAML of the config that both roles run with, as `config/cluster.yaml` is. */
export function clusterConfig(
  { limits }: Pick<RunPlan, 'limits'>,
  plan: KafkaPlan,
  setting: ClusterSetting,
  destination: Pick<Destination, 'exporter'>,
): string {
  const { type } = destination.exporter
  const { brokers, topic, collectorQueue } = setting
  const { extensions, ...queue } = queuePart(limits, collectorQueue)
  return stringify({
    receivers: { otlp: otlpReceiver(), kafka: kafkaReceiver(plan, setting) },
    exporters: {
      kafka: {
        brokers: [brokers],
        logs: { topic },
        producer: { compression: plan.compression, max_message_bytes: plan.messageBytesMax },
        ...ATTEMPTS,
        ...queue,
      },
      [type]: {
        ...destinationPart(destination, collectorQueue.broken),
        sending_queue: consumerQueue(limits, plan, setting),
      },
    },
    ...(extensions === undefined ? {} : { extensions }),
    service: {
      ...(extensions === undefined ? {} : { extensions: Object.keys(extensions) }),
      telemetry: { metrics: LISTEN },
      roles: { collector: ['logs/collector'], consumer: ['logs/consumer'] },
      pipelines: {
        'logs/collector': { receivers: ['otlp'], exporters: ['kafka'] },
        'logs/consumer': { receivers: ['kafka'], exporters: [type] },
      },
    },
  })
}

function kafkaReceiver(plan: KafkaPlan, { brokers, topic, groupId }: ClusterSetting): object {
  return {
    brokers: [brokers],
    group_id: groupId,
    initial_offset: 'earliest',
    logs: { topics: [topic] },
    session_timeout: `${plan.sessionMs}ms`,
    heartbeat_interval: `${plan.sessionMs / 4}ms`,
    rebalance_timeout: '10s',
    group_rebalance_strategies: [plan.strategy],
    max_fetch_wait: '50ms',
    max_fetch_size: plan.fetchBytesMax,
    max_partition_fetch_size: plan.fetchBytesMax,
    max_buffered_size: plan.bufferedBytesMax,
    batch: { max_size: plan.batchBytesMax, flush_timeout: `${plan.flushMs}ms` },
    error_backoff: { initial_interval: '50ms', max_interval: '1s' },
  }
}

/** Kafka is the queue, unless the plan puts another behind it. */
function consumerQueue(
  limits: RunPlan['limits'],
  { hasConsumerQueue, batchBytesMax }: KafkaPlan,
  { consumerQueues, collectorQueue: { broken } }: ClusterSetting,
): object {
  // What is in memory is committed before the destination has it.
  if (broken === 'commit-before-store') return {}
  if (!hasConsumerQueue) return { enabled: false }
  const directory = `${consumerQueues}/\${env:${MEMBER_VARIABLE}}`
  const own: QueueSetting = { queue: 'file', broken: undefined, directory }
  // Joined batches would have names of their own, which a repetition does not find again.
  // A batch of the receiver must fit; one message may make it larger than it should be.
  const queueBytes = limits.queueBytes + 4 * batchBytesMax
  return queuePart({ ...limits, queueBytes, batch: undefined }, own).sending_queue
}
