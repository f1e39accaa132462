import type { Receiver } from '#core'

/** Never receives anything: lets a pipeline, or a config with only extensions, start. */
export class NopReceiver implements Receiver {
  start(): Promise<void> {
    return Promise.resolve()
  }
}
