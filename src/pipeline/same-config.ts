import { isDeepStrictEqual } from 'node:util'
import type { ConfiguredComponent } from '../config/service-config.ts'

/** Would the same component be created from both? By the checked values, defaults included. */
export function sameConfig(a: ConfiguredComponent, b: ConfiguredComponent): boolean {
  return a.plugin === b.plugin && isDeepStrictEqual(a.config, b.config)
}

/** The top-level keys that differ, in the order of the new config; never their values. */
export function changedKeys(before: unknown, after: unknown): string[] {
  const [old, now] = [recordOf(before), recordOf(after)]
  const keys = new Set([...Object.keys(now), ...Object.keys(old)])
  return [...keys].filter(key => !isDeepStrictEqual(old[key], now[key]))
}

function recordOf(config: unknown): Record<string, unknown> {
  return typeof config === 'object' && config !== null ? { ...config } : {}
}
