import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import test from 'ava'
import { bannerLines } from '../../src/service/banner.ts'

test('it says where to send, how, and how to see it', t => {
  const lines = bannerLines({
    endpoints: [
      {
        label: 'receiver otlp',
        endpoints: ['grpc://localhost:4317', 'http://0.0.0.0:4318/v1/logs'],
      },
      { label: 'extension health_check', endpoints: ['http://[::]:13133/'] },
    ],
    adminUrl: 'http://localhost:8888',
    queryCommand: 'npx parsec query "SELECT 1"',
  })
  t.regex(lines[0]!, /^Parsec \d+\.\d+\.\d+.* is ready\.$/)
  t.deepEqual(lines.slice(1, 5), [
    '  receiver otlp           grpc://localhost:4317',
    '  receiver otlp           http://localhost:4318/v1/logs',
    '  extension health_check  http://localhost:13133/',
    '  status                  http://localhost:8888/health (also /metrics, /stats)',
  ])
  t.regex(lines[6]!, /^ {2}curl -i http:\/\/localhost:4318\/v1\/logs /)
  t.is(lines[8], '  npx parsec query "SELECT 1"')
})

test('it does not call ready what is not, and says what is in the way', t => {
  const troubles = ['exporter clickhouse: connect ECONNREFUSED 127.0.0.1:8123']
  const lines = bannerLines({
    endpoints: [],
    adminUrl: undefined,
    queryCommand: undefined,
    troubles,
  })
  t.notRegex(lines.join(), /is ready/)
  t.deepEqual(lines.slice(1), [`  ${troubles[0]}`])
})

test('what is not there is not advertised', t => {
  t.is(bannerLines({ endpoints: [], adminUrl: undefined, queryCommand: undefined }).length, 1)
})

test('plain JSON is shown rather than OTLP, where it is taken', t => {
  const lines = bannerLines({
    endpoints: [
      { label: 'receiver otlp', endpoints: ['http://localhost:4318/v1/logs'] },
      { label: 'receiver ingest', endpoints: ['http://localhost:8080/ingest'] },
    ],
    adminUrl: undefined,
    queryCommand: undefined,
  })
  t.is(
    lines.find(line => line.includes('curl')),
    `  curl -i http://localhost:8080/ingest -H 'content-type: application/json' -d '{"message":"hello parsec","level":"info","service":"demo"}'`,
  )
})

test('the curl line, pasted into a shell, is one request with valid OTLP JSON', async t => {
  const lines = bannerLines({
    endpoints: [{ label: 'receiver otlp', endpoints: ['http://127.0.0.1:4318/v1/logs'] }],
    adminUrl: undefined,
    queryCommand: undefined,
  })
  const command = lines.find(line => line.includes('curl'))!
  // A curl that prints its arguments: the shell's quoting is what is under test.
  const script = `curl() { printf '%s\\n' "$@"; }; ${command}`
  const { stdout } = await promisify(execFile)('sh', ['-c', script])
  const words = stdout.trimEnd().split('\n')
  t.deepEqual(words.slice(0, -1), [
    '-i',
    'http://127.0.0.1:4318/v1/logs',
    '-H',
    'content-type: application/json',
    '-d',
  ])
  const request = JSON.parse(words.at(-1)!) as { resourceLogs: { scopeLogs: object[] }[] }
  t.deepEqual(request.resourceLogs[0]!.scopeLogs, [
    {
      logRecords: [
        { severityNumber: 9, severityText: 'INFO', body: { stringValue: 'hello parsec' } },
      ],
    },
  ])
})

test('it says how many processes there are, and why not more', t => {
  const lines = (workers: { count: number; oneProcess?: string }): string =>
    bannerLines({ endpoints: [], adminUrl: undefined, queryCommand: undefined, workers }).join('\n')
  t.regex(lines({ count: 3 }), /^ {2}workers {2}3 processes share the ports$/m)
  t.regex(
    lines({ count: 1, oneProcess: 'it is alone' }),
    /^ {2}workers {2}1, because it is alone$/m,
  )
  t.notRegex(lines({ count: 1 }), /workers/)
})
