export default {
  files: ['test/**/*.test.ts'],
  typescript: { rewritePaths: { 'test/': 'dist/test/' }, compile: false },
  // The embedded ClickHouse engine opens one directory a process, so each file has its own.
  workerThreads: false,
  nodeArguments: ['--enable-source-maps'],
  timeout: '2m',
}
