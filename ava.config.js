// Long runs of whole processes: once is enough when the tests run on a second Node, too.
const LONG = ['!test/testing/oracle/**', '!test/cli/replay.test.ts', '!test/kafka/producer.test.ts']

export default {
  files: ['test/**/*.test.ts', ...(process.env['PARSEC_TEST_LONG'] === 'no' ? LONG : [])],
  typescript: { rewritePaths: { 'test/': 'dist/test/' }, compile: false },
  // The embedded ClickHouse engine opens one directory a process, so each file has its own.
  workerThreads: false,
  nodeArguments: ['--enable-source-maps'],
  timeout: '2m',
}
