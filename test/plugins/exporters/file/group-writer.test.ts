import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import test from 'ava'
import { GroupWriter, WAITING_BYTES_MAX } from '../../../../plugins/exporters/file/group-writer.ts'
import { fileExporter } from '../../../../plugins/exporters/file/index.ts'
import { LogFile } from '../../../../plugins/exporters/file/log-file.ts'
import { PipelineError } from '../../../../src/plugin/pipeline-error.ts'
import { createTestContext } from '../../../../src/testing/index.ts'
import { tempFolder } from '../../../helpers/temp-folder.ts'

/** A file that notes what is done with it, and fails as told. */
class FakeFile extends LogFile {
  readonly done: string[] = []
  fail: string | undefined

  constructor() {
    const config = fileExporter.config.parse({ path: '/nowhere/x' })
    super({ config, framing: 'line', logger: createTestContext('exporter', 'file').logger })
  }

  override async append(buffers: readonly Buffer[]): Promise<void> {
    await new Promise(resolve => setImmediate(resolve))
    if (this.fail !== undefined) throw Object.assign(new Error(this.fail), { code: this.fail })
    this.done.push(`write ${buffers.map(String).join(' ')}`)
  }

  override sync(): Promise<void> {
    this.done.push('sync')
    return Promise.resolve()
  }

  override checkMoved(): Promise<void> {
    return Promise.resolve()
  }

  override close(): Promise<void> {
    this.done.push('close')
    return Promise.resolve()
  }
}

const ignore = (): void => {}

test('what comes while a write is under way is written together', async t => {
  const file = new FakeFile()
  const writer = new GroupWriter(file, { path: 'p', syncEach: false, onResult: ignore })
  await Promise.all(['a', 'b', 'c', 'd'].map(text => writer.write(Buffer.from(text))))
  await writer.close()
  t.deepEqual(file.done, ['write a b c d', 'sync', 'close'])
})

test('with syncEach a write is acknowledged after the sync', async t => {
  const file = new FakeFile()
  const writer = new GroupWriter(file, { path: 'p', syncEach: true, onResult: ignore })
  await writer.write(Buffer.from('a'))
  t.deepEqual(file.done, ['write a', 'sync'])
})

test('a failed write refuses its whole group, closes the file, and the next one is tried', async t => {
  const file = new FakeFile()
  const results: (string | undefined)[] = []
  const onResult = (failure: PipelineError | undefined): void => {
    results.push(failure?.reason)
  }
  const writer = new GroupWriter(file, { path: 'p', syncEach: false, onResult })
  file.fail = 'ENOSPC'
  const outcomes = await Promise.allSettled([
    writer.write(Buffer.from('a')),
    writer.write(Buffer.from('b')),
  ])
  for (const outcome of outcomes) {
    const error = outcome.status === 'rejected' ? (outcome.reason as PipelineError) : undefined
    t.like(error, { retryable: true, reason: 'disk_full', message: 'cannot write to p: ENOSPC' })
  }
  file.fail = undefined
  await writer.write(Buffer.from('c'))
  t.deepEqual(file.done, ['close', 'write c'])
  t.deepEqual(results, ['disk_full', undefined])
})

test('beyond what may wait, writes are refused at once, and taken again later', async t => {
  const file = new FakeFile()
  const writer = new GroupWriter(file, { path: 'p', syncEach: false, onResult: ignore })
  const large = writer.write(Buffer.alloc(WAITING_BYTES_MAX))
  await t.throwsAsync(writer.write(Buffer.from('a')), {
    instanceOf: PipelineError,
    message: `${WAITING_BYTES_MAX} bytes are waiting to be written to p, at most ${WAITING_BYTES_MAX} may`,
  })
  await large
  await t.notThrowsAsync(writer.write(Buffer.from('a')))
})

test('on a real file the order of messages is kept', async t => {
  const path = join(await tempFolder(t), 'data')
  const config = fileExporter.config.parse({ path })
  const { logger } = createTestContext('exporter', 'file')
  const file = new LogFile({ config, framing: 'line', logger })
  const writer = new GroupWriter(file, { path, syncEach: false, onResult: ignore })
  const texts = Array.from({ length: 200 }, (_, i) => `message ${i}`)
  const writes = texts.map(text => writer.write(Buffer.from(`${text}\n`)))
  await Promise.all([...writes, writer.flush(), writer.flush()])
  await writer.close()
  t.is(await readFile(path, 'utf8'), `${texts.join('\n')}\n`)
})
