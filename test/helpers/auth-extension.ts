import type { ExecutionContext } from 'ava'
import { parse } from 'yaml'
import type { Identity } from '../../src/batch/sender-identity.ts'
import type { AuthRequest } from '../../src/plugin/authenticator.ts'
import type { ExtensionPlugin } from '../../src/plugin/define-plugin.ts'
import { PipelineError } from '../../src/plugin/pipeline-error.ts'
import { createTestContext, type TestContext } from '../../src/testing/test-context.ts'

export interface RunningAuth {
  readonly context: TestContext
  /** Who sends, or the reason of the refusal. */
  ask(request: AuthRequest): Promise<Identity | string>
  /** Headers for our own requests. */
  headers(): Readonly<Record<string, string>>
}

/** Starts an extension that authenticates, from YAML; stopped at the end of the test. */
export async function startAuth(
  t: ExecutionContext,
  plugin: ExtensionPlugin,
  yaml: string,
): Promise<RunningAuth> {
  const context = createTestContext('extension', plugin.type)
  const extension = plugin.create(plugin.config.parse(parse(yaml) ?? {}), context)
  t.teardown(() => extension.stop?.(AbortSignal.abort()))
  await extension.start?.()
  const { servers, clients } = context.authenticators
  return {
    context,
    headers: () => clients.get(plugin.type, 'test').headers(),
    async ask(request) {
      try {
        return await servers.get(plugin.type, 'test').authenticate(request)
      } catch (thrown) {
        if (thrown instanceof PipelineError) return thrown.reason
        throw thrown
      }
    },
  }
}
