import type { Exporter, LogBatch, PluginContext } from '#core'
import { batchText } from './batch-text.ts'
import type { DebugExporterConfig } from './config.ts'
import { countResources } from './envelopes.ts'
import { type Output, openOutput } from './output.ts'
import { Sampler } from './sampler.ts'

/** Shows batches to a person. It accepts whatever comes: what cannot be shown is not a failure. */
export class DebugExporter implements Exporter {
  readonly #config: DebugExporterConfig
  readonly #context: PluginContext
  readonly #sampler: Sampler
  #outputs: readonly Output[] = []

  constructor(config: DebugExporterConfig, context: PluginContext) {
    this.#config = config
    this.#context = context
    this.#sampler = new Sampler(config.sampling_initial, config.sampling_thereafter)
  }

  start(): Promise<void> {
    if (!this.#config.use_internal_logger) {
      const paths = this.#config.output_paths ?? ['stdout']
      this.#outputs = paths.map(path => openOutput(path, this.#context.logger))
    }
    return Promise.resolve()
  }

  consume(batch: LogBatch, _signal: AbortSignal): Promise<void> {
    if (this.#sampler.take()) this.#show(batch)
    return Promise.resolve()
  }

  async stop(deadline: AbortSignal): Promise<void> {
    const outputs = this.#outputs
    this.#outputs = []
    const closed = Promise.all(outputs.map(output => output.close()))
    const expired = new Promise(resolve => {
      deadline.addEventListener('abort', resolve, { once: true })
    })
    if (!deadline.aborted) await Promise.race([closed, expired])
  }

  #show(batch: LogBatch): void {
    const { verbosity, use_internal_logger: internal } = this.#config
    const counts = { 'resource logs': countResources(batch), 'log records': batch.count }
    const text = verbosity === 'basic' ? '' : batchText(batch, verbosity)
    if (internal) {
      this.#context.logger.info(counts, 'Logs')
      if (text !== '') this.#context.logger.info(text)
      return
    }
    const line = `${new Date().toISOString()}\tinfo\tLogs\t${JSON.stringify(counts)}\n`
    for (const output of this.#outputs) output.write(text === '' ? line : `${line}${text}\n`)
  }
}
