import type { Consumer } from '../plugin/consumer.ts'
import { labelledRecords } from './labelled-records.ts'
import type { DeadLetter, DeadLetterDestination } from './letter.ts'

/** Dead letters to an exporter of the config. */
export class ExporterDestination implements DeadLetterDestination {
  readonly name: string
  readonly #exporter: Consumer

  /** `exporter` MUST resolve only when its destination has the records: no queue in between. */
  constructor(id: string, exporter: Consumer) {
    this.name = `exporter ${id}`
    this.#exporter = exporter
  }

  async write(letters: readonly DeadLetter[], signal: AbortSignal): Promise<void> {
    for (const letter of letters) await this.#exporter.consume(labelledRecords(letter), signal)
  }
}
