import test from 'ava'
import { sampleLogs } from '#core/testing'
import { plugins } from '../../plugins/index.ts'
import { type ChdbFront, startChdbFront } from '../../src/testing/chdb-front.ts'
import {
  kafkaClient,
  kafkaTest,
  ownBroker,
  type SharedBroker,
  uniqueName,
  withJava,
} from '../helpers/kafka-broker.ts'
import { committedOffset, sendMessages } from '../helpers/kafka-topic.ts'
import { startParsec } from '../helpers/parsec-process.ts'
import { type CliRun, runFakeCli } from '../helpers/run-cli.ts'
import { tempFolder } from '../helpers/temp-folder.ts'
import { until } from '../helpers/until.ts'

let front: ChdbFront

/** By table: called before each insert into it. */
const beforeInsert = new Map<string, () => Promise<void>>()

test.before('start the engine', async () => {
  front = await startChdbFront()
  front.before = async sql => {
    if (!/^\s*insert/i.test(sql)) return undefined
    for (const [table, run] of beforeInsert) if (sql.includes(table)) await run()
    return undefined
  }
})
test.after.always('stop the engine', () => front.close())

const GROUP = uniqueName('group')
/** Time of the first message; younger than any retention. */
const START_MS = Math.floor(Date.now() / 1000 - 3600) * 1000
/** Of large messages, so that they are several batches: of 4 each. */
const COUNT = 16
const LARGE_BYTES = 900_000

/** A config that stores what it reads in a table of the topic's name. */
function configOf(brokers: string, topic: string, receiver = ''): string {
  return `yaml:
receivers:
  otlp: { protocols: { http: } }
  kafka:
    brokers: ["${brokers}"]
    group_id: ${GROUP}
    logs: { topics: ["${topic}"] }
    max_fetch_wait: 50ms
    error_backoff: { initial_interval: 50ms, max_interval: 200ms }
    ${receiver}
exporters:
  clickhouse:
    endpoint: ${front.url}
    logs_table_name: ${tableOf(topic)}
    # A queue that was opened could not be: a file is in its way.
    sending_queue: { storage: file, directory: package.json/queue }
    retry_on_failure: { initial_interval: 50ms }
service:
  pipelines: { logs: { receivers: [otlp, kafka], exporters: [clickhouse] } }
`
}

function tableOf(topic: string): string {
  return topic.replaceAll('-', '_')
}

async function ask(sql: string): Promise<string> {
  const response = await fetch(front.url, { method: 'POST', body: sql })
  return (await response.text()).trim()
}

/** Rows, and different bodies. */
function stored(topic: string): Promise<string> {
  return ask(`SELECT count(), uniqExact(Body) FROM ${tableOf(topic)} FORMAT TSV`)
}

/** Messages of two records each: `0a` and `0b`, `1a` and `1b`, and so on. */
async function fill(
  broker: { readonly brokers: string },
  topic: string,
  count: number,
  fillerBytes = 0,
): Promise<void> {
  const filler = ' '.repeat(fillerBytes)
  const messages = Array.from({ length: count }, (_, i) => ({
    value: sampleLogs([`${i}a${filler}`, `${i}b`]).bytes,
    timestamp: String(START_MS + i * 1000),
  }))
  if (fillerBytes === 0) await sendMessages(broker, topic, messages)
  // Together they would be one record batch, which is read as a whole.
  else for (const message of messages) await sendMessages(broker, topic, [message])
}

async function filledTopic(broker: SharedBroker, count: number, bytes = 0): Promise<string> {
  const topic = await broker.createTopic()
  await fill(broker, topic, count, bytes)
  return topic
}

function replay(brokers: string, topic: string, ...args: readonly string[]): Promise<CliRun> {
  const config = ['--config', configOf(brokers, topic)]
  return runFakeCli(['replay', ...config, '--topic', topic, ...args], {}, plugins)
}

