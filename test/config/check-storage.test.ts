import test from 'ava'
import { z } from 'zod'
import { loadConfig } from '../../src/config/load.ts'
import { headline } from '../../src/config/problem.ts'
import { exportChainFields } from '../../src/export/config.ts'
import { definePlugin } from '../../src/plugin/define-plugin.ts'
import { fakePlugins } from '../helpers/fake-plugins.ts'

const refuse = (): never => {
  throw new Error('a fake plugin is not for running')
}

const sender = definePlugin({
  kind: 'exporter',
  type: 'sender',
  stability: 'beta',
  summary: 'Sends.',
  config: z.strictObject(exportChainFields('5s')),
  create: refuse,
})
const disk = definePlugin({
  kind: 'extension',
  type: 'disk',
  stability: 'beta',
  summary: 'Stores.',
  config: z.strictObject({
    directory: z.string().default('/data').meta({ description: 'Where.' }),
  }),
  create: refuse,
  storage: ({ directory }) => ({ directory, fsync: true }),
})
const plugins = [...fakePlugins, sender, disk]

/** What is said about these exporters, beside an extension disk that is started. */
const says = test.macro(async (t, exporters: string, expected: string[], more: string = '') => {
  const ids = [...exporters.matchAll(/(sender(?:\/\w+)?):/g)].map(([, id]) => id!).join(', ')
  const text = `{receivers: {otlp: }, exporters: {${exporters}}, extensions: {disk: , health: ${more}}, service: {extensions: [disk, health], pipelines: {logs: {receivers: [otlp], exporters: [${ids}]}}}}`
  const { problems } = await loadConfig({ sources: [`yaml:${text}`], plugins })
  t.deepEqual(
    problems.map(headline).map(line => line.replace(/^yaml::1:\d+: /, '')),
    expected,
  )
})

test(
  'storage: file and a storage extension are fine',
  says,
  'sender: {sending_queue: {storage: disk}}, sender/b: {sending_queue: {storage: file, directory: q}}',
  [],
)
test(
  'two exporters may share a storage extension',
  says,
  'sender: {sending_queue: {storage: disk}}, sender/b: {sending_queue: {storage: disk}}',
  [],
)
test(
  'where senders wait for the destination, nothing may be dropped',
  says,
  'sender: {sending_queue: {wait_for_result: true, overflow: drop_oldest}}',
  [
    'error: exporters::sender::sending_queue::overflow: with wait_for_result nothing in the queue is acknowledged, so nothing may be dropped: use refuse or block',
  ],
)
test('no storage at all is fine', says, 'sender: ', [])
test(
  'a queue that is off is not looked at',
  says,
  'sender: {sending_queue: {enabled: false, storage: nowhere}}',
  [],
)
test('a storage that is not there', says, 'sender: {sending_queue: {storage: nowhere}}', [
  'error: exporters::sender::sending_queue::storage: references storage "nowhere" which is not configured',
])
test('a storage whose name is nearly right', says, 'sender: {sending_queue: {storage: disc}}', [
  'error: exporters::sender::sending_queue::storage: references storage "disc" which is not configured; did you mean "disk"?',
])
test('an extension that stores nothing', says, 'sender: {sending_queue: {storage: health}}', [
  'error: exporters::sender::sending_queue::storage: extension "health" is no storage; use file_storage, or "file" with a directory',
])
test(
  'an extension that is not started',
  says,
  'sender: {sending_queue: {storage: disk/b}}',
  [
    'error: exporters::sender::sending_queue::storage: extension "disk/b" is not started: add it to service::extensions',
    'warning: extensions::disk/b: it is not used in service::extensions',
  ],
  ', disk/b: {}',
)
test(
  'two queues in one directory, however it is written',
  says,
  'sender: {sending_queue: {storage: file, directory: q}}, sender/b: {sending_queue: {storage: file, directory: ./x/../q}}',
  [
    'error: exporters::sender/b::sending_queue::directory: "./x/../q" is the queue of exporter "sender" already; every queue needs a directory of its own',
  ],
)
test(
  'mistakes in the keys of a queue on disk',
  says,
  'sender: {sending_queue: {storage: file, wait_for_result: true}}, sender/b: {sending_queue: {directory: q, segment_size: 1KiB}}, sender/c: {sending_queue: {storage: disk, directory: q, block_on_overflow: true, overflow: refuse}}, sender/d: {sending_queue: {storage: disk, overflow: drop}}',
  [
    'error: exporters::sender::sending_queue::storage: storage: file needs a directory beside it, such as directory: .parsec/queue/NAME',
    'error: exporters::sender::sending_queue::wait_for_result: with storage, the queue on disk is what is acknowledged: remove wait_for_result or storage',
    'error: exporters::sender/b::sending_queue::directory: directory goes with storage: file; a file_storage extension has its own',
    'error: exporters::sender/b::sending_queue::segment_size: is outside 64KiB to 1GiB',
    'error: exporters::sender/c::sending_queue::directory: directory goes with storage: file; a file_storage extension has its own',
    'error: exporters::sender/c::sending_queue::overflow: block_on_overflow: true says block: remove one of the two',
    'error: exporters::sender/d::sending_queue::overflow: "drop" is not one of refuse, block, drop_oldest',
  ],
)
test(
  'the name of a folder that workers make is taken',
  says,
  'sender: {sending_queue: {storage: file, directory: q/worker-1}}',
  [
    'error: exporters::sender::sending_queue::directory: "q/worker-1" has a name that worker processes give to their queues: choose another one',
  ],
)
