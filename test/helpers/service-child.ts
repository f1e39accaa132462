import { runService } from '../../src/service/run-service.ts'
import { emptyConfig, fakePipelines } from './fake-service.ts'

/*
 * A process to send signals to: `node service-child.js <drain | hang>`. Its pipelines take a while
 * to drain, or never finish. It prints `ready` and, when all of it was drained, `drained`.
 */

const mode = process.argv[2]
const done = await runService({
  load: () => Promise.reject(new Error('no config to read')),
  config: emptyConfig(),
  createPipelines: fakePipelines({
    start: async () => {
      setTimeout(() => process.stdout.write('ready\n'), 50)
    },
    stop: () =>
      new Promise(resolve => {
        if (mode === 'drain') {
          setTimeout(() => process.stdout.write('drained\n', () => resolve()), 300)
        }
      }),
  }),
  shutdownTimeoutMs: mode === 'drain' ? 30_000 : 60_000,
  queryCommand: undefined,
  source: process,
  exit: code => process.exit(code),
  stdout: process.stdout,
})
process.exitCode = done ? 0 : 1
