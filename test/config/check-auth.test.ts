import test from 'ava'
import { plugins } from '../../plugins/index.ts'
import { loadConfig } from '../../src/config/load.ts'
import { headline } from '../../src/config/problem.ts'

const told = test.macro(async (t, auth: string, extensions: string, expected: string[]) => {
  const yaml = `
receivers:
  otlp: { protocols: { http: { auth: { authenticator: ${auth} } } } }
exporters:
  nop:
extensions:
  bearertokenauth: { token: abc }
service:
  extensions: ${extensions}
  pipelines: { logs: { receivers: [otlp], exporters: [nop] } }
`
  const { problems } = await loadConfig({ sources: [`yaml:${yaml}`], plugins })
  const errors = problems.map(headline).filter(line => line.includes('error'))
  t.deepEqual(
    errors.map(line => line.replace(/^yaml::/, '')),
    expected,
  )
})

const AT = '2:55: error: receivers::otlp::protocols::http::auth::authenticator:'
test('an extension that runs', told, 'bearertokenauth', '[bearertokenauth]', [])
test('one that is not configured', told, 'bearertokenaut', '[bearertokenauth]', [
  `${AT} references extension "bearertokenaut" which is not configured; did you mean "bearertokenauth"?`,
])
test('one that does not run', told, 'bearertokenauth', '[]', [
  `${AT} references extension "bearertokenauth" which does not run; add it to service::extensions`,
])

test('auth of an exporter is checked as well', async t => {
  const yaml =
    '{receivers: {nop: }, exporters: {otlp: {endpoint: "a:1", auth: {authenticator: x}}}, service: {pipelines: {logs: {receivers: [nop], exporters: [otlp]}}}}'
  const { problems } = await loadConfig({ sources: [`yaml:${yaml}`], plugins })
  t.regex(
    problems.map(headline).join(),
    /exporters::otlp::auth::authenticator: references extension "x"/,
  )
})
