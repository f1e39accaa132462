import { ConfigError, problemAt } from './problem.ts'
import type { PipelineConfig, ServiceConfig } from './service-config.ts'
import { nearest } from './suggest.ts'

/**
 * The pipelines that a process with this role runs; all of them without a role. Throws ConfigError
 * for a role that the config does not have.
 */
export function pipelinesOfRole(
  config: ServiceConfig,
  role: string | undefined,
): readonly PipelineConfig[] {
  if (role === undefined) return config.pipelines
  const ids = config.roles.get(role)
  if (ids) return config.pipelines.filter(pipeline => ids.includes(pipeline.id))
  const known = [...config.roles.keys()]
  const list = known.length > 0 ? `known are ${known.join(', ')}` : 'service::roles has none'
  const suggestion = nearest(role, known)
  const message = `unknown role "${role}"${suggestion === undefined ? `; ${list}` : ''}`
  throw new ConfigError([problemAt('--role', ['service', 'roles'], message, suggestion)])
}
