import { Writable } from 'node:stream'
import { pino } from 'pino'
import { Authenticators } from '../plugin/authenticator.ts'
import type { ComponentKind, ComponentStatus } from '../plugin/component.ts'
import { Door } from '../plugin/door.ts'
import type { ExtensionContext } from '../plugin/extension-context.ts'
import type { HealthReport } from '../plugin/health.ts'
import { Metrics } from '../telemetry/metrics.ts'

/** A plugin's context, of any kind, whose log lines, metrics and status can be looked at. */
export interface TestContext extends ExtensionContext {
  /** Every log line, parsed. */
  readonly lines: Record<string, unknown>[]
  readonly statuses: { status: ComponentStatus; detail: string | undefined }[]
  /** What `health()` answers; set it as the test needs. */
  report: HealthReport
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
  const since = new Date(0).toISOString()
  return {
    id,
    kind,
    logger: pino({ level: 'trace' }, stream).child({ component: id }),
    metrics: new Metrics(),
    authenticators: new Authenticators(),
    door: new Door(),
    lines,
    statuses,
    report: { status: 'ok', ready: true, since, components: [] },
    health() {
      return this.report
    },
    reportStatus: (status, detail) => statuses.push({ status, detail }),
  }
}
