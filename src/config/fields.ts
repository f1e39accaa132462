import { z } from 'zod'

/*
 * The value types that configs share. Each parses what users of the Collector write and outputs
 * one unit: milliseconds for durations, bytes for sizes.
 */

const DURATION_UNITS_MS: Readonly<Record<string, number>> = {
  ns: 1e-6,
  us: 1e-3,
  µs: 1e-3,
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
}
const DURATION = /^(?:\d+(?:\.\d+)?(?:ns|us|µs|ms|s|m|h))+$/
const DURATION_PART = /(\d+(?:\.\d+)?)(ns|us|µs|ms|s|m|h)/g

/** A Go duration such as `200ms` or `1m30s`; `0` alone is allowed. Undefined when it is not one. */
export function parseDurationMs(text: string): number | undefined {
  if (text === '0') return 0
  if (!DURATION.test(text)) return undefined
  let total = 0
  for (const [, amount, unit] of text.matchAll(DURATION_PART)) {
    total += Number(amount) * DURATION_UNITS_MS[unit!]!
  }
  return total
}

/** Outputs milliseconds. */
export type DurationField = z.ZodPipe<
  z.ZodDefault<z.ZodUnion<readonly [z.ZodString, z.ZodLiteral<0>]>>,
  z.ZodTransform<number, string | 0>
>

/** Outputs bytes. */
export type SizeField = z.ZodPipe<
  z.ZodDefault<z.ZodUnion<readonly [z.ZodString, z.ZodNumber]>>,
  z.ZodTransform<number, string | number>
>

const durationText = z.union([z.string(), z.literal(0)])

function toMs(text: string | 0, context: z.RefinementCtx): number {
  const ms = parseDurationMs(String(text))
  if (ms !== undefined) return ms
  context.addIssue(`"${text}" is not a duration: write it as 200ms, 5s or 1m30s`)
  return z.NEVER
}

/** A duration in the config, milliseconds in the code. `fallback` is written as users write it. */
export function duration(description: string, fallback: string): DurationField {
  return durationText
    .default(fallback)
    .transform(toMs)
    .meta({ description, format: 'duration', default: fallback })
}

/** The same where it makes a difference whether one was given. */
export function optionalDuration(
  description: string,
): z.ZodOptional<z.ZodPipe<typeof durationText, z.ZodTransform<number, string | 0>>> {
  return durationText.transform(toMs).optional().meta({ description, format: 'duration' })
}

const SIZE_UNITS: Readonly<Record<string, number>> = {
  '': 1,
  b: 1,
  kb: 1000,
  mb: 1e6,
  gb: 1e9,
  kib: 1024,
  mib: 1024 ** 2,
  gib: 1024 ** 3,
}

/** A size such as `512MiB` or a plain number of bytes; bytes in the code. */
export function byteSize(description: string, fallback: number | string): SizeField {
  return z
    .union([z.string(), z.number().int().nonnegative()])
    .default(fallback)
    .transform((text, context) => {
      const match = /^(\d+(?:\.\d+)?)\s*([kmg]?i?b?)$/i.exec(String(text))
      const unit = match && SIZE_UNITS[match[2]!.toLowerCase()]
      if (match && unit) return Math.floor(Number(match[1]) * unit)
      context.addIssue(`"${text}" is not a size: write it as 67108864, 64MiB or 1GiB`)
      return z.NEVER
    })
    .meta({ description, format: 'bytes', default: fallback })
}

/** A string that `print-config`, errors and logs show as `[REDACTED]`. */
export function secret(description: string): z.ZodString {
  return z.string().meta({ description, secret: true })
}

/** For `superRefine`: `parse` must take the text; what it throws otherwise is what is wrong with it. */
export function mustParse(
  parse: (text: string) => unknown,
): (text: string, context: z.RefinementCtx) => void {
  return (text, context) => {
    try {
      parse(text)
    } catch (error) {
      context.addIssue((error as Error).message)
    }
  }
}
