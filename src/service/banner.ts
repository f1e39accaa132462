import { version } from '../telemetry/version.ts'
import type { ComponentEndpoints } from './running-pipelines.ts'

const LOGS_PATH = '/v1/logs'
const SAMPLE =
  '{"resourceLogs":[{"resource":{"attributes":[{"key":"service.name","value":{"stringValue":"demo"}}]},' +
  '"scopeLogs":[{"logRecords":[{"severityNumber":9,"severityText":"INFO","body":{"stringValue":"hello parsec"}}]}]}]}'

export interface BannerOptions {
  readonly endpoints: readonly ComponentEndpoints[]
  readonly adminUrl: string | undefined
  /** The shell command that shows the stored result; undefined when nothing can be asked. */
  readonly queryCommand: string | undefined
  /** What does not work yet, one sentence each: Parsec runs and goes on trying. */
  readonly troubles?: readonly string[]
}

/** What to do next, for somebody who has just started Parsec: one string a line. */
export function bannerLines(options: BannerOptions): string[] {
  const { endpoints, adminUrl, queryCommand, troubles = [] } = options
  const rows = endpoints.flatMap(({ label, endpoints: urls }) =>
    urls.map(url => [label, reachable(url)] as const),
  )
  if (adminUrl !== undefined) {
    rows.push(['status', `${reachable(adminUrl)}/health (also /metrics, /stats)`])
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
  const logsUrl = rows.map(([, url]) => url).find(url => url.endsWith(LOGS_PATH))
  if (logsUrl !== undefined) lines.push('Send a log:', `  ${curl(logsUrl)}`)
  if (queryCommand !== undefined) lines.push('See it:', `  ${queryCommand}`)
  return lines
}

function curl(url: string): string {
  return `curl -i ${url} -H 'content-type: application/json' -d '${SAMPLE}'`
}

/** Nobody can send to "every address"; from this machine localhost is one of them. */
function reachable(url: string): string {
  return url.replace(/^(\w+:\/\/)(?:0\.0\.0\.0|\[::\])(?=[:/]|$)/, '$1localhost')
}
