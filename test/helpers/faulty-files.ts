import type { OpenFile } from '../../src/queue/log/files.ts'
import { CrashFiles } from './crash-files.ts'

type Fault = 'open' | 'read' | 'write' | 'sync' | 'rename' | 'remove' | 'syncFolder'

/** A disk that fails when told to, and stays; what it fails to write is half there. */
export class FaultyFiles extends CrashFiles {
  failing: Fault | undefined
  /** Paths written into. */
  readonly written = new Set<string>()
  /** Bytes read, by path. */
  readonly readFrom = new Map<string, number>()

  override async openFile(path: string, mode: 'read' | 'write' | 'create'): Promise<OpenFile> {
    this.#failIf('open')
    const file = await super.openFile(path, mode)
    return {
      size: () => file.size(),
      close: () => file.close(),
      read: async (target, position) => {
        this.#failIf('read')
        const count = await file.read(target, position)
        this.readFrom.set(path, (this.readFrom.get(path) ?? 0) + count)
        return count
      },
      write: async (buffers, position) => {
        this.written.add(path)
        if (this.failing === 'write') {
          const data = Buffer.concat(buffers)
          await file.write([data.subarray(0, data.length >> 1)], position)
        }
        this.#failIf('write')
        await file.write(buffers, position)
      },
      sync: async () => {
        this.#failIf('sync')
        await file.sync()
      },
    }
  }

  override async rename(from: string, to: string): Promise<void> {
    this.#failIf('rename')
    await super.rename(from, to)
  }

  override async remove(path: string): Promise<void> {
    this.#failIf('remove')
    await super.remove(path)
  }

  override async syncFolder(): Promise<void> {
    this.#failIf('syncFolder')
    await super.syncFolder()
  }

  #failIf(fault: Fault): void {
    if (this.failing === fault) throw Object.assign(new Error(`EIO: ${fault}`), { code: 'EIO' })
  }
}
