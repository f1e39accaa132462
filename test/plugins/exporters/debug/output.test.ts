import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test from 'ava'
import { openOutput } from '../../../../plugins/exporters/debug/output.ts'
import { createTestContext } from '../../../../src/testing/index.ts'

test('a file is appended to', async t => {
  const folder = await mkdtemp(join(tmpdir(), 'debug-output-'))
  t.teardown(() => rm(folder, { recursive: true }))
  const path = join(folder, 'out.txt')
  const { logger } = createTestContext('exporter', 'debug')
  for (const text of ['one\n', 'two\n']) {
    const output = openOutput(path, logger)
    output.write(text)
    await output.close()
  }
  t.is(await readFile(path, 'utf8'), 'one\ntwo\n')
})

test('a file that cannot be written is reported once, and nothing throws', async t => {
  const context = createTestContext('exporter', 'debug')
  const output = openOutput('/nowhere/at/all/out.txt', context.logger)
  output.write('lost\n')
  await output.close()
  output.write('lost too\n')
  await output.close()
  t.is(context.lines.length, 1)
  t.is(context.lines[0]!['msg'], 'debug output failed; nothing more is written there')
})

test('output that the disk does not take in time is left out, and a line says so', async t => {
  const folder = await mkdtemp(join(tmpdir(), 'debug-output-'))
  t.teardown(() => rm(folder, { recursive: true }))
  const path = join(folder, 'out.txt')
  const output = openOutput(path, createTestContext('exporter', 'debug').logger)
  // All in one turn of the event loop: nothing can be written in between.
  for (let i = 0; i < 20; i++) output.write(`${'x'.repeat(1024 * 1024)}\n`)
  const written = (): Promise<string> => readFile(path, 'utf8').catch(() => '')
  // 4 MiB may wait, so the fifth and all after it are left out.
  while ((await written()).length < 4 * (1024 * 1024 + 1)) {
    await new Promise(resolve => setTimeout(resolve, 5))
  }
  output.write('last\n')
  await output.close()
  const text = await written()
  t.regex(text.slice(-200), /\.\.\. 16 batches not shown: .*out\.txt is too slow\nlast\n$/)
})
