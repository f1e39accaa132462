import { InvalidArgumentError } from 'commander'
import { z } from 'zod'
import { parseDurationMs } from '../config/fields.ts'
import { grpcClientFields, httpClientFields } from '../net/client-config.ts'
import { OtlpGrpcSender } from '../net/otlp-grpc-sender.ts'
import { OtlpHttpSender } from '../net/otlp-http-sender.ts'
import type { OtlpSender } from '../net/otlp-sender.ts'
import { UsageError } from './exit-codes.ts'
import { severityOf } from './send-source.ts'

export type Protocol = 'grpc' | 'http/protobuf' | 'http/json'

export interface ConnectionOptions {
  readonly endpoint: string | undefined
  readonly protocol: Protocol
  readonly header: Readonly<Record<string, string>>
  readonly gzip: boolean
  readonly caFile: string | undefined
  readonly insecureSkipVerify: boolean
}

/** A client as the options ask for: plaintext unless the endpoint says https. Throws UsageError. */
export function createSender(options: ConnectionOptions): OtlpSender {
  const { protocol, header, gzip, caFile, insecureSkipVerify } = options
  const common = {
    headers: header,
    compression: gzip ? 'gzip' : 'none',
    tls: {
      insecure_skip_verify: insecureSkipVerify,
      ...(caFile === undefined ? {} : { ca_file: caFile }),
    },
  }
  try {
    if (protocol === 'grpc') {
      const endpoint = options.endpoint ?? 'localhost:4317'
      const tls = { ...common.tls, insecure: !endpoint.startsWith('https://') }
      const schema = z.strictObject(grpcClientFields)
      return new OtlpGrpcSender(schema.parse({ ...common, endpoint, tls }))
    }
    const encoding = protocol === 'http/json' ? 'json' : 'protobuf'
    const config = z.strictObject(httpClientFields).parse(common)
    return new OtlpHttpSender(config, logsUrl(options.endpoint), encoding)
  } catch (error) {
    throw new UsageError(
      error instanceof z.ZodError ? explain(error.issues[0]!) : (error as Error).message,
    )
  }
}

/** A bad header name is told as an issue within one. */
function explain(issue: z.core.$ZodIssue): string {
  if (issue.code !== 'invalid_key') return issue.message
  return `"${String(issue.path.at(-1))}" ${issue.issues[0]!.message}`
}

function logsUrl(endpoint = 'http://localhost:4318'): URL {
  const text = /^https?:\/\//.test(endpoint) ? endpoint : `http://${endpoint}`
  if (!URL.canParse(text)) throw new Error(`"${endpoint}" is no URL, such as http://localhost:4318`)
  const url = new URL(text)
  if (url.pathname === '/') url.pathname = '/v1/logs'
  return url
}

/** `k=v`, repeatable. */
export function parsePair(
  text: string,
  pairs: Readonly<Record<string, string>> = {},
): Record<string, string> {
  const at = text.indexOf('=')
  if (at < 1) throw new InvalidArgumentError('Write it as name=value.')
  return { ...pairs, [text.slice(0, at)]: text.slice(at + 1) }
}

/** A whole number from 1 up. */
export function parseCount(text: string): number {
  const count = Number(text)
  if (/^\d+$/.test(text) && count >= 1 && Number.isSafeInteger(count)) return count
  throw new InvalidArgumentError('Write a whole number above 0.')
}

/** `1000/s` or `1000`: records per second. */
export function parseRate(text: string): number {
  const match = /^(\d+(?:\.\d+)?)(?:\/s)?$/.exec(text)
  if (match && Number(match[1]) > 0) return Number(match[1])
  throw new InvalidArgumentError('Write it as 1000/s.')
}

/** Milliseconds of `10s` and the like, above 0. */
export function parseTime(text: string): number {
  const ms = parseDurationMs(text)
  if (ms !== undefined && ms > 0) return ms
  throw new InvalidArgumentError('Write it as 500ms, 10s or 2m.')
}

/** Checks a severity's name. */
export function parseSeverity(text: string): string {
  try {
    severityOf(text)
    return text
  } catch (error) {
    throw new InvalidArgumentError((error as Error).message)
  }
}