kafkaTest(
  'a range goes through the pipeline, and again without anything twice',
  async (t, broker) => {
    const topic = await filledTopic(broker, 50)
    const range = ['--from', '10', '--to', '40']
    const dry = await replay(broker.brokers, topic, ...range, '--dry-run')
    t.like(dry, { exitCode: 0, stdout: 'would replay 30 offsets of 1 partition\n' })
    const { exitCode, stdout, stderr } = await replay(broker.brokers, topic, ...range)
    t.true(stderr.startsWith(`${topic}/0: offsets 10 up to 40\n`))
    t.is(exitCode, 0)
    t.is(
      stdout,
      'replayed 30 messages with 60 records, 0 set aside, 0 dropped\nclickhouse: 60 sent, 0 dead-lettered, 0 dropped\n',
    )
    t.is(await stored(topic), '60\t60')
    t.is(await ask(`SELECT min(toInt32(substring(Body, 1, 2))) FROM ${tableOf(topic)}`), '10')
    t.is((await replay(broker.brokers, topic, ...range)).exitCode, 0)
    t.is(await stored(topic), '60\t60')
    // Another name is another replay.
    t.is((await replay(broker.brokers, topic, ...range, '--name', 'again')).exitCode, 0)
    t.is(await stored(topic), '120\t60')
    t.deepEqual(await committedOffset(broker.admin, GROUP, topic), { offset: -1, metadata: null })
  },
)

kafkaTest('a filtered range, and again without anything twice', async (t, broker) => {
  const topic = await filledTopic(broker, 50)
  const range = ['--from', '10', '--to', '40']
  const run = async (filter: string): Promise<CliRun> => {
    const done = await replay(broker.brokers, topic, ...range, '--filter', filter)
    t.is(done.exitCode, 0, done.stderr)
    return done
  }
  const { stdout } = await run('IsMatch(log.body, "^2.a")')
  t.is(
    stdout,
    'replayed 30 messages with 10 records, 50 left out by the filter, 0 set aside, 0 dropped\nclickhouse: 10 sent, 0 dead-lettered, 0 dropped\n',
  )
  t.is(await stored(topic), '10\t10')
  t.is(await ask(`SELECT min(Body), max(Body) FROM ${tableOf(topic)} FORMAT TSV`), '20a\t29a')
  await run('IsMatch(log.body, "^2.a")')
  // The same records, said in another way.
  await run('log.body >= "20a" and log.body < "30" and not IsMatch(log.body, "b$")')
  t.is(await stored(topic), '10\t10')
  // Other records of the same batch are not taken for those that are there.
  await run('log.body == "12a" or log.body == "13a"')
  t.is(await stored(topic), '12\t12')
  // Nothing matches: nothing is sent.
  t.regex((await run('log.body == nil')).stdout, /with 0 records, 60 left out/)
  // Without a filter it is another batch.
  t.is((await replay(broker.brokers, topic, ...range)).exitCode, 0)
  t.is(await stored(topic), '72\t60')
  // And one that leaves nothing out is that very batch.
  await run('true')
  t.is(await stored(topic), '72\t60')
})

kafkaTest('times choose the messages, at a rate', async (t, broker) => {
  const topic = await filledTopic(broker, 20)
  const at = (second: number): string => new Date(START_MS + second * 1000).toISOString()
  const run = await replay(
    broker.brokers,
    topic,
    '--from',
    at(5),
    '--to',
    at(8),
    '--rate',
    '1000/s',
  )
  t.is(run.exitCode, 0)
  t.true(run.stderr.startsWith(`${topic}/0: offsets 5 up to 8\n`))
  t.is(await stored(topic), '6\t6')
  const none = await replay(broker.brokers, topic, '--from', at(30), '--to', at(40))
  t.like(none, { exitCode: 0, stdout: 'nothing to replay\n', stderr: '' })
})

