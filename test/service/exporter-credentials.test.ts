import test, { type ExecutionContext } from 'ava'
import { plugins } from '../../plugins/index.ts'
import { loadConfig } from '../../src/config/load.ts'
import type { ServiceConfig } from '../../src/config/service-config.ts'
import { createLoneExporter } from '../../src/pipeline/lone-exporter.ts'
import { startCredentials } from '../../src/service/exporter-credentials.ts'
import { sampleLogs } from '../../src/testing/sample-logs.ts'
import { createTestContext } from '../../src/testing/test-context.ts'
import { basic } from '../helpers/auth-request.ts'
import { startHttpServer } from '../helpers/http-server.ts'

async function configFor(t: ExecutionContext, url: string): Promise<ServiceConfig> {
  const yaml = `
extensions:
  basicauth: { client_auth: { username: parsec, password: s3cret } }
  basicauth/gone: { client_auth: { username: parsec, password_file: /no/such } }
receivers: { nop: }
exporters:
  otlp_http: { endpoint: "${url}", auth: { authenticator: basicauth } }
  otlp_http/gone: { endpoint: "${url}", auth: { authenticator: basicauth/gone } }
  nop:
service:
  extensions: [basicauth, basicauth/gone]
  pipelines: { logs: { receivers: [nop], exporters: [otlp_http, otlp_http/gone, nop] } }
`
  const { config } = await loadConfig({ sources: [`yaml:${yaml}`], plugins, env: {} })
  if (config === undefined) t.fail('the config is wrong')
  return config!
}

test('an exporter by itself says who it is, as in the service', async t => {
  const server = await startHttpServer(t, () => ({}))
  const config = await configFor(t, server.url)
  const context = createTestContext('exporter', 'x')
  const credentials = await startCredentials(config, ['otlp_http'], context)
  t.teardown(() => credentials.stop(AbortSignal.abort()))
  const { authenticators } = credentials
  const { logger, metrics } = context
  const exporter = createLoneExporter(config.exporters.get('otlp_http')!, {
    logger,
    metrics,
    authenticators,
  })
  await exporter.start()
  t.teardown(() => exporter.stop(AbortSignal.abort()))
  await exporter.consume(sampleLogs(['a']), new AbortController().signal)
  t.is(server.requests[0]?.headers.authorization, basic('parsec', 's3cret'))
})

test('only the extension that is named starts, and one that cannot is an error', async t => {
  const config = await configFor(t, 'http://127.0.0.1:1')
  const context = createTestContext('exporter', 'x')
  for (const id of ['nop', 'otlp_http']) {
    const credentials = await startCredentials(config, [id], context)
    await credentials.stop(AbortSignal.abort())
  }
  await t.throwsAsync(startCredentials(config, ['otlp_http/gone'], context), {
    message: /^extension basicauth\/gone: .*password_file/,
  })
})
