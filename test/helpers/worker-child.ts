import { PrimaryLink } from '../../src/workers/primary-link.ts'

/*
 * A worker process without a service: it says when it is up, answers `health` with its own start and
 * `stats` never, and ends when told. `role` of its start says what goes wrong.
 */

const primary = new PrimaryLink()
const start = await primary.start
const { role } = start

if (role === 'cannot start') {
  primary.send({ type: 'fault', error: 'the port is taken' })
  primary.close()
  process.exitCode = 1
} else {
  primary.answer(async question => {
    if (question.what === 'stats') await new Promise(() => undefined)
    if (question.what === 'reload') throw new Error('not this config')
    if (question.what === 'metrics') {
      return [
        {
          name: 'a_total',
          help: 'a',
          type: 'counter',
          values: [{ value: 3, labels: {} }],
          aggregator: 'sum',
        },
      ]
    }
    return { status: 'ok', ready: true, since: String(start.place.index), components: [] }
  })
  primary.send({
    type: 'started',
    endpoints: [{ label: 'worker', endpoints: [String(process.pid)] }],
  })
  if (role === 'ends') {
    primary.send({
      type: 'ending',
      metrics: [{ name: 'a_total', type: 'counter' }].map(metric => ({
        ...metric,
        help: 'a',
        values: [{ value: 5, labels: {} }],
        aggregator: 'sum',
      })),
    })
    primary.close()
  } else {
    await primary.stopped
    if (!process.connected) process.stdout.write('alone\n')
    primary.close()
  }
}