kafkaTest(
  'a replay that is killed goes on where it was, and stores nothing twice',
  async (t, broker) => {
    const topic = await filledTopic(broker, COUNT, LARGE_BYTES)
    const state = `${await tempFolder(t)}/state.json`
    const config = configOf(broker.brokers, topic)
    const args = ['replay', '--config', config, '--topic', topic, '--from', '0', '--to', `${COUNT}`]
    let inserts = 0
    // The first insert is the note of the schema's step.
    for (const killAt of [3, 5]) {
      const child = startParsec(t, [...args, '--state', state])
      // The store gets the batch, and its sender dies before it hears of that.
      beforeInsert.set(tableOf(topic), async () => {
        if (++inserts !== killAt) return
        child.child.kill('SIGKILL')
        await child.exited
      })
      t.is((await child.exited).signal, 'SIGKILL')
    }
    beforeInsert.delete(tableOf(topic))
    await until(async () => Number((await stored(topic)).split('\t')[0]) > 0)
    const run = await runFakeCli([...args, '--state', state], {}, plugins)
    t.is(run.exitCode, 0)
    t.regex(run.stderr, /offsets 0 up to 16, done up to \d+\n/)
    t.is(await stored(topic), '32\t32')
    // All done: nothing is read any more. Without the state all is read, and nothing stored.
    t.is((await runFakeCli([...args, '--state', state], {}, plugins)).stdout, 'nothing to replay\n')
    const whole = await runFakeCli(args, {}, plugins)
    t.regex(whole.stdout, /^replayed 16 messages with 32 records/)
    t.is(await stored(topic), '32\t32')
    const other = await runFakeCli([...args, '--name', 'x', '--state', state], {}, plugins)
    t.is(other.exitCode, 1)
    t.regex(other.stderr, /state\.json is of another replay/)
  },
)

kafkaTest('Ctrl-C says where to go on', async (t, broker) => {
  const topic = await filledTopic(broker, COUNT, LARGE_BYTES)
  const config = configOf(broker.brokers, topic)
  const child = startParsec(t, [
    'replay',
    '--config',
    config,
    '--topic',
    topic,
    '--from',
    '0',
    '--to',
    `${COUNT}`,
  ])
  let inserts = 0
  beforeInsert.set(tableOf(topic), async () => {
    if (++inserts < 3) return
    child.child.kill('SIGINT')
    await child.exited
  })
  t.is((await child.exited).code, 1)
  t.regex(child.stderr(), /interrupted\nleft: --partition 0 --from [1-9]\d* --to 16\n$/)
  t.regex(child.stdout(), /^replayed [1-9]\d* messages/)
})

kafkaTest('what cannot be is said before anything is written', async (t, broker) => {
  const topic = await filledTopic(broker, 10)
  const deletion = { topic, partitions: [{ partition: 0, offset: '4' }] }
  await until(() =>
    broker.admin.deleteTopicRecords(deletion).then(
      () => true,
      () => false,
    ),
  )
  const two = await broker.createTopic({ partitions: 2 })
  for (const [name, args, message] of [
    [topic, ['--from', '2', '--to', '8'], /does not have offset 2 any more: its first one is 4/],
    [topic, ['--from', '5', '--to', '11'], /does not have offset 11 yet: the next .* will be 10/],
    [topic, ['--from', '5', '--to', '6', '--partition', '1'], /has no partition 1, it has 1/],
    [two, ['--from', '0', '--to', '1'], /these are 2: name one/],
    [uniqueName('nothing'), ['--from', '0', '--to', '1'], /UNKNOWN_TOPIC_OR_PARTITION/],
  ] as const) {
    const { exitCode, stderr, stdout } = await replay(broker.brokers, name, ...args)
    t.is(exitCode, 1)
    t.regex(stderr, message)
    t.is(stdout, '')
  }
  const late = await replay(
    broker.brokers,
    topic,
    '--from',
    '2025-01-01T00:00Z',
    '--to',
    new Date().toISOString(),
    '--dry-run',
  )
  t.is(late.stderr, `${topic}/0: offsets 4 up to 10; what was before offset 4 is gone\n`)
})

