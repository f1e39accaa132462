import test from 'ava'
import { type Node, type Phase, startNodes, stopNodes } from '../../src/pipeline/lifecycle.ts'
import type { Component } from '../../src/plugin/component.ts'
import { createTestContext } from '../../src/testing/index.ts'

const never = new AbortController().signal

interface World {
  readonly log: string[]
  readonly statuses: string[]
  readonly lines: Record<string, unknown>[]
  readonly logger: ReturnType<typeof createTestContext>['logger']
  readonly node: (label: string, phase: Phase, upstream?: Node[], component?: Component) => Node
}

function world(): World {
  const log: string[] = []
  const statuses: string[] = []
  const { logger, lines } = createTestContext('extension', 'world')
  return {
    log,
    statuses,
    lines,
    logger,
    node: (label, phase, upstream = [], component = {}) => ({
      label,
      phase,
      upstream,
      component: {
        start: async () => {
          log.push(`start ${label}`)
          await component.start?.()
        },
        stop: async deadline => {
          log.push(`stop ${label}`)
          await component.stop?.(deadline)
          log.push(`stopped ${label}`)
        },
      },
      report: (status, detail) =>
        statuses.push([label, status, detail].filter(text => text !== undefined).join(' ')),
      hasReported: () => false,
    }),
  }
}

/** receiver -> processor -> queue -> exporter */
function line({ node }: World, broken: Partial<Record<Phase, Component>> = {}): Node[] {
  const receiver = node('receiver', 'receiver', [], broken.receiver)
  const processor = node('processor', 'processor', [receiver], broken.processor)
  const queue = node('queue', 'queue', [processor], broken.queue)
  const exporter = node('exporter', 'exporter', [queue], broken.exporter)
  return [receiver, processor, queue, exporter]
}

test('starts from the exporters back to the receivers', async t => {
  const w = world()
  await startNodes(line(w), w.logger)
  t.deepEqual(w.log, ['start exporter', 'start queue', 'start processor', 'start receiver'])
  t.deepEqual(w.statuses, ['exporter ok', 'queue ok', 'processor ok', 'receiver ok'])
})

test('stops from the receivers on, each when all who send to it have stopped', async t => {
  const w = world()
  await stopNodes(line(w), never, w.logger)
  t.deepEqual(
    w.log.filter(entry => entry.startsWith('stop')),
    ['receiver', 'processor', 'queue', 'exporter'].flatMap(name => [
      `stop ${name}`,
      `stopped ${name}`,
    ]),
  )
})

test('a failed start is undone, and the error names the component', async t => {
  const w = world()
  const processor = { start: () => Promise.reject(new Error('no licence')) }
  await t.throwsAsync(startNodes(line(w, { processor }), w.logger), {
    message: 'processor did not start: no licence',
  })
  t.false(w.log.includes('start receiver'))
  t.false(w.log.includes('stop receiver'))
  t.deepEqual(
    w.log.filter(entry => entry.startsWith('stopped')),
    ['stopped processor', 'stopped queue', 'stopped exporter'],
  )
  t.true(w.statuses.includes('processor permanent_error no licence'))
})

test('when one of several exporters fails, all of them are stopped again', async t => {
  const w = world()
  let opened = false
  const nodes = [
    w.node('bad', 'exporter', [], { start: () => Promise.reject(new Error('x')) }),
    w.node('slow', 'exporter', [], {
      start: async () => {
        await new Promise(resolve => setImmediate(resolve))
        opened = true
      },
    }),
  ]
  await t.throwsAsync(startNodes(nodes, w.logger), { message: /^bad did not start/ })
  t.true(opened, 'stopped before its start had ended')
  t.true(w.log.includes('stopped slow'))
})

test('a component that has spoken for itself keeps its status', async t => {
  const w = world()
  const node: Node = { ...w.node('exporter', 'exporter'), hasReported: () => true }
  await startNodes([node], w.logger)
  t.deepEqual(w.statuses, [])
})

test('what hangs is named and left behind; those after it still stop', async t => {
  const w = world()
  const processor = { stop: () => new Promise<void>(() => {}) }
  const deadline = new AbortController()
  const stopped = stopNodes(line(w, { processor }), deadline.signal, w.logger)
  setImmediate(() => deadline.abort())
  await stopped
  t.true(w.log.includes('stopped exporter'))
  t.deepEqual(
    w.lines.map(line => line['msg']),
    ['processor did not stop in time and is left behind'],
  )
  t.false(w.statuses.includes('processor stopped'))
})

test('an exception in stop is logged and stops nobody else from stopping', async t => {
  const w = world()
  const receiver = { stop: () => Promise.reject(new Error('stuck')) }
  await stopNodes(line(w, { receiver }), never, w.logger)
  t.true(w.log.includes('stopped exporter'))
  t.is(w.lines[0]?.['msg'], 'receiver failed while stopping')
})

test('a deadline that has passed leaves every component a moment to give up', async t => {
  const w = world()
  await stopNodes(line(w), AbortSignal.abort(), w.logger)
  t.is(w.lines.length, 0)
  t.is(w.log.filter(entry => entry.startsWith('stopped')).length, 4)
})

test('a shared exporter stops after all that feed it', async t => {
  const w = world()
  let release: () => void = () => {}
  const slow = w.node('slow', 'processor', [], {
    stop: () =>
      new Promise<void>(resolve => {
        release = resolve
      }),
  })
  const quick = w.node('quick', 'processor')
  const exporter = w.node('exporter', 'exporter', [slow, quick])
  const stopped = stopNodes([exporter, slow, quick], never, w.logger)
  await new Promise(resolve => setImmediate(resolve))
  t.false(w.log.includes('stop exporter'))
  release()
  await stopped
  t.true(w.log.includes('stopped exporter'))
})
