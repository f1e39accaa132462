import type { ExecutionContext } from 'ava'
import { kafkaReceiver } from '../../plugins/receivers/kafka/index.ts'
import { type PipelineRun, runPipeline, sampleLogs } from '../../src/testing/index.ts'
import { uniqueName } from './kafka-broker.ts'

interface Options {
  readonly group?: string
  readonly topic: string
  /** Further keys of the receiver, in YAML flow style with a comma in front. */
  readonly keys?: string
}

/** A pipeline from a topic, read from the begin, into the sink. */
export async function consume(
  t: ExecutionContext,
  { brokers }: { readonly brokers: string },
  { group = uniqueName('group'), topic, keys = '' }: Options,
): Promise<PipelineRun & { readonly bodies: () => string[] }> {
  const others = { batch: 'flush_timeout: 20ms', logs: `topics: ["${topic}"]` }
  const rest = Object.entries(others).filter(([key]) => !keys.includes(`${key}: {`))
  const flow = [keys, ...rest.map(([key, value]) => `${key}: { ${value} }`)].filter(Boolean)
  const run = await runPipeline(
    t,
    `receivers: { kafka: { brokers: ["${brokers}"], group_id: ${group}, initial_offset: earliest,
       max_fetch_wait: 50ms, heartbeat_interval: 300ms, session_timeout: 6s,
       error_backoff: { initial_interval: 50ms, max_interval: 200ms }, ${flow.join(', ')} } }`,
    [kafkaReceiver],
  )
  return { ...run, bodies: () => [...run.sink().bodies] }
}

/** An encoded OTLP request with a record for each text. */
export function otlp(...texts: string[]): Buffer {
  return sampleLogs(texts).bytes
}
