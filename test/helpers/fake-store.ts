import { z } from 'zod'
import { definePlugin } from '../../src/plugin/define-plugin.ts'
import { PipelineError } from '../../src/plugin/pipeline-error.ts'
import { fakePlugins } from './fake-plugins.ts'

/** An exporter that can be queried: it answers with what it was asked. */
const storePlugin = definePlugin({
  kind: 'exporter',
  type: 'sql',
  stability: 'stable',
  summary: 'A store.',
  config: z.strictObject({ table: z.string().default('t') }),
  create: () => ({ consume: async () => {} }),
  ddl: ({ table }) => `CREATE TABLE ${table};\n`,
  query: async ({ table }, { sql, format, timeoutMs }) => {
    if (sql === 'FAIL') throw PipelineError.permanent('Syntax error')
    return Buffer.from(`${JSON.stringify({ table, sql, format, timeoutMs })}\n`)
  },
})

export const storePlugins = [...fakePlugins, storePlugin]

/** A config that writes into stores with these ids; an option for the command line. */
export function storeConfig(...ids: readonly string[]): string {
  const exporters = ids.map(id => `"${id}": {}`).join(', ')
  return `yaml:{receivers: {otlp: {}}, exporters: {${exporters}}, service: {pipelines: {logs: {receivers: [otlp], exporters: [${ids.join(', ')}]}}}}`
}
