import test, { type ExecutionContext } from 'ava'
import { PipelineError } from '../../../src/plugin/pipeline-error.ts'
import type { Endpoints } from '../../../src/testing/oracle/clients.ts'
import { Issuer } from '../../../src/testing/oracle/issuer.ts'
import { NUMBER_KEY, RecordMint } from '../../../src/testing/oracle/records.ts'
import { type RunningReceiver, startReceiver } from '../../helpers/otlp-receiver.ts'
import { until } from '../../helpers/until.ts'

const LOAD = { senders: 4, recordsPerRequestMax: 10, pauseMsMax: 1, edgeBytes: [0, 1000] }

/** An issuer in front of a receiver that refuses every third request, when told to. */
async function start(
  t: ExecutionContext,
  options: { resend: boolean; refuses: boolean },
): Promise<{ issuer: Issuer; receiver: RunningReceiver; requests: () => number }> {
  const receiver = await startReceiver(t, { http: {}, grpc: {} })
  let requests = 0
  receiver.sink.before = () => {
    requests++
    if (options.refuses && requests % 3 === 0) throw PipelineError.retryable('full')
  }
  const endpoints: Endpoints = { http: `${receiver.http}/v1/logs`, grpc: receiver.grpc }
  const issuer = new Issuer({
    seed: 1,
    load: LOAD,
    mint: new RecordMint(1, LOAD),
    protocols: ['grpc', 'http'],
    endpoints: () => endpoints,
    resend: options.resend,
  })
  issuer.start()
  return { issuer, receiver, requests: () => requests }
}

/** How often each number has come in. */
function arrivedTimes({ sink }: RunningReceiver): Map<number, number> {
  const times = new Map<number, number>()
  for (const batch of sink.batches) {
    const cursor = batch.cursor()
    for (let i = 0; i < batch.count; i++) {
      const number = Number(cursor.seek(batch.row(i)).attribute(NUMBER_KEY))
      times.set(number, (times.get(number) ?? 0) + 1)
    }
  }
  return times
}

test('what was acknowledged is what the server took, over both protocols', async t => {
  const { issuer, receiver, requests } = await start(t, { resend: false, refuses: true })
  await until(() => requests() > 60)
  await issuer.stop()
  const { issued } = issuer
  const times = arrivedTimes(receiver)
  t.true(issued.answers.acked > 0 && issued.answers.refused + issued.answers.unanswered > 0)
  for (let number = 1; number <= issued.size; number++) {
    t.is(times.get(number) ?? 0, issued.isAcked(number) ? 1 : 0)
    t.true(issued.timesSent(number) <= 1)
  }
})

test('with resend, everything is sent until it is acknowledged', async t => {
  const { issuer, receiver, requests } = await start(t, { resend: true, refuses: true })
  await until(() => requests() > 60)
  receiver.sink.before = undefined
  await issuer.stop()
  const { issued } = issuer
  t.true(issued.answers.refused + issued.answers.unanswered > 0)
  const times = arrivedTimes(receiver)
  const sentAgain = Array.from({ length: issued.size }, (_, i) => issued.timesSent(i + 1) > 1)
  t.true(sentAgain.includes(true))
  for (let number = 1; number <= issued.size; number++) {
    t.is(times.get(number) ?? 0, issued.isAcked(number) ? 1 : 0)
  }
})

test('a fresh record is one that is acknowledged', async t => {
  const { issuer, receiver } = await start(t, { resend: false, refuses: false })
  await issuer.stop()
  const before = issuer.issued.size
  t.true(await issuer.issueFresh(10_000))
  t.true(issuer.issued.isAcked(before + 1))
  t.is(arrivedTimes(receiver).get(before + 1), 1)
})

test('with nobody to send to, no record is fresh', async t => {
  const mint = new RecordMint(1, LOAD)
  const issuer = new Issuer({
    seed: 1,
    load: LOAD,
    mint,
    protocols: ['http'],
    endpoints: () => undefined,
    resend: false,
  })
  issuer.start()
  await issuer.stop()
  t.false(await issuer.issueFresh(50))
  t.is(issuer.issued.answers.acked, 0)
})
