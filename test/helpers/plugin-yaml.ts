import { readFileSync } from 'node:fs'
import { parse } from 'yaml'
import type { z } from 'zod'
import type { Plugin } from '../../src/plugin/define-plugin.ts'

/** Checks a component's YAML mapping with its plugin's schema. Throws ZodError. */
export function configOf<C extends z.ZodType>(plugin: { config: C }, yaml: string): z.output<C> {
  return plugin.config.parse(parse(yaml) ?? {})
}

/** What the schema says against a component's YAML: `path: message` for each issue. */
export function complaintsOf(plugin: { config: z.ZodType }, yaml: string): string[] {
  const result = plugin.config.safeParse(parse(yaml) ?? {})
  return (
    result.error?.issues.map(issue => `${issue.path.map(String).join('.')}: ${issue.message}`) ?? []
  )
}

/** Every config in the plugin's sample.yaml, checked, by component id. Throws ZodError. */
export function sampleConfigs<C extends z.ZodType>(
  plugin: Plugin & { config: C },
): Map<string, z.output<C>> {
  const file = `plugins/${plugin.kind}s/${plugin.type}/sample.yaml`
  const document = parse(readFileSync(file, 'utf8')) as Record<string, Record<string, unknown>>
  const components = Object.entries(document[`${plugin.kind}s`] ?? {})
  return new Map(components.map(([id, raw]) => [id, plugin.config.parse(raw ?? {})]))
}
