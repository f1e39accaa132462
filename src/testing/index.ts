/** Helpers for tests, ours and those of plugin authors. Never imported by the product itself. */
export { type ChdbFront, type FrontAnswer, startChdbFront } from './chdb-front.ts'
export { LogSink } from './log-sink.ts'
export { createTestContext, type TestContext } from './test-context.ts'
