import { Writable } from 'node:stream'
import { pino } from 'pino'
import type { ComponentKind, ComponentStatus, PluginContext } from '../plugin/component.ts'
import { Metrics } from '../telemetry/metrics.ts'

/** A plugin's context whose log lines, metrics and status can be looked at. */
export interface TestContext extends PluginContext {
  /** Every log line, parsed. */
  readonly lines: Record<string, unknown>[]
  readonly statuses: { status: ComponentStatus; detail: string | undefined }[]
}

export function createTestContext(kind: ComponentKind, id: string): TestContext {
  const lines: Record<string, unknown>[] = []
  const stream = new Writable({
    write(chunk: Buffer, _encoding, done): void {
      lines.push(JSON.parse(chunk.toString()) as Record<string, unknown>)
      done()
    },
  })
  const statuses: TestContext['statuses'] = []
  return {
    id,
    kind,
    logger: pino({ level: 'trace' }, stream).child({ component: id }),
    metrics: new Metrics(),
    lines,
    statuses,
    reportStatus: (status, detail) => statuses.push({ status, detail }),
  }
}
