import type { WorkersConfig } from '../config/service-config.ts'
import { version } from '../telemetry/version.ts'
import type { ComponentEndpoints } from './running-pipelines.ts'

/** What to send where, by the end of the URL; the simplest first. */
const SAMPLES = [
  {
    path: '/ingest',
    body: '{"message":"hello parsec","level":"info","service":"demo"}',
  },
  {
    path: '/v1/logs',
    body:
      '{"resourceLogs":[{"resource":{"attributes":[{"key":"service.name","value":{"stringValue":"demo"}}]},' +
      '"scopeLogs":[{"logRecords":[{"severityNumber":9,"severityText":"INFO","body":{"stringValue":"hello parsec"}}]}]}]}',
  },
] as const

export interface BannerOptions {
  readonly endpoints: readonly ComponentEndpoints[]
  readonly adminUrl: string | undefined
  /** The shell command that shows the stored result; undefined when nothing can be asked. */
  readonly queryCommand: string | undefined
  /** How many processes share the ports, and why not more; absent: one, as asked for. */
  readonly workers?: WorkersConfig
  /** What does not work yet, one sentence each: Parsec runs and goes on trying. */
  readonly troubles?: readonly string[]
}

/** What to do next, for somebody who has just started Parsec: one string a line. */
export function bannerLines(options: BannerOptions): string[] {
  const { endpoints, adminUrl, queryCommand, workers, troubles = [] } = options
  const rows = endpoints.flatMap(({ label, endpoints: urls }) =>
    urls.map(url => [label, reachable(url)] as const),
  )
  if (adminUrl !== undefined) {
    rows.push(['status', `${reachable(adminUrl)}/health (also /metrics, /stats)`])
  }
  if (workers !== undefined && workers.count > 1) {
    rows.push(['workers', `${workers.count} processes share the ports`])
  } else if (workers?.oneProcess !== undefined) {
    rows.push(['workers', `1, because ${workers.oneProcess}`])
  }
  const width = Math.max(0, ...rows.map(([label]) => label.length))
  const lines =
    troubles.length === 0
      ? [`Parsec ${version} is ready.`]
      : [
          `Parsec ${version} runs, but records have to wait for:`,
          ...troubles.map(trouble => `  ${trouble}`),
        ]
  for (const [label, url] of rows) lines.push(`  ${label.padEnd(width)}  ${url}`)
  const urls = rows.map(([, url]) => url)
  const sample = SAMPLES.find(({ path }) => urls.some(url => url.endsWith(path)))
  if (sample !== undefined) {
    const url = urls.find(candidate => candidate.endsWith(sample.path))!
    lines.push('Send a log:', `  ${curl(url, sample.body)}`)
  }
  if (queryCommand !== undefined) lines.push('See it:', `  ${queryCommand}`)
  return lines
}

function curl(url: string, body: string): string {
  return `curl -i ${url} -H 'content-type: application/json' -d '${body}'`
}

/** Nobody can send to "every address"; from this machine localhost is one of them. */
function reachable(url: string): string {
  return url.replace(/^(\w+:\/\/)(?:0\.0\.0\.0|\[::\])(?=[:/]|$)/, '$1localhost')
}
