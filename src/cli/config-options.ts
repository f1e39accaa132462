import type { Command } from 'commander'
import { type LoadedConfig, loadConfig } from '../config/load.ts'
import { ConfigError } from '../config/problem.ts'
import { renderProblems } from '../config/render-problem.ts'
import type { ServiceConfig } from '../config/service-config.ts'
import type { CliContext } from './context.ts'
import { UsageError } from './exit-codes.ts'

export interface ConfigOptions {
  readonly config?: readonly string[]
  readonly set?: readonly string[]
}

/** Gives a command the options `--config` and `--set`, both repeatable. */
export function addConfigOptions(command: Command): Command {
  return command
    .option(
      '-c, --config <source>',
      'config to read: a path, file:PATH, env:NAME or yaml:TEXT; repeat it to merge, later wins',
      append,
    )
    .option(
      '--set <key=value>',
      'one value over the config, as in exporters::debug::verbosity=detailed; repeatable',
      append,
    )
}

/** Loads the config that the options name. Throws UsageError when they name none. */
export async function loadFromOptions(
  { config, set }: ConfigOptions,
  { plugins, env }: CliContext,
): Promise<LoadedConfig> {
  if (!config || config.length === 0) {
    throw new UsageError(
      'no config given; add --config FILE (config/standalone.yaml is a good start)',
    )
  }
  return await loadConfig({ sources: config, sets: set ?? [], plugins, env })
}

/** Loads a config that must be good: warnings go to stderr, errors throw ConfigError. */
export async function loadOrThrow(
  options: ConfigOptions,
  context: CliContext,
): Promise<ServiceConfig> {
  return usableConfig(await loadFromOptions(options, context), context)
}

/** The config of a load that went well: warnings go to stderr, errors throw ConfigError. */
export function usableConfig(
  { config, problems }: LoadedConfig,
  context: CliContext,
): ServiceConfig {
  if (!config) throw new ConfigError(problems)
  if (problems.length > 0) context.stderr.write(`${renderProblems(problems)}\n`)
  return config
}

function append(value: string, values: readonly string[] = []): string[] {
  return [...values, value]
}
