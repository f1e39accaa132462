import { existsSync } from 'node:fs'
import { type Command, InvalidArgumentError } from 'commander'
import { parseDurationMs } from '../config/fields.ts'
import type { ServiceConfig } from '../config/service-config.ts'
import type { LetterFilter } from '../dead-letter/letter-filter.ts'
import { letterDirectories } from '../pipeline/dead-letters.ts'
import { type ConfigOptions, loadOrThrow } from './config-options.ts'
import type { CliContext } from './context.ts'
import { UsageError } from './exit-codes.ts'
import { SHIPPED_CONFIG } from './shipped-config.ts'

export interface FilterOptions {
  readonly reason?: string
  readonly destination?: string
  readonly since?: number
  readonly until?: number
}

/** Gives a command the options that choose letters. */
export function addFilterOptions(command: Command): Command {
  return command
    .option('--reason <reason>', 'only with this reason, such as rejected or retries_exhausted')
    .option('--destination <id>', 'only of this exporter')
    .option('--since <time>', 'only from this time on: 2026-11-26T12:00:00Z, or 2h ago', parseTime)
    .option('--until <time>', 'only before this time, in the same form', parseTime)
}

export function filterOf({ reason, destination, since, until }: FilterOptions): LetterFilter {
  return { reason, destination, sinceMs: since, untilMs: until }
}

/** A point in time, or a duration before now; milliseconds since the epoch. */
export function parseTime(text: string): number {
  const ago = parseDurationMs(text.replace(/ ?ago$/, ''))
  if (ago !== undefined) return Date.now() - ago
  const ms = /^\d{4}-\d\d-\d\d/.test(text) ? Date.parse(text) : Number.NaN
  if (!Number.isNaN(ms)) return ms
  throw new InvalidArgumentError('Write it as 2026-11-26T12:00:00Z or 2h.')
}

/** The config that the options name, or the shipped one. */
export async function loadLetterConfig(
  { config, set }: ConfigOptions,
  context: CliContext,
): Promise<ServiceConfig> {
  const options = { config: config ?? [SHIPPED_CONFIG], ...(set ? { set } : {}) }
  return await loadOrThrow(options, context)
}

/** Where a config keeps dead letters. Throws UsageError when it keeps none. */
export function directoriesOf(config: ServiceConfig): string[] {
  const directories = letterDirectories(config)
  if (directories.length > 0) return directories
  throw new UsageError(
    'this config keeps no dead letters in a directory: add service::dead_letter::directory, or name the directory',
  )
}

/** The directory that was named, or those of the config. */
export async function chosenDirectories(
  directory: string | undefined,
  options: ConfigOptions,
  context: CliContext,
): Promise<string[]> {
  if (directory === undefined) return directoriesOf(await loadLetterConfig(options, context))
  if (options.config !== undefined) throw new UsageError('give a directory or --config, not both')
  if (!existsSync(directory)) throw new UsageError(`there is no directory ${directory}`)
  return [directory]
}
