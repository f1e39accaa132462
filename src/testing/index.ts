/** Helpers for tests, ours and those of plugin authors. Never imported by the product itself. */
export { type ChdbFront, type FrontAnswer, startChdbFront } from './chdb-front.ts'
export { type ContractCase, exporterContract, processorContract } from './contract.ts'
export { LogSink } from './log-sink.ts'
export { ManualClock, settle } from './manual-clock.ts'
export { type PipelineRun, type RunOptions, runPipeline, type TearDown } from './run-pipeline.ts'
export { bodiesOf, sampleLogs } from './sample-logs.ts'
export { createTestContext, type TestContext } from './test-context.ts'