kafkaTest(
  'a message that can never be read ends it, unless it may be set aside',
  async (t, broker) => {
    const topic = await broker.createTopic()
    await fill(broker, topic, 2)
    await sendMessages(broker, topic, [{ value: 'garbage' }])
    const range = ['--topic', topic, '--from', '0', '--to', '3']
    const run = (receiver: string): Promise<CliRun> => {
      const config = configOf(broker.brokers, topic, receiver)
      return runFakeCli(['replay', '--config', config, ...range], {}, plugins)
    }
    const failed = await run('')
    t.is(failed.exitCode, 1)
    t.regex(failed.stderr, /gave up: .*\/0 offset 2 cannot be processed: /)
    t.regex(failed.stderr, /left: --partition 0 --from 0 --to 3\n$/)
    const dead = await broker.createTopic()
    const aside = await run(`dead_letter: { topic: ${dead} }`)
    t.is(aside.exitCode, 0)
    t.regex(aside.stdout, /^replayed 3 messages with 4 records, 1 set aside, 0 dropped\n/)
    t.is(await stored(topic), '4\t4')
    // A filter cannot judge it: it is set aside just the same.
    const filter = ['--filter', 'log.body == "1a"', '--name', 'filtered']
    const config = configOf(broker.brokers, topic, `dead_letter: { topic: ${dead} }`)
    const args = ['replay', '--config', config, ...range, ...filter]
    const filtered = await runFakeCli(args, {}, plugins)
    t.regex(filtered.stdout, /with 1 record, 3 left out by the filter, 1 set aside, 0 dropped\n/)
    t.is(await stored(topic), '5\t4')
  },
)

withJava('a broker that goes is waited for as long as was said, without a secret', async t => {
  const broker = await ownBroker(t)
  const topic = uniqueName('topic')
  await broker.start()
  const { brokers, saslBrokers } = broker.addresses
  const admin = kafkaClient(brokers).admin()
  await admin.connect()
  await admin.createTopics({ topics: [{ topic }], waitForLeaders: true })
  await admin.disconnect()
  await fill({ brokers }, topic, COUNT, LARGE_BYTES)
  const login = 'auth: { sasl: { mechanism: PLAIN, username: alice, password: alice-secret } }'
  const config = configOf(saslBrokers, topic, login)
  const run = (...args: string[]): Promise<CliRun> => {
    const range = ['--topic', topic, '--from', '0', '--to', `${COUNT}`]
    return runFakeCli(['replay', '--config', config, ...range, ...args], {}, plugins)
  }
  let inserts = 0
  beforeInsert.set(tableOf(topic), async () => {
    if (++inserts === 2) await broker.kill()
  })
  const { exitCode, stderr } = await run('--timeout', '3s')
  t.is(exitCode, 1)
  t.regex(stderr, /\nwaits: .*reading [\w-]+\/0 at offset \d+/)
  t.regex(
    stderr,
    /\ngave up: no batch was done for 3 s: .*\nleft: --partition 0 --from [1-9]\d* --to 16\n$/,
  )
  const gone = await run()
  t.is(gone.exitCode, 1)
  t.false(`${stderr}${gone.stderr}`.includes('alice-secret'))
  await broker.start()
  t.is((await run()).exitCode, 0)
  t.is(await stored(topic), '32\t32')
})

const misused = test.macro(async (t, args: readonly string[], message: RegExp) => {
  const { exitCode, stderr } = await replay('127.0.0.1:1', 'logs', ...args)
  t.is(exitCode, 2)
  t.regex(stderr, message)
})
const FROM = ['--from', '0']
test('no end', misused, FROM, /required option '--to/)
test('an end in the future', misused, [...FROM, '--to', '2999-01-01T00:00Z'], /in the future/)
test('a time without a zone', misused, [...FROM, '--to', '2026-01-01T00:00'], /as an offset, or/)
test('a rate that is none', misused, [...FROM, '--to', '1', '--rate', 'x'], /Write it as 1000\/s/)
test(
  'a filter that is none',
  misused,
  [...FROM, '--to', '1', '--filter', 'log.body == "x" and log.bdy == "y"'],
  /'--filter <condition>' argument .* is invalid\. at character 21: there is no log\.bdy/,
)
test(
  'another receiver',
  misused,
  [...FROM, '--to', '1', '--receiver', 'otlp'],
  /otlp cannot replay/,
)
