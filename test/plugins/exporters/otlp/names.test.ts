import test from 'ava'
import { plugins } from '../../../../plugins/index.ts'
import { loadConfig } from '../../../../src/config/load.ts'

const named = test.macro({
  async exec(t, type: string, keys: string, warning?: RegExp) {
    const yaml = `{ receivers: { nop: {} }, exporters: { ${type}: { ${keys} } }, service: { pipelines: { logs: { receivers: [nop], exporters: [${type}] } } } }`
    const { config, problems } = await loadConfig({ sources: [`yaml:${yaml}`], plugins, env: {} })
    t.truthy(config)
    const told = problems.map(({ message }) => message).filter(text => text.includes(type))
    if (warning === undefined) t.deepEqual(told, [])
    else t.regex(told.join(), warning)
  },
  title: (_, type: string, _keys, warning?: RegExp) =>
    `the exporter type ${type} works ${warning === undefined ? 'without' : 'with'} a warning`,
})

test(named, 'otlp', 'endpoint: "a:4317"')
test(named, 'otlp_grpc', 'endpoint: "a:4317"')
test(named, 'otlp_http', 'endpoint: "http://a:4318"')
test(named, 'otlphttp', 'endpoint: "http://a:4318"', /old name; write "otlp_http"/)
